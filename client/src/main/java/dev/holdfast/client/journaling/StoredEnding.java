package dev.holdfast.client.journaling;

import dev.holdfast.core.stream.Ending;
import java.time.Duration;
import java.util.Optional;

/**
 * What is stored of an outcome, besides the text, which the events have.
 *
 * @param ending everything about the stream except its text
 * @param firstToken to the first content; empty if none came
 * @param total to the end
 */
public record StoredEnding(Ending ending, Optional<Duration> firstToken, Duration total) {}
