package dev.holdfast.core.engine;

import dev.holdfast.core.seam.Stitcher;
import dev.holdfast.core.verdict.ErrorBody;
import org.jspecify.annotations.Nullable;

/** The phase of a stream. Each phase holds only what is true in it. */
sealed interface Phase {
  /** Nothing was sent yet. */
  record Idle() implements Phase {
    @Override
    public long due(Clocks clocks) {
      return Clocks.NEVER;
    }
  }

  /** A request was sent; its response head is awaited. */
  record Opening(Attempt attempt) implements Phase {}

  /** The response is an error; its body is read. */
  record Rejecting(Attempt attempt, ErrorBody body) implements Phase {}

  /** The body with the token ids is read, from which the next request is made. */
  record Preparing(Attempt attempt) implements Phase {}

  /** The body is read and its content handed on. */
  record Streaming(Attempt attempt) implements Phase {}

  /** The body of a continuation is read, but where it joins is not decided yet. */
  record Joining(Attempt attempt, Stitcher stitcher) implements Phase {}

  /** The next attempt is due at a time. */
  record Waiting(NextAttempt next, long untilNanos) implements Phase {
    @Override
    public long due(Clocks clocks) {
      return untilNanos;
    }
  }

  /** The outcome was reported. */
  record Closed() implements Phase {
    @Override
    public long due(Clocks clocks) {
      return Clocks.NEVER;
    }
  }

  /** {@return the attempt that is under way, or null} */
  default @Nullable Attempt attempt() {
    return null;
  }

  /** {@return whether an attempt of that number is under way and reads the answer's start} */
  default boolean startsAnswer(int number) {
    var attempt = attempt();
    return attempt != null
        && attempt.number() == number
        && attempt.purpose() == Purpose.ANSWER
        && attempt.rung() == null;
  }

  /**
   * {@return whether it reads a generation, or waits for an attempt that will}
   *
   * @param broken the generation that resumed bodies and documents are of, or null
   */
  default boolean reads(Generation generation, @Nullable Generation broken) {
    var attempt = attempt();
    Purpose purpose =
        this instanceof Waiting(var next, long untilNanos)
            ? next.purpose()
            : attempt == null ? null : attempt.purpose();
    boolean ofBroken = purpose == Purpose.RESUME || purpose == Purpose.POLL;
    return (ofBroken && generation == broken)
        || (attempt != null && generation == attempt.generation);
  }

  /** {@return when something must happen though nothing arrives; asked after every signal} */
  default long due(Clocks clocks) {
    return clocks.next();
  }
}
