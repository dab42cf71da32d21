package dev.holdfast.testkit.sim;

import java.time.Duration;

/**
 * What a provider keeps of an answer that it was asked to keep.
 *
 * @param events how long after the request its events can be had again; zero for never
 * @param document how long the answer can be had as one document; zero for never
 * @param writing how long the model writes at it: until then the document holds a part of it
 * @param again events that were read before and are sent again all the same
 */
public record Keeping(Duration events, Duration document, Duration writing, int again) {
  /** Nothing. */
  public static final Keeping NOTHING = new Keeping(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);
}
