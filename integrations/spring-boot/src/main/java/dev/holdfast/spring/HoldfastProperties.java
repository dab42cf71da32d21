package dev.holdfast.spring;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What {@code holdfast.*} decides. A name that is none of these is refused at start, and so is a
 * value that breaks a rule.
 *
 * @param enabled whether anything of Holdfast is set up
 * @param timeouts the five clocks of a stream
 * @param retry how often and how fast
 * @param recovery what happens after content was delivered
 * @param completion what counts as proof of completion
 * @param springAi Spring AI's clients
 * @param webClient builders of {@code WebClient}
 * @param monitor the monitor of streams
 * @param health the health indicator
 */
@ConfigurationProperties(prefix = HoldfastProperties.PREFIX, ignoreUnknownFields = false)
public record HoldfastProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue Clocks timeouts,
    @DefaultValue Retry retry,
    @DefaultValue Recovery recovery,
    @DefaultValue("strict") CompletionPolicy completion,
    @DefaultValue Switch springAi,
    @DefaultValue Switch webClient,
    @DefaultValue Monitor monitor,
    @DefaultValue Health health) {
  static final String PREFIX = "holdfast";

  /** As {@link Timeouts}. */
  public record Clocks(
      @DefaultValue("10s") Duration connect,
      @DefaultValue("300s") Duration firstToken,
      @DefaultValue("300s") Duration idle,
      @DefaultValue("300s") Duration progress,
      @DefaultValue("0s") Duration total) {}

  /** As {@link RetryPolicy}. */
  public record Retry(
      @DefaultValue("3") int maxAttempts,
      @DefaultValue("8") int maxContinuations,
      @DefaultValue("500ms") Duration firstDelay,
      @DefaultValue("20s") Duration maxDelay,
      @DefaultValue("60s") Duration maxRetryAfter) {}

  /** As {@link RecoveryPolicy}. */
  public record Recovery(
      @DefaultValue("recover") RecoveryPolicy.Malformed malformed,
      @DefaultValue("whole") RecoveryPolicy.Tools tools,
      @DefaultValue("false") boolean requireExact) {}

  /**
   * A switch.
   *
   * @param enabled whether it is on
   */
  public record Switch(@DefaultValue("true") boolean enabled) {}

  /**
   * The monitor.
   *
   * @param finished how many finished streams it keeps
   * @param port where the dashboard is served on the loopback address; 0 for any; none if not set
   */
  public record Monitor(@DefaultValue("1000") int finished, @Nullable Integer port) {
    /** Checks both. */
    public Monitor {
      check(finished >= 0, "monitor.finished", "must not be negative", finished);
      check(
          port == null || (port >= 0 && port <= 65535),
          "monitor.port",
          "must be 0 to 65535",
          String.valueOf(port));
    }
  }

  /**
   * The health indicator.
   *
   * @param minSuccessRate the part of the last five minutes' streams, 0 to 1, that must be
   *     complete; 0 never reports DOWN
   * @param minStreams how many streams must have ended in them before the rate is judged
   */
  public record Health(
      @DefaultValue("0") double minSuccessRate, @DefaultValue("10") int minStreams) {
    /** Checks both. */
    public Health {
      check(
          minSuccessRate >= 0 && minSuccessRate <= 1,
          "health.min-success-rate",
          "must be 0 to 1",
          minSuccessRate);
      check(minStreams >= 1, "health.min-streams", "must be at least 1", minStreams);
    }
  }

  /**
   * {@return the policy of every stream}
   *
   * @throws InvalidPropertyException if a value breaks a rule
   */
  public StreamPolicy policy() {
    return StreamPolicy.DEFAULT
        .withTimeouts(
            checked(
                "timeouts",
                () ->
                    new Timeouts(
                        timeouts.connect,
                        timeouts.firstToken,
                        timeouts.idle,
                        timeouts.progress,
                        timeouts.total)))
        .withRetry(
            checked(
                "retry",
                () ->
                    new RetryPolicy(
                        retry.maxAttempts,
                        retry.maxContinuations,
                        retry.firstDelay,
                        retry.maxDelay,
                        retry.maxRetryAfter)))
        .withRecovery(
            RecoveryPolicy.DEFAULT
                .withMalformed(recovery.malformed)
                .withTools(recovery.tools)
                .withRequireExact(recovery.requireExact))
        .withCompletion(completion);
  }

  private static <T> T checked(String group, Supplier<T> part) {
    try {
      return part.get();
    } catch (IllegalArgumentException e) {
      // "maxDelay: rule, was value" is of the property max-delay.
      String sentence = String.valueOf(e.getMessage());
      int colon = sentence.indexOf(':');
      throw new InvalidPropertyException(
          PREFIX
              + "."
              + group
              + "."
              + PropertyFailureAnalyzer.kebab(sentence.substring(0, colon))
              + sentence.substring(colon));
    }
  }

  private static void check(boolean holds, String name, String rule, Object was) {
    if (!holds) {
      throw new InvalidPropertyException(PREFIX + "." + name + ": " + rule + ", was " + was);
    }
  }
}
