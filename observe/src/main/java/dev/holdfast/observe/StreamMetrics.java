package dev.holdfast.observe;

import dev.holdfast.core.stream.Cause;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One stream as it stood at some moment. All text in it is cleaned and cut.
 *
 * @param id unique among the streams of a monitor
 * @param upstream what people call the upstream of the last attempt; empty if unknown
 * @param dialect the protocol's id; empty if unknown
 * @param model the model asked for; empty if unknown
 * @param state where it stands
 * @param cause why it is not complete; null if it is, or is not over
 * @param startedAt when it began
 * @param endedAt when it ended; null if it has not
 * @param duration from its beginning to its end, or to now
 * @param bytes body bytes received, over all attempts
 * @param frames frames received
 * @param events content events delivered
 * @param inputTokens prompt tokens, or -1 if unknown
 * @param outputTokens completion tokens
 * @param tokensEstimated whether {@code outputTokens} is an estimate, a quarter of the characters,
 *     because nobody told
 * @param attempts requests sent
 * @param retries times it was decided to try again
 * @param reconnects requests sent after the first
 * @param recoveries times that content came again after a failed attempt
 * @param seams places where attempts were joined
 * @param errors failures of attempts, unreadable frames and reported errors
 * @param timeToFirstToken from its beginning to its first content; null if none came
 * @param gaps times between content events, to within 10%
 * @param tokensPerSecond output tokens a second since the first of them; 0 before there are two
 *     events
 * @param timeline what happened to it, in order; the middle may be left out
 * @param timelineSkipped how many entries were left out
 */
public record StreamMetrics(
    String id,
    String upstream,
    String dialect,
    String model,
    StreamState state,
    @Nullable Cause cause,
    Instant startedAt,
    @Nullable Instant endedAt,
    Duration duration,
    long bytes,
    long frames,
    long events,
    long inputTokens,
    long outputTokens,
    boolean tokensEstimated,
    int attempts,
    int retries,
    int reconnects,
    int recoveries,
    int seams,
    long errors,
    @Nullable Duration timeToFirstToken,
    Distribution gaps,
    double tokensPerSecond,
    List<TimelineEntry> timeline,
    long timelineSkipped) {}
