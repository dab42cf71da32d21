package dev.holdfast.gateway.config;

import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Check;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Clocks that the operator has set; null leaves one to the provider's profile, and zero turns it
 * off. There is no limit on a whole stream. They stop while the client does not read.
 *
 * @param connect TCP, and again TLS
 * @param firstContent from the request to the first content
 * @param idle between any two bytes
 * @param progress between pieces of content
 */
public record Clocks(
    @Nullable Duration connect,
    @Nullable Duration firstContent,
    @Nullable Duration idle,
    @Nullable Duration progress) {
  /** All are left to the profiles. */
  public static final Clocks UNSET = new Clocks(null, null, null, null);

  /** Checks that no clock is negative. */
  public Clocks {
    check("connect", connect);
    check("firstContent", firstContent);
    check("idle", idle);
    check("progress", progress);
  }

  private static void check(String name, @Nullable Duration clock) {
    if (clock != null) {
      Check.that(!clock.isNegative(), name, "must not be negative", clock);
    }
  }

  /** {@return these clocks, and others where none is set here} */
  public Timeouts over(Timeouts others) {
    return new Timeouts(
        connect == null ? others.connect() : connect,
        firstContent == null ? others.firstToken() : firstContent,
        idle == null ? others.idle() : idle,
        progress == null ? others.progress() : progress,
        others.total());
  }
}
