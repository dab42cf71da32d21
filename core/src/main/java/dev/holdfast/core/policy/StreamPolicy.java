package dev.holdfast.core.policy;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.frame.FrameLimits;
import java.util.Objects;

/**
 * Everything an operator decides about one stream.
 *
 * @param timeouts the five clocks
 * @param retry how often and how fast
 * @param recovery what happens after content was delivered
 * @param failover what further upstreams and further attempts may be used for
 * @param startup how long a server that is not up is waited for
 * @param completion what counts as proof of completion
 * @param limits how large pieces of a body may grow
 */
public record StreamPolicy(
    Timeouts timeouts,
    RetryPolicy retry,
    RecoveryPolicy recovery,
    FailoverPolicy failover,
    StartupPolicy startup,
    CompletionPolicy completion,
    FrameLimits limits) {
  /** Refuses null. */
  public StreamPolicy {
    Objects.requireNonNull(timeouts, "timeouts");
    Objects.requireNonNull(retry, "retry");
    Objects.requireNonNull(recovery, "recovery");
    Objects.requireNonNull(failover, "failover");
    Objects.requireNonNull(startup, "startup");
    Objects.requireNonNull(completion, "completion");
    Objects.requireNonNull(limits, "limits");
  }

  /** The defaults of every part. */
  public static final StreamPolicy DEFAULT =
      new StreamPolicy(
          Timeouts.DEFAULT,
          RetryPolicy.DEFAULT,
          RecoveryPolicy.DEFAULT,
          FailoverPolicy.DEFAULT,
          StartupPolicy.DEFAULT,
          CompletionPolicy.STRICT,
          FrameLimits.DEFAULT);

  /** {@return a copy with other clocks} */
  public StreamPolicy withTimeouts(Timeouts timeouts) {
    return new StreamPolicy(timeouts, retry, recovery, failover, startup, completion, limits);
  }

  /** {@return a copy with another retry policy} */
  public StreamPolicy withRetry(RetryPolicy retry) {
    return new StreamPolicy(timeouts, retry, recovery, failover, startup, completion, limits);
  }

  /** {@return a copy with another recovery policy} */
  public StreamPolicy withRecovery(RecoveryPolicy recovery) {
    return new StreamPolicy(timeouts, retry, recovery, failover, startup, completion, limits);
  }

  /** {@return a copy with another failover policy} */
  public StreamPolicy withFailover(FailoverPolicy failover) {
    return new StreamPolicy(timeouts, retry, recovery, failover, startup, completion, limits);
  }

  /** {@return a copy with another wait for a server that is not up} */
  public StreamPolicy withStartup(StartupPolicy startup) {
    return new StreamPolicy(timeouts, retry, recovery, failover, startup, completion, limits);
  }

  /** {@return a copy with another completion policy} */
  public StreamPolicy withCompletion(CompletionPolicy completion) {
    return new StreamPolicy(timeouts, retry, recovery, failover, startup, completion, limits);
  }

  /** {@return a copy with other limits} */
  public StreamPolicy withLimits(FrameLimits limits) {
    return new StreamPolicy(timeouts, retry, recovery, failover, startup, completion, limits);
  }
}
