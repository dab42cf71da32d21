package dev.holdfast.gateway.config;

import dev.holdfast.core.relay.KeepAlive;
import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * How streams meet their clients.
 *
 * @param keepAlive the form of signs of life; {@code AUTO} goes by what the client is known to read
 * @param clientGone what becomes of a stream whose client has left
 * @param identical what an identical request does
 * @param identicalWindow how old the first request may be; without bound for those with an {@code
 *     Idempotency-Key}
 * @param asksForUsage whether tokens are asked for where the client did not, and hidden from it
 */
public record Delivery(
    KeepAlive keepAlive,
    ClientGone clientGone,
    Identical identical,
    Duration identicalWindow,
    boolean asksForUsage) {
  /** By client, by the journal, by the journal, 10 min, asked for. */
  public static final Delivery DEFAULT =
      new Delivery(
          KeepAlive.AUTO, new ClientGone.Auto(), Identical.AUTO, Duration.ofMinutes(10), true);

  /** Checks the window. */
  public Delivery {
    Check.that(
        identicalWindow.isPositive(), "identicalWindow", "must be positive", identicalWindow);
  }

  /** {@return a copy with another form of signs of life} */
  public Delivery withKeepAlive(KeepAlive keepAlive) {
    return new Delivery(keepAlive, clientGone, identical, identicalWindow, asksForUsage);
  }

  /** {@return a copy with another end of streams whose client has left} */
  public Delivery withClientGone(ClientGone clientGone) {
    return new Delivery(keepAlive, clientGone, identical, identicalWindow, asksForUsage);
  }

  /** {@return a copy with another rule for identical requests} */
  public Delivery withIdentical(Identical identical, Duration window) {
    return new Delivery(keepAlive, clientGone, identical, window, asksForUsage);
  }

  /** {@return a copy that asks for tokens, or not} */
  public Delivery withUsageAsked(boolean asked) {
    return new Delivery(keepAlive, clientGone, identical, identicalWindow, asked);
  }
}
