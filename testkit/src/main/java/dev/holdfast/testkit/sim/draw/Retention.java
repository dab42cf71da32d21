package dev.holdfast.testkit.sim.draw;

import dev.holdfast.testkit.fault.Shape;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a provider keeps of an answer that it was asked to keep.
 *
 * @param events how long after the request its events are available again; zero for never
 * @param document how long the answer is available as one document; zero for never
 * @param writing how long the model writes at it: until then the document holds a part of it
 * @param again events that were read before and are still sent again
 * @param lie what it sends in place of the rest that is asked for; null for the rest
 */
public record Retention(
    Duration events, Duration document, Duration writing, int again, @Nullable Shape lie) {
  /** Nothing. */
  public static final Retention NOTHING =
      new Retention(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);

  /** A provider that hands out the rest as it is asked for. */
  public Retention(Duration events, Duration document, Duration writing, int again) {
    this(events, document, writing, again, null);
  }

  /** {@return the same provider, which keeps events and does not hand out the rest} */
  Retention lying(Shape how, Duration events) {
    return new Retention(events, document, writing, again, how);
  }
}
