package dev.holdfast.core.policy;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Objects;

/**
 * Permitted uses of a further upstream, or of a hedge.
 *
 * @param continueElsewhere whether an answer of which content was delivered may be continued by
 *     another upstream, at an anchor; the answer is then two models' work
 * @param hedgeAfter how long the first token may take before a second attempt is made beside the
 *     first; zero for never
 */
public record FailoverPolicy(boolean continueElsewhere, Duration hedgeAfter) {
  /** Content is continued where it came from, and nothing is requested twice. */
  public static final FailoverPolicy DEFAULT = new FailoverPolicy(false, Duration.ZERO);

  /** Checks that the delay is not negative. */
  public FailoverPolicy {
    Objects.requireNonNull(hedgeAfter, "hedgeAfter");
    Check.that(!hedgeAfter.isNegative(), "hedgeAfter", "must not be negative", hedgeAfter);
  }

  /** {@return a copy that lets another upstream continue what was delivered, or does not} */
  public FailoverPolicy withContinueElsewhere(boolean continueElsewhere) {
    return new FailoverPolicy(continueElsewhere, hedgeAfter);
  }

  /** {@return a copy with another delay before a second attempt; zero for never} */
  public FailoverPolicy withHedgeAfter(Duration hedgeAfter) {
    return new FailoverPolicy(continueElsewhere, hedgeAfter);
  }
}
