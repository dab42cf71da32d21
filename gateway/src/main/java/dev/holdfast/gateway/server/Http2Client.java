package dev.holdfast.gateway.server;

import dev.holdfast.gateway.http2.InboundStream;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.HttpName;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.route.ClientProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a client's HTTP/2 connection, served by an exchange. What ends a connection of
 * HTTP/1.1 ends this stream alone.
 */
final class Http2Client implements Client, InboundStream.Listener {
  private static final int CONTINUE = 100;
  private static final int NO_CONTENT = 204;

  private final ServerContext server;
  private final InboundStream stream;
  private @Nullable ClientExchange exchange;
  private @Nullable ExchangeRecord record;
  private ClientProtocol front = ClientProtocol.OPENAI;
  private boolean begun;
  private boolean asksForHead;

  /** Whether the exchange knows that the client takes no more. */
  private boolean held;

  Http2Client(ServerContext server, InboundStream stream) {
    this.server = server;
    this.stream = stream;
  }

  // ---------------------------------------------------------------- the request

  @Override
  public void request(HttpRequest request) {
    server.metrics().began();
    asksForHead = request.method().equals(HttpMethod.HEAD);
    var created = new ExchangeRecord(now(), server.log());
    created.http(HttpName.HTTP_2);
    record = created;
    exchange = new Reception(server, this, created).exchange(request);
  }

  @Override
  public void content(HttpContent content) {
    if (exchange != null) {
      exchange.content(content);
    }
  }

  @Override
  public void writability() {
    held = !stream.isWritable();
    if (exchange != null) {
      exchange.writability();
    }
  }

  @Override
  public void bodyTooSlow() {
    finish(Outcome.REJECTED, "request-too-slow");
    abandon();
    if (begun) {
      abort();
    } else {
      refuse(Refusals.tooSlow());
    }
  }

  @Override
  public void gone() {
    abandon();
    finish(Outcome.CLIENT_GONE, "cancelled");
  }

  private void finish(Outcome outcome, String cause) {
    if (record != null) {
      record.finish(outcome, cause, now());
    }
  }

  private void abandon() {
    var serving = exchange;
    exchange = null;
    if (serving != null) {
      record = null; // The exchange finishes it, at once or once it has run on to its end.
      serving.clientGone();
    }
  }

  /** Ends the exchange so that the client asks again. */
  void shutDown() {
    if (exchange != null) {
      exchange.shutDown();
    }
  }

  private long now() {
    return server.streams().clock().getAsLong();
  }

  // ---------------------------------------------------------------- what decides about it

  @Override
  public void front(ClientProtocol front) {
    this.front = front;
  }

  @Override
  public void serve(ClientExchange next) {
    exchange = next;
    held = false;
  }

  @Override
  public boolean isTls() {
    return stream.session().channel().pipeline().get(SslHandler.class) != null;
  }

  @Override
  public void proceed() {
    stream.head(CONTINUE, EmptyHttpHeaders.INSTANCE);
    stream.flush();
  }

  // ---------------------------------------------------------------- the response

  @Override
  public EventLoop loop() {
    return stream.loop();
  }

  @Override
  public ByteBuf allocate(int size) {
    return LoopSender.allocate(stream.session().channel().alloc(), size);
  }

  @Override
  public boolean isWritable() {
    return stream.isWritable();
  }

  @Override
  public void reading(boolean on) {
    stream.reading(on);
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  @Override
  public void head(int status, HttpHeaders headers, long length) {
    begun = true;
    if (length >= 0) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, length);
    }
    stream.head(status, headers);
  }

  @Override
  public void body(ByteBuf bytes) {
    if (asksForHead) {
      bytes.release();
    } else {
      stream.data(bytes);
    }
  }

  @Override
  public void flush() {
    stream.flush();
    if (!held && !stream.isWritable()) {
      writability(); // A client that gave no window from the start changes nothing later.
    }
  }

  @Override
  public void end(HttpHeaders trailers) {
    exchange = null;
    stream.end(trailers);
  }

  @Override
  public void abort() {
    exchange = null;
    stream.abort();
  }

  @Override
  public void refuse(Refusal refusal) {
    refuse(refusal, new DefaultHttpHeaders());
  }

  /** The rest of the request is reset; other requests of the connection are not harmed. */
  @Override
  public void refuseAndClose(Refusal refusal) {
    refuse(refusal);
  }

  @Override
  public void refuse(Refusal refusal, HttpHeaders more) {
    byte[] body = refusal.body(front);
    write(refusal.status(), Refusals.headers(refusal, more), body);
  }

  @Override
  public void answer(int status, HttpHeaders headers, byte[] body) {
    write(status, new DefaultHttpHeaders().set(headers), body);
  }

  private void write(int status, HttpHeaders headers, byte[] body) {
    begun = true;
    exchange = null;
    if (status != NO_CONTENT) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    }
    stream.head(status, headers);
    if (body.length > 0) {
      body(Unpooled.wrappedBuffer(body));
    }
    stream.end(EmptyHttpHeaders.INSTANCE);
  }

  @Override
  public boolean isAcknowledged() {
    return stream.isDrained() && Acknowledgement.isComplete(stream.session().channel());
  }
}
