package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.time.Duration;

/** What becomes of a stream whose client has left. */
public sealed interface ClientGone {
  /**
   * By the journal: a stream that is kept there runs on to its end, any other is cancelled as by
   * {@link Cancel}.
   */
  record Auto() implements ClientGone {}

  /** The upstream's connection is closed at once, in every phase. */
  record Cancel() implements ClientGone {}

  /**
   * The attempt that is open is read to its end, so that its tokens are known and the provider
   * keeps what it computed. No further attempt is made.
   *
   * @param max how long at most; then as {@link Cancel}
   */
  record Drain(Duration max) implements ClientGone {
    /** Checks the time. */
    public Drain {
      Check.that(max.isPositive(), "drain", "must be positive", max);
    }
  }

  /**
   * The stream runs on as if its client were there, under its own clocks, and an identical request
   * receives it from its start.
   *
   * @param keep how long a whole answer is kept once it has ended
   */
  record Detach(Duration keep) implements ClientGone {
    /** Checks the time. */
    public Detach {
      Check.that(!keep.isNegative(), "keep", "must not be negative", keep);
    }
  }
}
