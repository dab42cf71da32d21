package dev.holdfast.observe.debug.facts;

import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.tools.AssembledCall;
import java.util.List;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * The content of a body, as the core's dialect read it.
 *
 * @param dialect the protocol's id
 * @param reason what proved the protocol, in a few words; begins with "assumed" where nothing did
 * @param document whether it is one document where a stream of events was expected
 * @param proof how far the protocol's own proof of completion got
 * @param finishes why the model stopped, by choice
 * @param error the error that the provider reported inside the stream, or null
 * @param rejection the frame before the proof that could not be read, or null
 * @param limit what grew past its limit; empty if nothing did
 * @param frames events and exceptions; comments are among the heartbeats
 * @param contentFrames frames with output of the model
 * @param heartbeats signs of life without content
 * @param parseErrors frames that could not be read
 * @param textChars UTF-16 units of visible text
 * @param calls the tool calls that began, and which of them are whole
 * @param warnings harmless anomalies of the answer, the first of each cause
 * @param usage as the provider reported it, or null
 */
public record Reading(
    String dialect,
    String reason,
    boolean document,
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
    List<AssembledCall> calls,
    List<StreamEvent.Warned> warnings,
    @Nullable TokenUsage usage) {
  /** {@return the finish of the first choice as the provider wrote it, or empty} */
  public String finish() {
    return finishes.isEmpty() ? "" : finishes.firstEntry().getValue().raw();
  }

  /** {@return how many tool calls began} */
  public int toolCalls() {
    return calls.size();
  }

  /** {@return the calls with clean names: a finding names the tool, in the provider's word} */
  public List<AssembledCall> calls(Redactor redactor) {
    return calls.stream()
        .map(each -> {
          var call = each.call();
          String name = redactor.text(call.name());
          var shown = new ToolCall(call.choice(), call.id(), name, call.arguments());
          return new AssembledCall(shown, each.cut(), each.cumulative());
        })
        .toList();
  }

  /** {@return the tool calls that are not whole} */
  public List<AssembledCall> cutCalls() {
    return calls.stream().filter(call -> !call.isWhole()).toList();
  }

  /** {@return whether the body speaks no protocol that is known} */
  public boolean isUnknown() {
    return dialect.equals(DialectDetector.UNKNOWN);
  }

  /** {@return whether the bytes proved the protocol} */
  public boolean isSureOfDialect() {
    return !reason.startsWith("assumed");
  }
}
