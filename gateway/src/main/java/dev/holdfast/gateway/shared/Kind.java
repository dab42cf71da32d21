package dev.holdfast.gateway.shared;

import dev.holdfast.gateway.config.SharedConfig;
import dev.holdfast.gateway.config.SharedConfig.Sharing;
import java.util.Locale;

/** What is shared, each with a policy of its own. */
public enum Kind {
  /** How much each key has used. */
  LIMITS,
  /** Which stream an identical request receives. */
  IDENTICAL,
  /** Circuits and retry budgets. */
  UPSTREAMS,
  /** Which upstream wrote what only it can read. */
  AFFINITY;

  /** {@return its name in metrics and configuration} */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  Sharing in(SharedConfig config) {
    return switch (this) {
      case LIMITS -> config.limits();
      case IDENTICAL -> config.identical();
      case UPSTREAMS -> config.upstreams();
      case AFFINITY -> config.affinity();
    };
  }
}
