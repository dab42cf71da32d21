package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.upstream.Dialer;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What all streams of a gateway use.
 *
 * @param config what the operator decided
 * @param dialer opens connections
 * @param observers receive the facts of streams; they never block
 * @param clock nanoseconds from near zero, which never go back
 * @param epochMillis wall-clock time, for dates in headers and answers
 */
public record StreamContext(
    GatewayConfig config,
    Dialer dialer,
    List<StreamObserver> observers,
    LongSupplier clock,
    LongSupplier epochMillis) {
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
