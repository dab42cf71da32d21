package dev.holdfast.core.stream;

import org.jspecify.annotations.Nullable;

/**
 * One HTTP exchange on behalf of a stream. Times are nanoseconds on the driver's clock.
 *
 * @param number from 1
 * @param upstream whom it asked, by name
 * @param rung how it went on; null for the first and for retries before any content
 * @param startNanos when it was opened
 * @param firstTokenNanos when its first content or reasoning arrived, or -1
 * @param endNanos when it ended
 * @param httpStatus the response status, or 0
 * @param bytes body bytes received
 * @param events content events received
 * @param usage tokens that the provider told, or null
 * @param waste what it wrote in vain
 * @param failure why it failed, or null if it did not
 * @param profile the name of the profile by which its server, which named itself, is continued;
 *     empty where it did not, or the profile was decided before
 */
public record AttemptReport(
    int number,
    String upstream,
    @Nullable Rung rung,
    long startNanos,
    long firstTokenNanos,
    long endNanos,
    int httpStatus,
    long bytes,
    long events,
    @Nullable TokenUsage usage,
    Waste waste,
    @Nullable Failure failure,
    String profile) {}
