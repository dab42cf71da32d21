package dev.holdfast.client;

import java.time.Duration;
import java.util.Optional;

/**
 * How long a stream took, from its request on.
 *
 * @param firstToken to the first content or reasoning that the consumer received; empty if it
 *     received none
 * @param total to its end
 */
public record Timings(Optional<Duration> firstToken, Duration total) {}
