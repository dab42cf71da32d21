package dev.holdfast.core.stream;

/**
 * A place in the delivered text where one attempt's output ends and the next one's begins.
 *
 * @param offset UTF-16 offset in the delivered text of choice 0
 * @param rung how the stream was continued
 * @param attempt number of the attempt that continues from here, from 2
 * @param overlap characters of the continuation that repeated delivered text and were swallowed
 */
public record Seam(long offset, Rung rung, int attempt, int overlap) {}
