package dev.holdfast.observe;

import dev.holdfast.core.stream.Check;

/**
 * What a stream outside Holdfast has gained since the last update.
 *
 * @param bytes body bytes
 * @param frames frames
 * @param events content events
 * @param inputTokens prompt tokens in all so far, or -1 to leave them as they are
 * @param outputTokens completion tokens in all so far, or -1 to leave them as they are
 */
public record MetricsUpdate(
    long bytes, long frames, long events, long inputTokens, long outputTokens) {
  /** Checks that nothing is lost. */
  public MetricsUpdate {
    Check.that(bytes >= 0, "bytes", "must not be negative", bytes);
    Check.that(frames >= 0, "frames", "must not be negative", frames);
    Check.that(events >= 0, "events", "must not be negative", events);
    Check.that(inputTokens >= -1, "inputTokens", "must be at least -1", inputTokens);
    Check.that(outputTokens >= -1, "outputTokens", "must be at least -1", outputTokens);
  }

  /** {@return an update of the tokens alone} */
  public static MetricsUpdate ofTokens(long input, long output) {
    return new MetricsUpdate(0, 0, 0, input, output);
  }
}
