package dev.holdfast.observe.debug;

import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.TokenUsage;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * What a body said, as the core's dialect read it.
 *
 * @param dialect the protocol's id
 * @param told what told the protocol, in a few words; begins with "assumed" where nothing did
 * @param proof how far the protocol's own proof of completion got
 * @param finishes why the model stopped, by choice
 * @param error the last error that the provider reported inside the stream, or null
 * @param rejection the first frame before the proof that could not be read, or null
 * @param limit what grew past its limit; empty if nothing did
 * @param frames events and exceptions; comments are among the heartbeats
 * @param contentFrames frames with output of the model
 * @param heartbeats signs of life without content
 * @param parseErrors frames that could not be read
 * @param textChars UTF-16 units of visible text
 * @param toolCalls how many began
 * @param brokenToolCalls how many have arguments that are no JSON
 * @param usage as the provider told, or null
 */
public record Reading(
    String dialect,
    String told,
    Proof proof,
    NavigableMap<Integer, Finish> finishes,
    @Nullable Failure error,
    @Nullable Failure rejection,
    String limit,
    long frames,
    long contentFrames,
    long heartbeats,
    long parseErrors,
    long textChars,
    int toolCalls,
    int brokenToolCalls,
    @Nullable TokenUsage usage) {
  /** {@return the finish of the first choice as the provider wrote it, or empty} */
  public String finish() {
    return finishes.isEmpty() ? "" : finishes.firstEntry().getValue().raw();
  }

  /** {@return whether the protocol was told from the bytes} */
  public boolean isSureOfDialect() {
    return !told.startsWith("assumed");
  }
}
