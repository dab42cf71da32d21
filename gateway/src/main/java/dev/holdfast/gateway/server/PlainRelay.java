package dev.holdfast.gateway.server;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.gateway.config.RelayClocks;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.message.HttpName;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.stream.Alarm;
import dev.holdfast.gateway.upstream.SharedUpstream;
import dev.holdfast.netty.upstream.Dialer;
import dev.holdfast.netty.upstream.UpstreamExchange;
import dev.holdfast.netty.upstream.UpstreamListener;
import dev.holdfast.netty.upstream.UpstreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes a request and its response on as they are, piece by piece, at the pace of the slower side.
 * A response that breaks is broken for the client, too.
 */
final class PlainRelay implements ClientExchange, UpstreamListener {
  private static final String NO_LENGTH = "";

  private final ClientResponse client;
  private final ExchangeRecord record;
  private final LongSupplier clock;
  private final boolean asksForHead;
  private final long maxBody;
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private @Nullable UpstreamExchange exchange;
  private @Nullable HttpHeaders trailers;
  private final RelayClocks clocks;
  private final Alarm alarm;
  private boolean headArrived;
  private boolean held;
  private boolean piecemeal;
  private boolean over;
  private long received;
  private boolean unflushed;

  PlainRelay(
      ClientResponse client,
      ExchangeRecord record,
      LongSupplier clock,
      RelayClocks clocks,
      HttpMethod method,
      long maxBody) {
    this.client = client;
    this.record = record;
    this.clock = clock;
    this.clocks = clocks;
    this.maxBody = maxBody;
    alarm = new Alarm(client.loop(), clock, this::late);
    asksForHead = method.equals(HttpMethod.HEAD);
  }

  /** Opens the exchange; a body that is not in the request follows through {@link #content}. */
  void begin(Dialer dialer, SharedUpstream upstream, UpstreamRequest request) {
    record.upstream(upstream.config().name());
    piecemeal = request.source() == null && request.length() != UpstreamRequest.NONE;
    exchange = dialer.open(client.loop(), upstream.origin(), request, this);
    client.reading(!piecemeal);
    arm();
  }

  // ---------------------------------------------------------------- the clocks

  /** The upstream has done something, or something was sent to it. */
  private void arm() {
    if (over || held) {
      return;
    }
    var wait = headArrived ? clocks.idle() : clocks.firstByte();
    alarm.set(clock.getAsLong() + wait.toNanos());
  }

  private void late() {
    if (over) {
      return;
    }
    failed(
        headArrived
            ? Failure.retryable(
                Cause.IDLE_TIMEOUT,
                "idle: must be at most " + clocks.idle().toMillis() + " ms, was longer")
            : Failure.retryable(
                Cause.FIRST_TOKEN_TIMEOUT,
                "first byte: must come within " + clocks.firstByte().toMillis() + " ms, did not"));
  }

  // ---------------------------------------------------------------- the client

  @Override
  public void content(HttpContent content) {
    if (over || !piecemeal) {
      return;
    }
    received += content.content().readableBytes();
    if (received > maxBody) {
      refuse(
          Refusal.of(
              413,
              "body-too-large",
              "body: must be at most " + maxBody + " bytes, was longer than that"));
      return;
    }
    if (content.content().isReadable()) {
      waiting.add(content.content().retain());
    }
    if (content instanceof LastHttpContent last) {
      trailers = ForwardedHeaders.trailers(last.trailingHeaders());
    }
    forward();
  }

  @Override
  public void clientGone() {
    if (!over) {
      end();
      record.finish(Outcome.CLIENT_GONE, "cancelled", clock.getAsLong());
    }
  }

  @Override
  public void shutDown() {
    if (over) {
      return;
    }
    if (client.hasBegun()) {
      end();
      record.finish(Outcome.BROKEN, "shutting-down", clock.getAsLong());
      client.abort();
    } else {
      refuse(Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down"));
    }
  }

  @Override
  public void writability() {
    if (exchange != null && !over) {
      held = !client.isWritable();
      exchange.reading(!held);
      if (held) {
        alarm.cancel(); // A slow reader is never the upstream's fault.
      } else {
        arm();
      }
    }
  }

  // ---------------------------------------------------------------- the upstream

  /** More of the request may be sent, or there is more to send. */
  private void forward() {
    var to = exchange;
    if (to == null || over) {
      return;
    }
    arm();
    while (to.isWritable() && !waiting.isEmpty()) {
      to.send(waiting.remove());
    }
    if (to.isWritable() && waiting.isEmpty() && trailers != null) {
      to.sendEnd(trailers);
      trailers = null;
      piecemeal = false;
    }
    client.reading(waiting.isEmpty() && (!piecemeal || to.isWritable()));
  }

  @Override
  public void sendable() {
    forward();
  }

  @Override
  public void head(HttpResponse head) {
    headArrived = true;
    arm();
    int status = head.status().code();
    HttpHeaders headers = ForwardedHeaders.client(head.headers());
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH, NO_LENGTH);
    boolean chunked = head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    boolean empty = status == 204 || status == 304;
    boolean counted = !chunked && length.matches("\\d{1,18}");
    record.status(status);
    record.upstreamHttp(HttpName.of(head.protocolVersion()));
    long size =
        counted
            ? Long.parseLong(length)
            : asksForHead || empty ? ClientResponse.NONE : ClientResponse.UNKNOWN;
    client.head(status, headers, status == 204 ? ClientResponse.NONE : size);
    unflushed = true;
  }

  @Override
  public void content(ByteBuf bytes) {
    arm();
    record.content(clock.getAsLong());
    record.sent(bytes.readableBytes());
    client.body(client.allocate(bytes.readableBytes()).writeBytes(bytes));
    unflushed = true;
  }

  @Override
  public void pause() {
    if (unflushed) {
      unflushed = false;
      client.flush();
    }
  }

  @Override
  public void ended(HttpHeaders trailers) {
    end();
    record.finish(Outcome.RELAYED, "", clock.getAsLong());
    client.end(ForwardedHeaders.trailers(trailers));
  }

  @Override
  public void failed(Failure failure) {
    if (client.hasBegun()) {
      end();
      record.finish(Outcome.BROKEN, failure.cause().id(), clock.getAsLong());
      client.abort();
    } else {
      refuse(Refusal.of(failure));
    }
  }

  private void refuse(Refusal refusal) {
    end();
    record.status(client.hasBegun() ? 0 : refusal.status());
    record.finish(Outcome.REJECTED, refusal.code(), clock.getAsLong());
    if (client.hasBegun()) {
      client.abort();
    } else {
      client.refuse(refusal);
    }
  }

  private void end() {
    over = true;
    alarm.cancel();
    waiting.forEach(ByteBuf::release);
    waiting.clear();
    client.reading(true);
    if (exchange != null) {
      exchange.close();
    }
  }
}
