package dev.holdfast.core.health;

import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Skips an upstream while requests to it fail. One per upstream, shared by its streams; not
 * thread-safe, the driver locks it. Time and chance are arguments.
 *
 * <p>An attempt counts once: as good when its first content comes, or an answer that only a working
 * server gives. As bad when it fails before. Breaks after content are left to recovery: an upstream
 * whose answers are cut is still worth asking. Where enough attempts are bad the circuit opens and
 * admits none for a cool-down. Then it admits one attempt as a probe, and another after each
 * further cool-down. The first good one closes the circuit.
 */
public final class CircuitBreaker {
  /** Counts are kept in slices of the window, so that memory does not grow with traffic. */
  private static final int SLICES = 10;

  /** How an upstream is treated. */
  public enum State {
    /** Every attempt is admitted. */
    CLOSED,
    /** No attempt is admitted. */
    OPEN,
    /** One attempt may be made, or is under way, to see whether it works again. */
    HALF_OPEN
  }

  private final BreakerPolicy policy;
  private final RandomGenerator random;
  private final long sliceNanos;
  private final int[] good = new int[SLICES];
  private final int[] bad = new int[SLICES];
  private long slice = Long.MIN_VALUE;
  private State state = State.CLOSED;
  private long nextNanos;
  private long changes;

  /** A closed circuit; {@code random} spreads the cool-downs. */
  public CircuitBreaker(BreakerPolicy policy, RandomGenerator random) {
    this.policy = policy;
    this.random = random;
    this.sliceNanos = policy.window().toNanos() / SLICES;
  }

  /** {@return how the upstream is treated now} */
  public State state(long nowNanos) {
    return state == State.OPEN && nowNanos >= nextNanos ? State.HALF_OPEN : state;
  }

  /** {@return how long until an attempt may be made, in nanoseconds; 0 if one may be made now} */
  public long waitNanos(long nowNanos) {
    return state == State.CLOSED ? 0 : Math.max(0, nextNanos - nowNanos);
  }

  /**
   * Records that an attempt was opened. While the circuit is not closed that is the probe, and no
   * other is admitted for a cool-down. So a hanging probe does not prevent the next one.
   */
  public void opened(long nowNanos) {
    if (state != State.CLOSED) {
      state = State.HALF_OPEN;
      nextNanos = nowNanos + coolDown(0);
      changes++;
    }
  }

  /** An attempt brought content, or another answer that only a working server gives. */
  public void good(long nowNanos) {
    if (state == State.CLOSED) {
      count(good, nowNanos);
    } else {
      close();
      changes++;
    }
  }

  private void close() {
    state = State.CLOSED;
    slice = Long.MIN_VALUE; // Earlier attempts predict nothing here.
  }

  /** {@return how often this process opened it, closed it, or changed its wait} */
  public long changes() {
    return changes;
  }

  /**
   * Adopts what another process found out about the upstream. A closed circuit stays closed where
   * the wait is over: that it failed then predicts nothing here.
   *
   * @param open whether it skips the upstream
   * @param waitNanos how long until an attempt may be made; then one may, as a probe
   */
  public void adopt(boolean open, long waitNanos, long nowNanos) {
    if (!open) {
      if (state != State.CLOSED) {
        close();
      }
      return;
    }
    if (state != State.CLOSED || waitNanos > 0) {
      state = State.OPEN;
      nextNanos = nowNanos + waitNanos;
    }
  }

  /** An attempt failed before it brought content. */
  public void failed(Failure failure, long nowNanos) {
    if (!isFaultOf(failure.cause())) {
      good(nowNanos);
      return;
    }
    Duration asked = failure.retryAfter().orElse(null);
    switch (state) {
      case CLOSED -> {
        count(bad, nowNanos);
        int failures = sum(bad);
        int all = failures + sum(good);
        if (all >= policy.minAttempts() && failures >= policy.failureShare() * all) {
          state = State.OPEN;
          nextNanos = nowNanos + coolDown(nanos(asked));
          changes++;
        }
      }
      // An earlier attempt that fails late changes only the provider's own wait.
      case OPEN -> {
        long later = Math.max(nextNanos, nowNanos + nanos(asked));
        changes += later == nextNanos ? 0 : 1;
        nextNanos = later;
      }
      case HALF_OPEN -> {
        state = State.OPEN;
        nextNanos = Math.max(nextNanos, nowNanos + coolDown(nanos(asked)));
        changes++;
      }
    }
  }

  /** An attempt ended without a judgement: if it was the probe, another one may be made. */
  public void dropped(long nowNanos) {
    if (state == State.HALF_OPEN) {
      state = State.OPEN;
      nextNanos = Math.min(nextNanos, nowNanos);
      changes++;
    }
  }

  /**
   * {@return whether such a failure without content counts against its upstream} A rejected request
   * is the caller's, a rate limit is that of one key, and a local limit is our own.
   */
  static boolean isFaultOf(Cause cause) {
    return switch (cause) {
      case CONNECTION_FAILED,
          CONNECTION_LOST,
          TRUNCATED,
          MALFORMED_FRAME,
          MALFORMED_JSON,
          PROTOCOL_VIOLATION,
          PROVIDER_ERROR,
          FIRST_TOKEN_TIMEOUT,
          IDLE_TIMEOUT,
          PROGRESS_TIMEOUT,
          OVERLOADED ->
          true;
      case MISSING_DONE,
          DEADLINE_EXCEEDED,
          RATE_LIMITED,
          REJECTED,
          LIMIT_EXCEEDED,
          SEAM_REFUSED,
          NO_RUNG,
          RETRIES_EXHAUSTED,
          BUDGET_EXHAUSTED,
          CANCELLED,
          JOURNAL_FAILED ->
          false;
    };
  }

  private long coolDown(long askedNanos) {
    long whole = policy.coolDown().toNanos();
    long drawn = whole / 2 + random.nextLong(whole - whole / 2 + 1);
    return Math.max(drawn, askedNanos);
  }

  private long nanos(@Nullable Duration asked) {
    return asked == null ? 0 : Math.min(asked.toNanos(), policy.maxCoolDown().toNanos());
  }

  private void count(int[] counts, long nowNanos) {
    // The driver's clock is one, but its threads come here in any order.
    long current = Math.max(slice, Math.floorDiv(nowNanos, sliceNanos));
    if (slice == Long.MIN_VALUE || current - slice >= SLICES) {
      Arrays.fill(good, 0);
      Arrays.fill(bad, 0);
    } else {
      for (long passed = slice + 1; passed <= current; passed++) {
        good[Math.floorMod(passed, SLICES)] = 0;
        bad[Math.floorMod(passed, SLICES)] = 0;
      }
    }
    slice = current;
    counts[Math.floorMod(current, SLICES)]++;
  }

  private static int sum(int[] counts) {
    return Arrays.stream(counts).sum();
  }
}
