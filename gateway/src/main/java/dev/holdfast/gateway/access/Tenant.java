package dev.holdfast.gateway.access;

import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One key of a configuration with what it has used. Thread-safe. */
public final class Tenant {
  private final KeyConfig config;
  private final Usage usage;

  Tenant(KeyConfig config, Usage usage) {
    this.config = config;
    this.usage = usage;
  }

  Tenant with(KeyConfig config) {
    return new Tenant(config, usage);
  }

  /** {@return whether a hash is that of its key, compared in constant time} */
  boolean isOf(String hash) {
    return MessageDigest.isEqual(
        hash.getBytes(StandardCharsets.US_ASCII),
        config.sha256().getBytes(StandardCharsets.US_ASCII));
  }

  /** {@return its name in logs and metrics} */
  public String name() {
    return config.name();
  }

  /** {@return the SHA-256 of its key, as 64 hexadecimal digits} */
  public String sha256() {
    return config.sha256();
  }

  /** {@return whether only some models may be asked, so that each request must name one} */
  public boolean isBoundToModels() {
    return !config.models().isEmpty();
  }

  /** {@return whether it may ask a model} */
  public boolean maySend(String model) {
    return config.maySend(model);
  }

  /** {@return whether it may ask an upstream} */
  public boolean mayAsk(UpstreamConfig upstream) {
    return config.mayAsk(upstream);
  }

  /** {@return requests that are open now} */
  public long open() {
    return usage.open();
  }

  /** {@return tokens used and reserved since midnight UTC} */
  public long tokensOfDay() {
    return usage.tokensOfDay();
  }

  /** {@return the tokens that a request will probably use, at least 1} */
  public long estimate(long inputTokens, long maxOutput) {
    return usage.estimate(inputTokens, maxOutput);
  }

  /** {@return how much it may ask} */
  public KeyConfig.KeyLimits limits() {
    return config.limits();
  }

  /** Whether a request is let in. */
  public sealed interface Admission {
    /** It is; {@link #settle} must follow once. */
    final class Granted implements Admission {
      private final Usage usage;
      private final long reserved;
      private final long day;
      private final AtomicBoolean settled = new AtomicBoolean();
      private LongConsumer onSettled = used -> {};

      private Granted(Usage usage, long reserved) {
        this.usage = usage;
        this.reserved = reserved;
        this.day = usage.day();
      }

      /** Hands what it will have used to others, too. Before it can be settled. */
      public void onSettled(LongConsumer listener) {
        onSettled = listener;
      }

      /** Settles a request that used nothing: it was refused, or failed before any content. */
      public void release() {
        settle(0, -1);
      }

      /** Settles a request of which nothing was reported, at the estimate. */
      public void settleAtEstimate() {
        settle(reserved, -1);
      }

      /** Settles a request at the tokens that were reported. */
      public void settle(long input, long output) {
        if (settled.compareAndSet(false, true)) {
          long used = output < 0 ? input : input + output;
          usage.settle(reserved, used, day, output);
          onSettled.accept(used);
        }
      }
    }

    /**
     * It is not.
     *
     * @param limit the name of the limit
     * @param allowed its value
     * @param retryAfterSeconds when a repetition may be let in, at least 1
     */
    record Refused(String limit, long allowed, long retryAfterSeconds) implements Admission {}
  }

  /**
   * Lets a request in, or not.
   *
   * @param tokens an {@link #estimate}; 0 for a request that uses none
   * @param nowNanos on a clock that never goes back
   * @param epochMillis decides the day
   */
  public Admission admit(long tokens, long nowNanos, long epochMillis) {
    Usage.@Nullable Refused refused = usage.reserve(config.limits(), tokens, nowNanos, epochMillis);
    return refused == null
        ? new Admission.Granted(usage, tokens)
        : new Admission.Refused(refused.limit(), refused.allowed(), refused.retryAfterSeconds());
  }

  /**
   * Counts a request that another process let in before it ended; no limit refuses it.
   *
   * @param tokens an {@link #estimate}
   * @param nowNanos on a clock that never goes back
   * @param epochMillis decides the day
   */
  public Admission.Granted readmit(long tokens, long nowNanos, long epochMillis) {
    usage.count(config.limits(), tokens, nowNanos, epochMillis);
    return new Admission.Granted(usage, tokens);
  }
}
