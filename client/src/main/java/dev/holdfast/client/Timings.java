package dev.holdfast.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a stream took, from the moment it was asked for.
 *
 * @param firstToken to the first content or reasoning handed to the consumer; null if none was
 * @param total to its end
 */
public record Timings(@Nullable Duration firstToken, Duration total) {}
