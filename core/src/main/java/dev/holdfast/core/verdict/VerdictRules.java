package dev.holdfast.core.verdict;

import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.tools.AssembledCall;
import dev.holdfast.core.tools.ToolCallAssembler;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which the reading of one body becomes a verdict. The stream machine applies them to
 * a live stream and {@link BodyJudge} to a body, so that both give the same verdict.
 */
public final class VerdictRules {
  private VerdictRules() {}

  /**
   * {@return whether the answer is complete} A reader knows only the choices that it saw; without a
   * closing marker more may follow.
   *
   * @param finished how many choices have finished
   * @param choices how many were asked for
   */
  public static boolean isProven(Proof proof, int finished, int choices) {
    return proof.isProven() && (proof.isClosed() || finished >= choices);
  }

  /**
   * {@return whether an error that a provider reported shows that it writes no more at the answer}
   * A gateway that reports a server's silence or loss knows nothing of the answer.
   */
  public static boolean isOver(Failure reported) {
    return reported.provider().isPresent()
        && reported.cause() != Cause.PROTOCOL_VIOLATION // That is what our reader found.
        && switch (reported.httpStatus().orElse(0)) {
          case 500, 502, 504, 520, 521, 522, 523, 524 -> false;
          default -> true;
        };
  }

  /** {@return why a body is cut whose closing marker came without its proof} */
  public static Failure closedUnproven() {
    return Failure.retryable(Cause.TRUNCATED, "the closing marker came without a finish");
  }

  /**
   * {@return why a body that has ended is cut}
   *
   * @param proof the final proof; one that is proven lacks a choice that was asked for
   */
  public static Failure endedUnproven(Proof proof) {
    String missing = proof.isProven() ? "a choice that was asked for" : "proof of completion";
    return Failure.retryable(Cause.TRUNCATED, "the body ended without " + missing);
  }

  /**
   * {@return whether an event counts that the end of the body brought} What a broken call was
   * opened with, or has of its arguments, would look like all of them.
   *
   * @param proof the final proof
   */
  public static boolean countsAtEnd(Proof proof, StreamEvent event) {
    return proof.isProven() || !(event instanceof StreamEvent.ToolCallDelta);
  }

  /** {@return why a body is cut that cannot be read further} */
  public static Failure tooLarge(FrameLimitException limit) {
    return Failure.retryable(Cause.LIMIT_EXCEEDED, String.valueOf(limit.getMessage()));
  }

  /** {@return the warning about a frame after the proof that cannot be read: nothing is lost} */
  public static StreamEvent.Warned harmless(Failure rejection) {
    return new StreamEvent.Warned(rejection.cause(), rejection.detail());
  }

  /**
   * An answer that its protocol has proven.
   *
   * @param gap why its first unreadable frame was one, or null if every frame was read
   * @param document whether it came as one document where a stream was expected
   */
  public record Proven(
      ToolCallAssembler toolCalls,
      SortedMap<Integer, Finish> finishes,
      @Nullable Failure gap,
      Proof proof,
      boolean document) {}

  /**
   * The result of a proven answer.
   *
   * @param failure why it is not complete nevertheless, or null
   * @param toolCalls its whole calls
   * @param warnings its anomalies, in order
   */
  public record Completion(
      @Nullable Failure failure, List<ToolCall> toolCalls, List<StreamEvent.Warned> warnings) {}

  /**
   * {@return the result of a proven answer}
   *
   * @param choices how many were asked for
   */
  public static Completion completion(Proven answer, int choices) {
    var calls = answer.toolCalls().calls();
    for (var call : calls) {
      if (!mayBeCut(answer, call)) {
        return failed(Failure.retryable(cause(call), call.detail()));
      }
    }
    var gap = answer.gap();
    if (gap != null && callsTools(answer)) {
      return failed(Failure.retryable(gap.cause(), "tool calls: must be whole, an event was lost"));
    }
    var warnings = new ArrayList<StreamEvent.Warned>();
    for (var call : calls) {
      if (!call.detail().isEmpty()) {
        warnings.add(new StreamEvent.Warned(cause(call), call.detail()));
      }
    }
    if (answer.finishes().size() < choices && choices > 1) {
      warnings.add(violation("fewer choices came than asked for"));
    }
    if (answer.document()) {
      warnings.add(violation("the answer came as one document, not as a stream"));
    } else if (!answer.proof().isClosed()) {
      warnings.add(new StreamEvent.Warned(Cause.MISSING_DONE, "finish seen, closing marker not"));
    }
    return new Completion(null, answer.toolCalls().whole(), warnings);
  }

  /** {@return whether a call is whole, or a limit or a filter explains why it is not} */
  private static boolean mayBeCut(Proven answer, AssembledCall call) {
    var finish = answer.finishes().get(call.call().choice());
    return call.isWhole() || (finish != null && finish.isEarly());
  }

  /** {@return the cause of a call that is cut or malformed} */
  private static Cause cause(AssembledCall call) {
    var cut = call.cut();
    return cut == null ? Cause.PROTOCOL_VIOLATION : cut.cause();
  }

  private static boolean callsTools(Proven answer) {
    if (!answer.toolCalls().isEmpty()) {
      return true;
    }
    for (var finish : answer.finishes().values()) {
      if (finish.reason() == Finish.Reason.TOOL_CALLS) {
        return true;
      }
    }
    return false;
  }

  private static Completion failed(Failure failure) {
    return new Completion(failure, List.of(), List.of());
  }

  private static StreamEvent.Warned violation(String detail) {
    return new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail);
  }
}
