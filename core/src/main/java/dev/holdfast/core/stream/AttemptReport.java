package dev.holdfast.core.stream;

import org.jspecify.annotations.Nullable;

/**
 * One HTTP exchange on behalf of a stream. Times are nanoseconds on the driver's clock.
 *
 * @param number from 1
 * @param rung how it went on; null for the first and for retries before any content
 * @param startNanos when it was opened
 * @param firstTokenNanos when its first content or reasoning arrived, or -1
 * @param endNanos when it ended
 * @param httpStatus the response status, or 0
 * @param bytes body bytes received
 * @param events content events received
 * @param failure why it failed, or null if it did not
 */
public record AttemptReport(
    int number,
    @Nullable Rung rung,
    long startNanos,
    long firstTokenNanos,
    long endNanos,
    int httpStatus,
    long bytes,
    long events,
    @Nullable Failure failure) {}
