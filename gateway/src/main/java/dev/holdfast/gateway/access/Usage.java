package dev.holdfast.gateway.access;

import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import org.jspecify.annotations.Nullable;

/**
 * What one tenant has used, and what it has reserved. Belongs to its key, so it outlives a reload;
 * a restart forgets it. Thread-safe: a lock around numbers.
 */
final class Usage {
  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final long DAY_MILLIS = 86_400_000L;

  /** Output of a request that limits none, until answers have been seen. */
  private static final double FIRST_GUESS = 1_000;

  /** How fast the guess follows what answers report. */
  private static final double LEARNING = 0.1;

  private final Bucket requests = new Bucket();
  private final Bucket tokens = new Bucket();
  private long open;
  private long day = -1;
  private long tokensOfDay;
  private double output = FIRST_GUESS;

  /** Refills evenly, to what one minute allows. May owe, when more was used than reserved. */
  private static final class Bucket {
    private double level = Double.NaN;
    private long atNanos;

    void refill(long perMinute, long nowNanos) {
      if (Double.isNaN(level)) {
        level = perMinute;
      } else {
        double gained = (double) (nowNanos - atNanos) * perMinute / MINUTE_NANOS;
        level = Math.min((double) perMinute, level + Math.max(0, gained));
      }
      atNanos = nowNanos;
    }

    /** {@return whole seconds until it holds that much; 0 if it does} */
    long waitSeconds(double wanted, long perMinute) {
      double missing = wanted - level;
      return missing <= 0 ? 0 : Math.max(1, (long) Math.ceil(missing * 60 / perMinute));
    }
  }

  /** Which limit refuses a request, and for how long. */
  record Refused(String limit, long allowed, long retryAfterSeconds) {}

  /** {@return the tokens that a request will probably use} */
  synchronized long estimate(long inputTokens, long maxOutput) {
    double guess = maxOutput < 0 ? output : Math.min(output, (double) maxOutput);
    return Math.max(1, inputTokens + Math.round(guess));
  }

  /**
   * Reserves for one request, or takes nothing.
   *
   * @return why not; null if it was reserved
   */
  synchronized @Nullable Refused reserve(
      KeyLimits limits, long estimate, long nowNanos, long epochMillis) {
    rollDay(epochMillis);
    long perDay = limits.tokensPerDay();
    long perMinute = limits.tokensPerMinute();
    long requestsPerMinute = limits.requestsPerMinute();
    if (limits.concurrentStreams() > 0 && open >= limits.concurrentStreams()) {
      return new Refused("concurrentStreams", limits.concurrentStreams(), 1);
    }
    if (requestsPerMinute > 0) {
      requests.refill(requestsPerMinute, nowNanos);
      long wait = requests.waitSeconds(1, requestsPerMinute);
      if (wait > 0) {
        return new Refused("requestsPerMinute", requestsPerMinute, wait);
      }
    }
    if (estimate > 0 && perDay > 0 && tokensOfDay + estimate > perDay) {
      long wait = (DAY_MILLIS - Math.floorMod(epochMillis, DAY_MILLIS) + 999) / 1000;
      return new Refused("tokensPerDay", perDay, wait);
    }
    if (estimate > 0 && perMinute > 0) {
      tokens.refill(perMinute, nowNanos);
      // A request that is larger than the bucket passes when the bucket is full.
      long wait = tokens.waitSeconds((double) Math.min(estimate, perMinute), perMinute);
      if (wait > 0) {
        return new Refused("tokensPerMinute", perMinute, wait);
      }
    }
    if (requestsPerMinute > 0) {
      requests.level -= 1;
    }
    count(limits, estimate, nowNanos, epochMillis);
    return null;
  }

  /** Reserves the tokens of one request and its place, also beyond the limits. */
  synchronized void count(KeyLimits limits, long estimate, long nowNanos, long epochMillis) {
    rollDay(epochMillis);
    if (limits.tokensPerMinute() > 0) {
      tokens.refill(limits.tokensPerMinute(), nowNanos);
      tokens.level -= estimate;
    }
    tokensOfDay += estimate;
    open++;
  }

  /**
   * Replaces a reservation by what was used.
   *
   * @param reserved as estimated
   * @param used as reported; as estimated where nothing was; 0 if the request used none
   * @param reservedDay the day of the reservation
   * @param answer tokens of a reported answer; -1 for none
   */
  synchronized void settle(long reserved, long used, long reservedDay, long answer) {
    open--;
    if (!Double.isNaN(tokens.level)) {
      tokens.level += reserved - used;
    }
    if (reservedDay == day) {
      tokensOfDay += used - reserved;
    }
    if (answer >= 0) {
      output += LEARNING * (answer - output);
    }
  }

  private void rollDay(long epochMillis) {
    long today = Math.floorDiv(epochMillis, DAY_MILLIS);
    if (today != day) {
      day = today;
      tokensOfDay = 0;
    }
  }

  synchronized long day() {
    return day;
  }

  synchronized long open() {
    return open;
  }

  synchronized long tokensOfDay() {
    return tokensOfDay;
  }
}
