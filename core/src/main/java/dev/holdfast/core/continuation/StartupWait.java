package dev.holdfast.core.continuation;

import dev.holdfast.core.policy.StartupPolicy;
import dev.holdfast.core.stream.Failure;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** One stream's wait for one upstream whose server is not up. */
public final class StartupWait {
  private static final long FIRST_NANOS = Duration.ofMillis(250).toNanos();
  private static final long LONGEST_NANOS = Duration.ofSeconds(2).toNanos();
  private static final int DOUBLINGS = 3;
  private static final long NEVER = -1;

  private final StartupPolicy policy;
  private final RandomGenerator random;

  /** Whether the upstream answered this stream. */
  private boolean answered;

  private long sinceNanos = NEVER;
  private int attempts;

  public StartupWait(StartupPolicy policy, RandomGenerator random) {
    this.policy = policy;
    this.random = random;
  }

  /** The upstream answered, with any status. */
  public void answered() {
    answered = true;
  }

  /**
   * {@return whether a failure is waited out, by time}
   *
   * @param known whether the upstream has answered another stream of this client
   */
  public boolean covers(Failure failure, boolean known) {
    // A server that reports that it loads has answered.
    boolean reached = answered || known || failure.httpStatus().orElse(0) != 0;
    return failure.isStarting()
        && policy.patience().isPositive()
        && (reached || policy.beforeFirstAnswer());
  }

  /** An attempt found the server not up. */
  public void failed(long nowNanos) {
    sinceNanos = sinceNanos == NEVER ? nowNanos : sinceNanos;
    attempts++;
  }

  /** An attempt found the server up. */
  public void over() {
    sinceNanos = NEVER;
    attempts = 0;
  }

  /** {@return whether the last attempt found the server not up} */
  public boolean isOn() {
    return sinceNanos != NEVER;
  }

  /** {@return whether the time is up} */
  public boolean isSpent(long nowNanos) {
    return isOn() && nowNanos - sinceNanos >= policy.patience().toNanos();
  }

  /**
   * {@return when to ask again: half to the whole of a bound that doubles, at the end of the time
   * at the latest}
   *
   * @param nanosLeft of the stream; at most half of it is used
   */
  public long pauseNanos(long nowNanos, long nanosLeft) {
    long bound = Math.min(LONGEST_NANOS, FIRST_NANOS << Math.min(attempts - 1, DOUBLINGS));
    long drawn = bound / 2 + random.nextLong(bound / 2 + 1);
    long left = Math.min(policy.patience().toNanos() - (nowNanos - sinceNanos), nanosLeft / 2);
    return Math.max(1, Math.min(drawn, left));
  }
}
