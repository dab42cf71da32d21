package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import io.netty.handler.codec.http.HttpContent;
import java.util.function.LongSupplier;

/** A client whose stream is looked for in the journal. On its event loop. */
final class LookingClient implements ClientExchange {
  private final ClientResponse client;
  private final ExchangeRecord record;
  private final LongSupplier clock;
  private final Runnable release;
  private boolean over;

  /** A client; {@code release} is called if it does not wait for the answer. */
  LookingClient(
      ClientResponse client, ExchangeRecord record, LongSupplier clock, Runnable release) {
    this.client = client;
    this.record = record;
    this.clock = clock;
    this.release = release;
  }

  /** {@return whether it still waits; from now on it does not} */
  boolean settle() {
    boolean waited = !over;
    over = true;
    return waited;
  }

  boolean isOver() {
    return over;
  }

  @Override
  public void content(HttpContent content) {
    // The request was read whole.
  }

  @Override
  public void clientGone() {
    if (settle()) {
      release.run();
      record.finish(Outcome.CLIENT_GONE, "cancelled", clock.getAsLong());
    }
  }

  @Override
  public void writability() {
    // Nothing is written yet.
  }

  @Override
  public void shutDown() {
    if (settle()) {
      release.run();
      var refusal = StopReason.shuttingDown();
      record.status(refusal.status());
      record.finish(Outcome.REJECTED, refusal.code(), clock.getAsLong());
      client.refuse(refusal);
    }
  }
}
