package dev.holdfast.core.policy;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Objects;

/**
 * How long to wait, and for what. Five clocks, because a stream can be slow in five ways. A clock
 * of zero is off. The upstream's clocks are stopped while the consumer is not reading.
 *
 * @param connect TCP and TLS; enforced by the transport
 * @param firstToken from the request sent to the first content or reasoning event
 * @param idle between any two bytes; keep-alives count
 * @param progress between content or reasoning events; keep-alives do not count
 * @param total the whole stream, recoveries included
 */
public record Timeouts(
    Duration connect, Duration firstToken, Duration idle, Duration progress, Duration total) {
  /** 10 s, 300 s, 300 s, 300 s, off. Silence of a minute is normal. docs/decisions/0006 */
  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(300),
          Duration.ofSeconds(300),
          Duration.ofSeconds(300),
          Duration.ZERO);

  /** Checks that no clock is negative. */
  public Timeouts {
    Objects.requireNonNull(connect, "connect");
    Objects.requireNonNull(firstToken, "firstToken");
    Objects.requireNonNull(idle, "idle");
    Objects.requireNonNull(progress, "progress");
    Objects.requireNonNull(total, "total");
    Check.that(!connect.isNegative(), "connect", "must not be negative", connect);
    Check.that(!firstToken.isNegative(), "firstToken", "must not be negative", firstToken);
    Check.that(!idle.isNegative(), "idle", "must not be negative", idle);
    Check.that(!progress.isNegative(), "progress", "must not be negative", progress);
    Check.that(!total.isNegative(), "total", "must not be negative", total);
  }

  /** {@return a copy with another first-token clock} */
  public Timeouts withFirstToken(Duration firstToken) {
    return new Timeouts(connect, firstToken, idle, progress, total);
  }

  /** {@return a copy with another idle clock} */
  public Timeouts withIdle(Duration idle) {
    return new Timeouts(connect, firstToken, idle, progress, total);
  }

  /** {@return a copy with another progress clock} */
  public Timeouts withProgress(Duration progress) {
    return new Timeouts(connect, firstToken, idle, progress, total);
  }

  /** {@return a copy with another total clock} */
  public Timeouts withTotal(Duration total) {
    return new Timeouts(connect, firstToken, idle, progress, total);
  }

  /** {@return a copy with another connect clock} */
  public Timeouts withConnect(Duration connect) {
    return new Timeouts(connect, firstToken, idle, progress, total);
  }
}
