package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happens to a stream besides bytes and content. Rare, and without a word of the answer. */
public sealed interface Observation {
  /**
   * A request is sent.
   *
   * @param attempt its number, from 1
   * @param target where it is sent: after a failover another upstream than the attempt before, in
   *     another protocol and for another model
   */
  record AttemptOpened(int attempt, StreamObserver.Target target) implements Observation {}

  /**
   * An attempt is over.
   *
   * @param failure why it failed; null if it did not, or was given up with the stream
   */
  record AttemptClosed(int attempt, @Nullable FailureSummary failure) implements Observation {}

  /** Another attempt will be made; see {@link dev.holdfast.core.stream.StreamEvent.Retrying}. */
  record Retrying(int retry, int max, Duration delay, Rung rung) implements Observation {}

  /** From here on the text is another attempt's. */
  record SeamMarked(Seam seam) implements Observation {}

  /** A frame could not be read, and the stream continues without it. */
  record FrameRejected(Cause cause) implements Observation {}

  /** An anomaly that does not harm the answer. */
  record Warned(Cause cause) implements Observation {}

  /** A sign of life without content. */
  record Heartbeat() implements Observation {}

  /**
   * What came before did not fit into the queue of an observer that was too slow for it.
   *
   * @param count how many calls were left out
   */
  record Missed(long count) implements Observation {}

  /**
   * The stream is over. Always the last observation.
   *
   * @param verdict how it ended
   * @param failure the cause of a verdict other than {@code COMPLETE}, where there is one
   * @param stoppedBy why recovery went no further; null where nothing was to be recovered
   * @param exactness how the text relates to one generation
   * @param finishes why the model stopped, in order of the choices
   * @param inputTokens prompt tokens, once; -1 if no provider reported them
   * @param outputTokens completion tokens that were delivered, over all attempts; -1 if nothing was
   *     reported or came
   * @param attempts how many requests were sent
   * @param seams at how many places attempts were joined
   * @param tokensEstimated whether a part of {@code outputTokens} is an estimate, because no
   *     provider reported it
   * @param wastedTokens completion tokens that were written and not delivered; estimated
   * @param wastedPromptTokens prompt tokens of further attempts
   */
  record Ended(
      Verdict verdict,
      @Nullable FailureSummary failure,
      @Nullable Cause stoppedBy,
      Exactness exactness,
      List<Finish.Reason> finishes,
      long inputTokens,
      long outputTokens,
      int attempts,
      int seams,
      boolean tokensEstimated,
      long wastedTokens,
      long wastedPromptTokens)
      implements Observation {
    /** Corrects the exactness: only a complete stream is unbroken or exact. */
    public Ended {
      exactness = exactness.under(verdict);
    }

    /** An end whose tokens were all reported, without waste. */
    public Ended(
        Verdict verdict,
        @Nullable FailureSummary failure,
        @Nullable Cause stoppedBy,
        Exactness exactness,
        List<Finish.Reason> finishes,
        long inputTokens,
        long outputTokens,
        int attempts,
        int seams) {
      this(
          verdict,
          failure,
          stoppedBy,
          exactness,
          finishes,
          inputTokens,
          outputTokens,
          attempts,
          seams,
          false,
          0,
          0);
    }

    /** {@return the facts of an ending that observers may receive} */
    public static Ended of(Ending ending) {
      TokenUsage usage = ending.usage().orElse(null);
      Failure failure = ending.failure().orElse(null);
      return new Ended(
          ending.verdict(),
          failure == null ? null : FailureSummary.of(failure),
          ending.stoppedBy().orElse(null),
          ending.exactness(),
          ending.finishes().values().stream().map(Finish::reason).toList(),
          usage == null ? -1 : usage.input().orElse(-1),
          usage == null ? -1 : usage.output().orElse(-1),
          ending.attempts().size(),
          ending.seams().size(),
          usage != null && usage.isOutputEstimated(),
          ending.waste().tokens(),
          ending.waste().promptTokens());
    }
  }

  /**
   * A failure as observers may receive it, without the provider's own words: they may quote a
   * prompt or a part of a key.
   *
   * @param cause the named cause
   * @param detail one sentence for display
   * @param httpStatus the response status, or 0 where there was no response
   * @param code the provider's code or class of error, at most {@value #MAX_CODE} characters; empty
   *     if there is none. Untrusted text
   */
  record FailureSummary(Cause cause, String detail, int httpStatus, String code) {
    /** Longest code that is reported, in UTF-16 units. */
    public static final int MAX_CODE = 64;

    /** Checks the code's length. */
    public FailureSummary {
      Check.that(code.length() <= MAX_CODE, "code", "must be at most 64 characters", code.length());
    }

    /** {@return the facts of a failure that observers may receive} */
    public static FailureSummary of(Failure failure) {
      var provider = failure.provider().orElse(null);
      return new FailureSummary(
          failure.cause(),
          failure.detail(),
          failure.httpStatus().orElse(0),
          provider == null ? "" : provider.name());
    }
  }
}
