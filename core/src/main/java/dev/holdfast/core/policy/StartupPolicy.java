package dev.holdfast.core.policy;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Objects;

/**
 * How long to wait for a server that is not up: its port refuses connections, or it answers 503
 * because it loads its model. Nothing can have been generated, so such attempts are not counted.
 *
 * @param patience from the first such attempt in a row at one upstream; zero counts them as any
 *     failure
 * @param beforeFirstAnswer whether refused connections are waited for at an upstream that has never
 *     answered this client; otherwise a wrong address fails as any failure does
 */
public record StartupPolicy(Duration patience, boolean beforeFirstAnswer) {
  /** 60 s, and only at an upstream that has answered before. */
  public static final StartupPolicy DEFAULT = new StartupPolicy(Duration.ofSeconds(60), false);

  /** Attempts at a server that is not up count as any other. */
  public static final StartupPolicy OFF = new StartupPolicy(Duration.ZERO, false);

  /** Checks that {@code patience} is not negative. */
  public StartupPolicy {
    Objects.requireNonNull(patience, "patience");
    Check.that(!patience.isNegative(), "patience", "must not be negative", patience);
  }

  /** {@return a copy with another {@code patience}} */
  public StartupPolicy withPatience(Duration patience) {
    return new StartupPolicy(patience, beforeFirstAnswer);
  }

  /** {@return a copy that waits at an upstream that has never answered, or does not} */
  public StartupPolicy withBeforeFirstAnswer(boolean beforeFirstAnswer) {
    return new StartupPolicy(patience, beforeFirstAnswer);
  }
}
