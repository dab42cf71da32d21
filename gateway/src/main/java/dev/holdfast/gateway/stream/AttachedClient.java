package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A client that receives the answer of another one's request. Its connection belongs to one event
 * loop, the stream to another: calls of the stream are posted to the client's loop, in order.
 */
final class AttachedClient implements ClientExchange {
  private final ClientResponse client;
  private final ExchangeRecord record;
  private final LongSupplier clock;
  private final EventLoop streamLoop;
  private final Consumer<AttachedClient> left;
  private final Runnable alone;
  private final Runnable release;
  private final int longestBehind;

  // On the stream's loop.
  private long ahead;

  // On the client's loop.
  private boolean over;

  /**
   * A client.
   *
   * @param left is called on the stream's loop once the client has left
   * @param alone is called on the client's loop if it cannot be attached
   * @param release is called on the client's loop once its own request is not needed
   * @param longestBehind how many bytes may wait while its connection takes none
   */
  AttachedClient(
      ClientResponse client,
      ExchangeRecord record,
      LongSupplier clock,
      EventLoop streamLoop,
      Consumer<AttachedClient> left,
      Runnable alone,
      Runnable release,
      int longestBehind) {
    this.client = client;
    this.record = record;
    this.clock = clock;
    this.streamLoop = streamLoop;
    this.left = left;
    this.alone = alone;
    this.release = release;
    this.longestBehind = longestBehind;
  }

  // ---------------------------------------------------------------- on the stream's loop

  private void post(Runnable action) {
    client
        .loop()
        .execute(() -> {
          if (!over) {
            action.run();
          }
        });
  }

  void refused() {
    post(alone);
  }

  void accepted() {
    post(() -> {
      record.attached();
      release.run();
    });
  }

  void head(KeptAnswer.Head head) {
    var headers = new DefaultHttpHeaders().set(head.headers());
    headers.set("x-holdfast-attached", "1");
    post(() -> {
      record.status(head.status());
      client.head(head.status(), headers, head.length());
      client.flush();
    });
  }

  void body(byte[] bytes) {
    ahead += bytes.length;
    int count = bytes.length;
    if (ahead > longestBehind) {
      // It reads too slowly: what waits for it is bounded.
      abort();
      left.accept(this);
      return;
    }
    post(() -> {
      record.content(clock.getAsLong());
      record.sent(count);
      client.body(Unpooled.wrappedBuffer(bytes));
      client.flush();
      if (client.isWritable()) {
        streamLoop.execute(() -> ahead = 0);
      }
    });
  }

  void end() {
    post(() -> client.end(EmptyHttpHeaders.INSTANCE));
  }

  void abort() {
    post(() -> {
      finish(Outcome.TRUNCATED, "attached-too-slow");
      client.abort();
    });
  }

  void refuse(Refusal refusal) {
    post(() -> {
      record.status(refusal.status());
      client.refuse(refusal);
    });
  }

  void concluded(Outcome outcome, String cause) {
    post(() -> record.conclude(outcome, cause, clock.getAsLong()));
  }

  void finished(Outcome outcome, String cause) {
    post(() -> finish(outcome, cause));
  }

  // ---------------------------------------------------------------- on the client's loop

  private void finish(Outcome outcome, String cause) {
    over = true;
    release.run();
    record.finish(outcome, cause, clock.getAsLong());
  }

  @Override
  public void content(HttpContent content) {
    // The body was whole before.
  }

  @Override
  public void clientGone() {
    if (!over) {
      finish(Outcome.CLIENT_GONE, "cancelled");
      streamLoop.execute(() -> left.accept(this));
    }
  }

  @Override
  public void writability() {
    if (client.isWritable()) {
      streamLoop.execute(() -> ahead = 0);
    }
  }

  /** The stream ends its clients: it is shut down with them. */
  @Override
  public void shutDown() {
    if (!over && !client.hasBegun()) {
      finish(Outcome.FAILED, "shutting-down");
      client.refuse(
          Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down"));
    } else if (!over) {
      finish(Outcome.TRUNCATED, "shutting-down");
      client.abort();
    }
  }
}
