package dev.holdfast.core.engine;

import dev.holdfast.core.seam.Stitcher;
import dev.holdfast.core.verdict.ErrorBody;
import org.jspecify.annotations.Nullable;

/**
 * One attempt under way, or the wait for it: its phase and its clocks. A stream has one lane, or
 * two while it is hedged. The phase changes by these methods only.
 */
final class Lane {
  private final Clocks clocks;
  private Phase phase = new Phase.Idle();

  /** A lane without an attempt so far. */
  Lane(Clocks clocks) {
    this.clocks = clocks;
  }

  /** {@return a lane for another attempt at the same time, which is opened next} */
  Lane beside() {
    return new Lane(clocks.beside());
  }

  Phase phase() {
    return phase;
  }

  Clocks clocks() {
    return clocks;
  }

  /** {@return the attempt that is under way, or null} */
  @Nullable Attempt attempt() {
    return phase.attempt();
  }

  /** {@return whether the attempt of that number is under way here} */
  boolean isOf(int number) {
    var attempt = attempt();
    return attempt != null && attempt.number() == number;
  }

  /** {@return whether that attempt is under way here, and reads the answer from its start} */
  boolean startsAnswer(int number) {
    return phase.startsAnswer(number);
  }

  /** {@return when something must happen though nothing arrives} */
  long due() {
    return phase.due(clocks);
  }

  /** The request of an attempt is sent. */
  void opened(Attempt attempt, long nowNanos) {
    phase = new Phase.Opening(attempt);
    clocks.opened(nowNanos);
  }

  /** The response is an error, whose body is awaited. */
  void rejecting(Attempt attempt, ErrorBody body, long nowNanos) {
    clocks.errorBody(nowNanos);
    phase = new Phase.Rejecting(attempt, body);
  }

  /** The response holds what the next request is made from. */
  void preparing(Attempt attempt) {
    phase = new Phase.Preparing(attempt);
  }

  /** The response is read and handed on: its place in the answer is known. */
  void streaming(Attempt attempt) {
    attempt.joined();
    phase = new Phase.Streaming(attempt);
  }

  /** The response is held back until its place in the answer is known. */
  void joining(Attempt attempt, Stitcher stitcher) {
    phase = new Phase.Joining(attempt, stitcher);
  }

  /** The place of a continuation in the answer is known. */
  void joined(Attempt attempt) {
    clocks.seamClosed();
    streaming(attempt);
  }

  /** An attempt is over. What follows is not decided yet, so the phase stays. */
  void retired(Attempt attempt) {
    attempt.closed();
    clocks.closed();
  }

  /** The next attempt is due at a time. */
  void waiting(NextAttempt next, long untilNanos) {
    phase = new Phase.Waiting(next, untilNanos);
  }

  /** The outcome is reported. */
  void closed() {
    phase = new Phase.Closed();
    clocks.closed();
  }
}
