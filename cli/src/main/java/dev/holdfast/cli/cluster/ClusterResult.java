package dev.holdfast.cli.cluster;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The result of the demo.
 *
 * @param whole whether the reader has the proof of the end
 * @param text what the reader has
 * @param expected the model's undisturbed answer
 * @param dead the gateway that was killed; null if the answer ended before
 * @param killedAt how many characters the reader had then
 * @param heir the gateway that took the stream over; 0 if none did
 * @param rung how it had the stream continued; empty if it did not
 * @param seam where the continuation begins, in characters; negative if there is none
 * @param stoodStill between the last text of the dead gateway and the first of its heir
 * @param asked how often the provider was asked
 */
record ClusterResult(
    boolean whole,
    String text,
    String expected,
    @Nullable NodeProcess dead,
    int killedAt,
    int heir,
    String rung,
    int seam,
    Duration stoodStill,
    int asked) {
  /** {@return whether the answer survived: it is whole, and another gateway wrote its end} */
  boolean survived() {
    return whole && text.equals(expected) && dead != null && heir > 0 && seam >= 0;
  }

  /** Content stays out of logs. */
  @Override
  public String toString() {
    return "ClusterResult[whole=%b, heir=%d, asked=%d]".formatted(whole, heir, asked);
  }
}
