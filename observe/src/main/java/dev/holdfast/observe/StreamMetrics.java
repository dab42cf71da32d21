package dev.holdfast.observe;

import dev.holdfast.core.stream.Cause;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One stream at one moment. All text in it is redacted and cut. Immutable. */
public final class StreamMetrics {
  private final String id;
  private final String upstream;
  private final String dialect;
  private final String model;
  private final StreamState state;
  private final @Nullable Cause cause;
  private final Instant startedAt;
  private final @Nullable Instant endedAt;
  private final Duration duration;
  private final long bytes;
  private final long frames;
  private final long events;
  private final long inputTokens;
  private final long outputTokens;
  private final boolean tokensEstimated;
  private final long wastedTokens;
  private final long wastedPromptTokens;
  private final int attempts;
  private final int retries;
  private final int reconnects;
  private final int recoveries;
  private final int seams;
  private final long errors;
  private final @Nullable Duration timeToFirstToken;
  private final Distribution gaps;
  private final double tokensPerSecond;
  private final List<TimelineEntry> timeline;
  private final long timelineSkipped;

  private StreamMetrics(Builder builder) {
    id = builder.id;
    upstream = builder.upstream;
    dialect = builder.dialect;
    model = builder.model;
    state = builder.state;
    cause = builder.cause;
    startedAt = builder.startedAt;
    endedAt = builder.endedAt;
    duration = builder.duration;
    bytes = builder.bytes;
    frames = builder.frames;
    events = builder.events;
    inputTokens = builder.inputTokens;
    outputTokens = builder.outputTokens;
    tokensEstimated = builder.tokensEstimated;
    wastedTokens = builder.wastedTokens;
    wastedPromptTokens = builder.wastedPromptTokens;
    attempts = builder.attempts;
    retries = builder.retries;
    reconnects = builder.reconnects;
    recoveries = builder.recoveries;
    seams = builder.seams;
    errors = builder.errors;
    timeToFirstToken = builder.timeToFirstToken;
    gaps = builder.gaps;
    tokensPerSecond = builder.tokensPerSecond;
    timeline = builder.timeline;
    timelineSkipped = builder.timelineSkipped;
  }

  /** {@return a builder; what is not set is absent, empty or zero} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return its id, unique among the streams of a monitor} */
  public String id() {
    return id;
  }

  /** {@return the name of the upstream of the last attempt, or an empty string} */
  public String upstream() {
    return upstream;
  }

  /** {@return the id of the protocol, or an empty string} */
  public String dialect() {
    return dialect;
  }

  /** {@return the requested model, or an empty string} */
  public String model() {
    return model;
  }

  /** {@return its state} */
  public StreamState state() {
    return state;
  }

  /** {@return why it is not complete; empty if it is, or has not ended} */
  public Optional<Cause> cause() {
    return Optional.ofNullable(cause);
  }

  /** {@return when it began} */
  public Instant startedAt() {
    return startedAt;
  }

  /** {@return when it ended; empty if it has not} */
  public Optional<Instant> endedAt() {
    return Optional.ofNullable(endedAt);
  }

  /** {@return the time from its beginning to its end, or to now} */
  public Duration duration() {
    return duration;
  }

  /** {@return body bytes received, over all attempts} */
  public long bytes() {
    return bytes;
  }

  /** {@return frames received} */
  public long frames() {
    return frames;
  }

  /** {@return content events delivered} */
  public long events() {
    return events;
  }

  /** {@return prompt tokens; empty if unknown} */
  public OptionalLong inputTokens() {
    return inputTokens < 0 ? OptionalLong.empty() : OptionalLong.of(inputTokens);
  }

  /** {@return completion tokens} */
  public long outputTokens() {
    return outputTokens;
  }

  /** {@return whether a part of {@code outputTokens} is an estimate: no provider reported it} */
  public boolean tokensEstimated() {
    return tokensEstimated;
  }

  /** {@return completion tokens that were written and not delivered; 0 before it is over} */
  public long wastedTokens() {
    return wastedTokens;
  }

  /** {@return prompt tokens of further attempts; 0 before it is over} */
  public long wastedPromptTokens() {
    return wastedPromptTokens;
  }

  /** {@return requests sent} */
  public int attempts() {
    return attempts;
  }

  /** {@return decisions to retry} */
  public int retries() {
    return retries;
  }

  /** {@return requests sent after the first} */
  public int reconnects() {
    return reconnects;
  }

  /** {@return how often content arrived again after a failed attempt} */
  public int recoveries() {
    return recoveries;
  }

  /** {@return places where attempts were joined} */
  public int seams() {
    return seams;
  }

  /** {@return failures of attempts, unreadable frames and reported errors} */
  public long errors() {
    return errors;
  }

  /** {@return the time from its beginning to its first content; empty if none arrived} */
  public Optional<Duration> timeToFirstToken() {
    return Optional.ofNullable(timeToFirstToken);
  }

  /** {@return times between content events, to within 10%} */
  public Distribution gaps() {
    return gaps;
  }

  /** {@return output tokens a second since the first of them; 0 before there are two events} */
  public double tokensPerSecond() {
    return tokensPerSecond;
  }

  /** {@return what happened to it, in order; the middle may be left out} */
  public List<TimelineEntry> timeline() {
    return timeline;
  }

  /** {@return how many timeline entries were left out} */
  public long timelineSkipped() {
    return timelineSkipped;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StreamMetrics that
        && id.equals(that.id)
        && upstream.equals(that.upstream)
        && dialect.equals(that.dialect)
        && model.equals(that.model)
        && state.equals(that.state)
        && Objects.equals(cause, that.cause)
        && startedAt.equals(that.startedAt)
        && Objects.equals(endedAt, that.endedAt)
        && duration.equals(that.duration)
        && bytes == that.bytes
        && frames == that.frames
        && events == that.events
        && inputTokens == that.inputTokens
        && outputTokens == that.outputTokens
        && tokensEstimated == that.tokensEstimated
        && wastedTokens == that.wastedTokens
        && wastedPromptTokens == that.wastedPromptTokens
        && attempts == that.attempts
        && retries == that.retries
        && reconnects == that.reconnects
        && recoveries == that.recoveries
        && seams == that.seams
        && errors == that.errors
        && Objects.equals(timeToFirstToken, that.timeToFirstToken)
        && gaps.equals(that.gaps)
        && Double.compare(tokensPerSecond, that.tokensPerSecond) == 0
        && timeline.equals(that.timeline)
        && timelineSkipped == that.timelineSkipped;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        id,
        upstream,
        dialect,
        model,
        state,
        cause,
        startedAt,
        endedAt,
        duration,
        bytes,
        frames,
        events,
        inputTokens,
        outputTokens,
        tokensEstimated,
        wastedTokens,
        wastedPromptTokens,
        attempts,
        retries,
        reconnects,
        recoveries,
        seams,
        errors,
        timeToFirstToken,
        gaps,
        tokensPerSecond,
        timeline,
        timelineSkipped);
  }

  @Override
  public String toString() {
    return "StreamMetrics[id="
        + id
        + ", upstream="
        + upstream
        + ", dialect="
        + dialect
        + ", model="
        + model
        + ", state="
        + state
        + ", cause="
        + cause
        + ", startedAt="
        + startedAt
        + ", endedAt="
        + endedAt
        + ", duration="
        + duration
        + ", bytes="
        + bytes
        + ", frames="
        + frames
        + ", events="
        + events
        + ", inputTokens="
        + inputTokens
        + ", outputTokens="
        + outputTokens
        + ", tokensEstimated="
        + tokensEstimated
        + ", wastedTokens="
        + wastedTokens
        + ", wastedPromptTokens="
        + wastedPromptTokens
        + ", attempts="
        + attempts
        + ", retries="
        + retries
        + ", reconnects="
        + reconnects
        + ", recoveries="
        + recoveries
        + ", seams="
        + seams
        + ", errors="
        + errors
        + ", timeToFirstToken="
        + timeToFirstToken
        + ", gaps="
        + gaps
        + ", tokensPerSecond="
        + tokensPerSecond
        + ", timeline="
        + timeline
        + ", timelineSkipped="
        + timelineSkipped
        + "]";
  }

  /** Gathers the values of a {@link StreamMetrics}. Not thread-safe. */
  public static final class Builder {
    private String id = "";
    private String upstream = "";
    private String dialect = "";
    private String model = "";
    private StreamState state = StreamState.ACTIVE;
    private @Nullable Cause cause;
    private Instant startedAt = Instant.EPOCH;
    private @Nullable Instant endedAt;
    private Duration duration = Duration.ZERO;
    private long bytes;
    private long frames;
    private long events;
    private long inputTokens = -1;
    private long outputTokens;
    private boolean tokensEstimated;
    private long wastedTokens;
    private long wastedPromptTokens;
    private int attempts;
    private int retries;
    private int reconnects;
    private int recoveries;
    private int seams;
    private long errors;
    private @Nullable Duration timeToFirstToken;
    private Distribution gaps = Distribution.NONE;
    private double tokensPerSecond;
    private List<TimelineEntry> timeline = List.of();
    private long timelineSkipped;

    private Builder() {}

    /** Sets its id, unique among the streams of a monitor. */
    public Builder id(String id) {
      this.id = id;
      return this;
    }

    /** Sets the name of the upstream of the last attempt, or an empty string. */
    public Builder upstream(String upstream) {
      this.upstream = upstream;
      return this;
    }

    /** Sets the id of the protocol, or an empty string. */
    public Builder dialect(String dialect) {
      this.dialect = dialect;
      return this;
    }

    /** Sets the requested model, or an empty string. */
    public Builder model(String model) {
      this.model = model;
      return this;
    }

    /** Sets its state. */
    public Builder state(StreamState state) {
      this.state = state;
      return this;
    }

    /** Sets why it is not complete; null if there is none. */
    public Builder cause(@Nullable Cause cause) {
      this.cause = cause;
      return this;
    }

    /** Sets when it began. */
    public Builder startedAt(Instant startedAt) {
      this.startedAt = startedAt;
      return this;
    }

    /** Sets when it ended; null if there is none. */
    public Builder endedAt(@Nullable Instant endedAt) {
      this.endedAt = endedAt;
      return this;
    }

    /** Sets the time from its beginning to its end, or to now. */
    public Builder duration(Duration duration) {
      this.duration = duration;
      return this;
    }

    /** Sets body bytes received, over all attempts. */
    public Builder bytes(long bytes) {
      this.bytes = bytes;
      return this;
    }

    /** Sets frames received. */
    public Builder frames(long frames) {
      this.frames = frames;
      return this;
    }

    /** Sets content events delivered. */
    public Builder events(long events) {
      this.events = events;
      return this;
    }

    /** Sets prompt tokens; negative if there is none. */
    public Builder inputTokens(long inputTokens) {
      this.inputTokens = inputTokens;
      return this;
    }

    /** Sets completion tokens. */
    public Builder outputTokens(long outputTokens) {
      this.outputTokens = outputTokens;
      return this;
    }

    /** Sets whether a part of {@code outputTokens} is an estimate: no provider reported it. */
    public Builder tokensEstimated(boolean tokensEstimated) {
      this.tokensEstimated = tokensEstimated;
      return this;
    }

    /** Sets completion tokens that were written and not delivered. */
    public Builder wastedTokens(long wastedTokens) {
      this.wastedTokens = wastedTokens;
      return this;
    }

    /** Sets prompt tokens of further attempts. */
    public Builder wastedPromptTokens(long wastedPromptTokens) {
      this.wastedPromptTokens = wastedPromptTokens;
      return this;
    }

    /** Sets requests sent. */
    public Builder attempts(int attempts) {
      this.attempts = attempts;
      return this;
    }

    /** Sets decisions to retry. */
    public Builder retries(int retries) {
      this.retries = retries;
      return this;
    }

    /** Sets requests sent after the first. */
    public Builder reconnects(int reconnects) {
      this.reconnects = reconnects;
      return this;
    }

    /** Sets how often content arrived again after a failed attempt. */
    public Builder recoveries(int recoveries) {
      this.recoveries = recoveries;
      return this;
    }

    /** Sets places where attempts were joined. */
    public Builder seams(int seams) {
      this.seams = seams;
      return this;
    }

    /** Sets failures of attempts, unreadable frames and reported errors. */
    public Builder errors(long errors) {
      this.errors = errors;
      return this;
    }

    /** Sets the time from its beginning to its first content; null if there is none. */
    public Builder timeToFirstToken(@Nullable Duration timeToFirstToken) {
      this.timeToFirstToken = timeToFirstToken;
      return this;
    }

    /** Sets times between content events, to within 10%. */
    public Builder gaps(Distribution gaps) {
      this.gaps = gaps;
      return this;
    }

    /** Sets output tokens a second since the first of them; 0 before there are two events. */
    public Builder tokensPerSecond(double tokensPerSecond) {
      this.tokensPerSecond = tokensPerSecond;
      return this;
    }

    /** Sets what happened to it, in order; the middle may be left out. */
    public Builder timeline(List<TimelineEntry> timeline) {
      this.timeline = List.copyOf(timeline);
      return this;
    }

    /** Sets how many timeline entries were left out. */
    public Builder timelineSkipped(long timelineSkipped) {
      this.timelineSkipped = timelineSkipped;
      return this;
    }

    /** {@return the values} */
    public StreamMetrics build() {
      return new StreamMetrics(this);
    }
  }
}
