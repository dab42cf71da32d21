package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.netty.upstream.Dialer;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all streams of a gateway use.
 *
 * @param dialer opens connections
 * @param observers receive the facts of streams; they never block
 * @param open the streams that are open, and what they keep
 * @param clock nanoseconds from near zero, which never go back
 * @param epochMillis wall-clock time, for dates in headers and answers
 * @param kept the streams that are kept in the journal; null without one
 */
public record StreamContext(
    Dialer dialer,
    List<StreamObserver> observers,
    OpenStreams open,
    LongSupplier clock,
    LongSupplier epochMillis,
    @Nullable JournaledStreams kept) {
  /** Checks that no observer could hold up an event loop, and copies. */
  public StreamContext {
    observers = List.copyOf(observers);
    for (var observer : observers) {
      if (!observer.neverBlocks()) {
        throw new IllegalArgumentException("observer: must never block");
      }
    }
  }
}
