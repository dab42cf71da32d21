package dev.holdfast.cli.stream;

import dev.holdfast.core.stream.StreamEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;

/** Measures the silence between pieces of content, as the consumer sees it. */
public final class Meter {
  private final LongSupplier nanoTime;
  private final List<Long> gaps = new ArrayList<>();
  private long last;
  private boolean started;

  public Meter(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Records an event the moment it was delivered. */
  public void saw(StreamEvent event) {
    if (!event.isContent()) {
      return;
    }
    long now = nanoTime.getAsLong();
    if (started) {
      gaps.add(now - last);
    }
    started = true;
    last = now;
  }

  /** {@return the longest silence; zero if there was at most one piece} */
  Duration longest() {
    return Duration.ofNanos(gaps.isEmpty() ? 0 : Collections.max(gaps));
  }

  /** {@return the median silence; zero if there was at most one piece} */
  Duration median() {
    if (gaps.isEmpty()) {
      return Duration.ZERO;
    }
    return Duration.ofNanos(gaps.stream().sorted().toList().get(gaps.size() / 2));
  }
}
