package dev.holdfast.journal;

import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * When stored bytes are forced to the disk. A stored entry survives the end of the process under
 * every policy; this decides what survives a power failure, and a sync that the disk refuses. After
 * such a refusal what was written since the last sync counts no more, and the streams that lost
 * entries by it end as failed.
 */
public sealed interface FsyncPolicy {
  /** Left to the operating system, except for whole segments: seconds may be lost. */
  record Never() implements FsyncPolicy {}

  /**
   * By the clock: what was stored within the last interval may be lost.
   *
   * @param interval at least 1 ms
   */
  record Interval(Duration interval) implements FsyncPolicy {
    /** Checks the interval. */
    public Interval {
      boolean inRange =
          interval.compareTo(Duration.ofMillis(1)) >= 0
              && interval.compareTo(Duration.ofMinutes(1)) <= 0;
      Check.that(inRange, "interval", "must be 1 ms to 1 minute", interval);
    }
  }

  /** Before an entry is reported as stored, and before a reader sees it: nothing is lost. */
  record EveryCommit() implements FsyncPolicy {}
}
