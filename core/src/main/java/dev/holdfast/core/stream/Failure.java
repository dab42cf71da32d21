package dev.holdfast.core.stream;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Why one attempt failed, and whether a retry can help. Immutable. */
public final class Failure {
  /**
   * What a Holdfast gateway that ends reports in its open streams. Another attempt reaches the next
   * process, or another gateway.
   */
  public static final Failure GATEWAY_ENDS =
      retryable(Cause.CONNECTION_LOST, "the gateway shuts down");

  private final Cause cause;
  private final String detail;
  private final boolean retryable;
  private final @Nullable Duration retryAfter;
  private final int httpStatus;
  private final @Nullable ProviderError provider;
  private final boolean starting;

  private Failure(Builder builder) {
    cause = builder.cause;
    detail = builder.detail;
    retryable = builder.retryable;
    retryAfter = builder.retryAfter;
    httpStatus = builder.httpStatus;
    provider = builder.provider;
    starting = builder.starting;
  }

  /** {@return a failure of the network or of the wire, after which a retry may succeed} */
  public static Failure retryable(Cause cause, String detail) {
    return builder(cause, detail).retryable(true).build();
  }

  /** {@return a failure after which no retry can succeed} */
  public static Failure permanent(Cause cause, String detail) {
    return builder(cause, detail).build();
  }

  /** {@return a refused connection: the server is not up} */
  public static Failure refused(String detail) {
    return builder(Cause.CONNECTION_FAILED, detail).retryable(true).starting(true).build();
  }

  /**
   * {@return a builder of a permanent failure without a response}
   *
   * @param cause the named cause
   * @param detail one sentence for display; no prompt text, no key
   */
  public static Builder builder(Cause cause, String detail) {
    return new Builder(cause, detail);
  }

  /** {@return a builder that begins with this failure} */
  public Builder toBuilder() {
    var builder = builder(cause, detail).retryable(retryable).starting(starting);
    builder.retryAfter = retryAfter;
    builder.httpStatus = httpStatus;
    builder.provider = provider;
    return builder;
  }

  /** {@return the named cause} */
  public Cause cause() {
    return cause;
  }

  /** {@return one sentence for display; no prompt text, no key} */
  public String detail() {
    return detail;
  }

  /** {@return whether an identical attempt, later, could succeed} */
  public boolean isRetryable() {
    return retryable;
  }

  /** {@return how long the provider asked to wait, never negative; empty if it did not} */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  /** {@return the response status; empty where there was no response} */
  public OptionalInt httpStatus() {
    return httpStatus == 0 ? OptionalInt.empty() : OptionalInt.of(httpStatus);
  }

  /** {@return the error that the provider reported; empty if it reported none} */
  public Optional<ProviderError> provider() {
    return Optional.ofNullable(provider);
  }

  /**
   * {@return whether the server is not up yet: it refused the connection, or loads its model} Then
   * nothing can have been generated.
   */
  public boolean isStarting() {
    return starting;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Failure that
        && cause == that.cause
        && detail.equals(that.detail)
        && retryable == that.retryable
        && Objects.equals(retryAfter, that.retryAfter)
        && httpStatus == that.httpStatus
        && Objects.equals(provider, that.provider)
        && starting == that.starting;
  }

  @Override
  public int hashCode() {
    return Objects.hash(cause, detail, retryable, retryAfter, httpStatus, provider, starting);
  }

  @Override
  public String toString() {
    return "Failure[cause=%s, detail=%s, retryable=%s, retryAfter=%s, httpStatus=%d, provider=%s, starting=%s]"
        .formatted(cause, detail, retryable, retryAfter, httpStatus, provider, starting);
  }

  /** Gathers a failure. Not thread-safe. */
  public static final class Builder {
    private final Cause cause;
    private String detail;
    private boolean retryable;
    private @Nullable Duration retryAfter;
    private int httpStatus;
    private @Nullable ProviderError provider;
    private boolean starting;

    private Builder(Cause cause, String detail) {
      this.cause = cause;
      this.detail = detail;
    }

    /** Replaces the sentence for display; no prompt text, no key. */
    public Builder detail(String detail) {
      this.detail = detail;
      return this;
    }

    /** Sets whether an identical attempt, later, could succeed; false by default. */
    public Builder retryable(boolean retryable) {
      this.retryable = retryable;
      return this;
    }

    /**
     * Sets how long the provider asked to wait; null if it did not.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder retryAfter(@Nullable Duration retryAfter) {
      Check.that(
          retryAfter == null || !retryAfter.isNegative(),
          "retryAfter",
          "must not be negative",
          String.valueOf(retryAfter));
      this.retryAfter = retryAfter;
      return this;
    }

    /** Sets the response status; 0 where there was no response. */
    public Builder httpStatus(int httpStatus) {
      this.httpStatus = httpStatus;
      return this;
    }

    /** Sets the error that the provider reported; null if it reported none. */
    public Builder provider(@Nullable ProviderError provider) {
      this.provider = provider;
      return this;
    }

    /** Sets whether the server is not up yet. */
    public Builder starting(boolean starting) {
      this.starting = starting;
      return this;
    }

    /** {@return the failure} */
    public Failure build() {
      return new Failure(this);
    }
  }
}
