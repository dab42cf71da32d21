package dev.holdfast.core.stream;

import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything about a finished stream but its text, which is wherever the consumer put it.
 *
 * @param verdict how it ended
 * @param failure the failure behind a verdict other than {@code COMPLETE}; null otherwise
 * @param stoppedBy why recovery went no further: {@code retries-exhausted}, {@code
 *     budget-exhausted}, {@code seam-refused}, {@code no-rung} or {@code deadline-exceeded}; null
 *     where the failure itself could not heal, or there was none
 * @param exactness how the text relates to one generation
 * @param finishes why the model stopped, by choice; empty if it never said
 * @param toolCalls whole calls only
 * @param usage tokens over all attempts, or null if no provider told: the prompt once, the output
 *     of all
 * @param waste what was written and not delivered, over all attempts
 * @param attempts one report for each HTTP exchange, in order
 * @param seams where attempts were joined, in order of offset
 * @param warnings causes that did not hurt the answer, such as {@code missing-done}; each once, in
 *     order of first appearance
 */
public record Ending(
    Verdict verdict,
    @Nullable Failure failure,
    @Nullable Cause stoppedBy,
    Exactness exactness,
    SortedMap<Integer, Finish> finishes,
    List<ToolCall> toolCalls,
    @Nullable TokenUsage usage,
    Waste waste,
    List<AttemptReport> attempts,
    List<Seam> seams,
    List<Cause> warnings) {}
