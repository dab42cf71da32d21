package dev.holdfast.observe.debug.facts;

/**
 * Groups of content frames with less than 10 ms between them.
 *
 * @param count how many groups
 * @param slow how many of them came after a silence of at least 1 s
 * @param intervalNanos from the beginning of a group to that of the next, on average; 0 with fewer
 *     than two groups
 * @param variation standard deviation of those intervals, as a part of the average; 0 with fewer
 *     than three groups
 */
public record Bursts(long count, long slow, long intervalNanos, double variation) {}
