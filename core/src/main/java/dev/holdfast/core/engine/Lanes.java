package dev.holdfast.core.engine;

import dev.holdfast.core.policy.Timeouts;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of one stream: one, or two while it is hedged. They are kept in the order in which
 * signals came, the latest first. That order decides only which of two attempts is handled, and
 * reported, before the other where a signal concerns both.
 */
final class Lanes {
  private Lane latest;
  private @Nullable Lane earlier;

  /** One lane, in which nothing was sent yet. */
  Lanes(Timeouts timeouts) {
    latest = new Lane(new Clocks(timeouts));
  }

  /** {@return the lane of the attempt that a signal is about; the latest if it is about none} */
  Lane of(Signal signal) {
    var other = earlier;
    if (other != null && other.isOf(signal.attempt())) {
      earlier = latest;
      latest = other;
    }
    return latest;
  }

  /** {@return the lane of the latest signal} */
  Lane latest() {
    return latest;
  }

  /** {@return the lane that is to handle the same signal, too, or null if there is one lane} */
  @Nullable Lane next() {
    var other = earlier;
    if (other != null) {
      earlier = latest;
      latest = other;
    }
    return other;
  }

  /** {@return whether an attempt that is under way reads the answer from its start} */
  boolean startsAnswer(int attempt) {
    return latest.startsAnswer(attempt) || (earlier != null && earlier.startsAnswer(attempt));
  }

  /** {@return the lane beside another, or null} */
  @Nullable Lane beside(Lane lane) {
    return lane == latest ? earlier : latest;
  }

  /** {@return a second lane, for a hedge of the attempt in another} */
  Lane hedged(Lane lane) {
    earlier = lane;
    latest = lane.beside();
    return latest;
  }

  /** Leaves the other of two lanes alone. */
  void remove(Lane lane) {
    var other = earlier;
    if (other == null) {
      throw new IllegalStateException("lanes: must be two, was one");
    }
    latest = lane == latest ? other : latest;
    earlier = null;
  }

  /** The consumer stopped reading. */
  void pause(long nowNanos) {
    latest.clocks().pause(nowNanos);
    if (earlier != null) {
      earlier.clocks().pause(nowNanos);
    }
  }

  /** The consumer reads again. */
  void resume(long nowNanos) {
    latest.clocks().resume(nowNanos);
    if (earlier != null) {
      earlier.clocks().resume(nowNanos);
    }
  }

  /** {@return when something must happen though nothing arrives} */
  long due() {
    return earlier == null ? latest.due() : Math.min(latest.due(), earlier.due());
  }

  /**
   * {@return whether an attempt reads a generation, or the next one is to}
   *
   * @param broken the generation that resumed bodies and documents are of, or null
   */
  boolean read(Generation generation, @Nullable Generation broken) {
    return latest.phase().reads(generation, broken)
        || (earlier != null && earlier.phase().reads(generation, broken));
  }
}
