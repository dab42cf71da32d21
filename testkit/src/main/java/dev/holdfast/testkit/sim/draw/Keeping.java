package dev.holdfast.testkit.sim.draw;

import dev.holdfast.testkit.fault.Shape;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a provider keeps of an answer that it was asked to keep.
 *
 * @param events how long after the request its events can be had again; zero for never
 * @param document how long the answer can be had as one document; zero for never
 * @param writing how long the model writes at it: until then the document holds a part of it
 * @param again events that were read before and are still sent again
 * @param lie what it sends in place of the rest that is asked for; null for the rest
 */
public record Keeping(
    Duration events, Duration document, Duration writing, int again, @Nullable Shape lie) {
  /** Nothing. */
  public static final Keeping NOTHING = new Keeping(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);

  /** A provider that hands out the rest as it is asked for. */
  public Keeping(Duration events, Duration document, Duration writing, int again) {
    this(events, document, writing, again, null);
  }

  /** {@return the same provider, which keeps events and does not hand out the rest} */
  Keeping lying(Shape how, Duration events) {
    return new Keeping(events, document, writing, again, how);
  }
}
