package dev.holdfast.core.stream;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP exchange on behalf of a stream. Times are nanoseconds on the driver's clock. Immutable.
 */
public final class AttemptReport {
  private final int number;
  private final String upstream;
  private final @Nullable Rung rung;
  private final long startNanos;
  private final long firstTokenNanos;
  private final long endNanos;
  private final int httpStatus;
  private final long bytes;
  private final long events;
  private final @Nullable TokenUsage usage;
  private final Waste waste;
  private final @Nullable Failure failure;
  private final String profile;
  private final String requestId;

  private AttemptReport(Builder builder) {
    number = builder.number;
    upstream = builder.upstream;
    rung = builder.rung;
    startNanos = builder.startNanos;
    firstTokenNanos = builder.firstTokenNanos;
    endNanos = builder.endNanos;
    httpStatus = builder.httpStatus;
    bytes = builder.bytes;
    events = builder.events;
    usage = builder.usage;
    waste = builder.waste;
    failure = builder.failure;
    profile = builder.profile;
    requestId = builder.requestId;
  }

  /** {@return a builder; what is not set is absent, empty or zero} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return its number, from 1} */
  public int number() {
    return number;
  }

  /** {@return the name of the upstream that it asked} */
  public String upstream() {
    return upstream;
  }

  /**
   * {@return how it continued the answer; empty for the first attempt and for retries before any
   * content}
   */
  public Optional<Rung> rung() {
    return Optional.ofNullable(rung);
  }

  /** {@return when it was opened} */
  public long startNanos() {
    return startNanos;
  }

  /** {@return when its first content or reasoning arrived; empty if none did} */
  public OptionalLong firstTokenNanos() {
    return firstTokenNanos < 0 ? OptionalLong.empty() : OptionalLong.of(firstTokenNanos);
  }

  /** {@return when it ended} */
  public long endNanos() {
    return endNanos;
  }

  /** {@return the response status; empty where there was no response} */
  public OptionalInt httpStatus() {
    return httpStatus == 0 ? OptionalInt.empty() : OptionalInt.of(httpStatus);
  }

  /** {@return body bytes received} */
  public long bytes() {
    return bytes;
  }

  /** {@return content events received} */
  public long events() {
    return events;
  }

  /** {@return tokens that the provider reported; empty if it reported none} */
  public Optional<TokenUsage> usage() {
    return Optional.ofNullable(usage);
  }

  /** {@return its share of what was paid for besides the delivered answer} */
  public Waste waste() {
    return waste;
  }

  /** {@return why it failed; empty if it did not} */
  public Optional<Failure> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * {@return the name of the profile that the server's own marks selected; empty where it has none,
   * or the profile was decided before}
   */
  public String profile() {
    return profile;
  }

  /**
   * {@return the provider's id of the request, from the response head; empty if it sent none}
   * Untrusted text.
   */
  public String requestId() {
    return requestId;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AttemptReport that
        && number == that.number
        && upstream.equals(that.upstream)
        && Objects.equals(rung, that.rung)
        && startNanos == that.startNanos
        && firstTokenNanos == that.firstTokenNanos
        && endNanos == that.endNanos
        && httpStatus == that.httpStatus
        && bytes == that.bytes
        && events == that.events
        && Objects.equals(usage, that.usage)
        && waste.equals(that.waste)
        && Objects.equals(failure, that.failure)
        && profile.equals(that.profile)
        && requestId.equals(that.requestId);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        number,
        upstream,
        rung,
        startNanos,
        firstTokenNanos,
        endNanos,
        httpStatus,
        bytes,
        events,
        usage,
        waste,
        failure,
        profile,
        requestId);
  }

  @Override
  public String toString() {
    return "AttemptReport[number="
        + number
        + ", upstream="
        + upstream
        + ", rung="
        + rung
        + ", startNanos="
        + startNanos
        + ", firstTokenNanos="
        + firstTokenNanos
        + ", endNanos="
        + endNanos
        + ", httpStatus="
        + httpStatus
        + ", bytes="
        + bytes
        + ", events="
        + events
        + ", usage="
        + usage
        + ", waste="
        + waste
        + ", failure="
        + failure
        + ", profile="
        + profile
        + ", requestId="
        + requestId
        + "]";
  }

  /** Gathers the values of a {@link AttemptReport}. Not thread-safe. */
  public static final class Builder {
    private int number;
    private String upstream = "";
    private @Nullable Rung rung;
    private long startNanos;
    private long firstTokenNanos = -1;
    private long endNanos;
    private int httpStatus;
    private long bytes;
    private long events;
    private @Nullable TokenUsage usage;
    private Waste waste = Waste.NONE;
    private @Nullable Failure failure;
    private String profile = "";
    private String requestId = "";

    private Builder() {}

    /** Sets its number, from 1. */
    public Builder number(int number) {
      this.number = number;
      return this;
    }

    /** Sets the name of the upstream that it asked. */
    public Builder upstream(String upstream) {
      this.upstream = upstream;
      return this;
    }

    /** Sets how it continued the answer; null if there is none. */
    public Builder rung(@Nullable Rung rung) {
      this.rung = rung;
      return this;
    }

    /** Sets when it was opened. */
    public Builder startNanos(long startNanos) {
      this.startNanos = startNanos;
      return this;
    }

    /** Sets when its first content or reasoning arrived; negative if there is none. */
    public Builder firstTokenNanos(long firstTokenNanos) {
      this.firstTokenNanos = firstTokenNanos;
      return this;
    }

    /** Sets when it ended. */
    public Builder endNanos(long endNanos) {
      this.endNanos = endNanos;
      return this;
    }

    /** Sets the response status; 0 if there is none. */
    public Builder httpStatus(int httpStatus) {
      this.httpStatus = httpStatus;
      return this;
    }

    /** Sets body bytes received. */
    public Builder bytes(long bytes) {
      this.bytes = bytes;
      return this;
    }

    /** Sets content events received. */
    public Builder events(long events) {
      this.events = events;
      return this;
    }

    /** Sets tokens that the provider reported; null if there is none. */
    public Builder usage(@Nullable TokenUsage usage) {
      this.usage = usage;
      return this;
    }

    /** Sets its share of what was paid for besides the delivered answer. */
    public Builder waste(Waste waste) {
      this.waste = waste;
      return this;
    }

    /** Sets why it failed; null if there is none. */
    public Builder failure(@Nullable Failure failure) {
      this.failure = failure;
      return this;
    }

    /** Sets the name of the profile that the server's own marks selected. */
    public Builder profile(String profile) {
      this.profile = profile;
      return this;
    }

    /** Sets the provider's id of the request. */
    public Builder requestId(String requestId) {
      this.requestId = requestId;
      return this;
    }

    /** {@return the values} */
    public AttemptReport build() {
      return new AttemptReport(this);
    }
  }
}
