package dev.holdfast.gateway.stream;

import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.upstream.UpstreamExchange;
import dev.holdfast.gateway.upstream.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a stream: turns what its connection brings into the machine's signals. A refusal
 * is read whole first, so that the client can receive it byte for byte.
 */
final class StreamAttempt implements UpstreamListener {
  /** Longest refusal that is passed on. */
  private static final int MAX_REFUSAL = 1 << 20;

  private final int number;
  private final StreamSession session;
  private @Nullable UpstreamExchange exchange;
  private @Nullable HttpResponse head;
  private @Nullable ByteArrayOutputStream refusal;

  StreamAttempt(int number, StreamSession session) {
    this.number = number;
    this.session = session;
  }

  int number() {
    return number;
  }

  void opened(UpstreamExchange exchange) {
    this.exchange = exchange;
  }

  void reading(boolean on) {
    if (exchange != null) {
      exchange.reading(on);
    }
  }

  void close() {
    if (exchange != null) {
      exchange.close();
    }
  }

  /** {@return the response head; null if none came} */
  @Nullable HttpResponse head() {
    return head;
  }

  /** {@return the body of a refusal; null if the response is none} */
  byte @Nullable [] refusal() {
    return refusal == null ? null : refusal.toByteArray();
  }

  @Override
  public void head(HttpResponse head) {
    this.head = head;
    int status = head.status().code();
    if (status < 200 || status > 299) {
      refusal = new ByteArrayOutputStream();
    }
    var known = new ResponseHead(status, ForwardedHeaders.map(head.headers()));
    session.signal(new Signal.HeadersArrived(number, known, session.epochMillis()));
  }

  @Override
  public void content(ByteBuf bytes) {
    if (refusal == null) {
      session.read(new Signal.BytesArrived(number, bytes.nioBuffer()));
      return;
    }
    int room = MAX_REFUSAL - refusal.size();
    byte[] piece = new byte[Math.min(room, bytes.readableBytes())];
    bytes.getBytes(bytes.readerIndex(), piece);
    refusal.writeBytes(piece);
    if (refusal.size() >= MAX_REFUSAL) {
      refused();
    }
  }

  private void refused() {
    if (refusal != null && refusal.size() > 0) {
      session.signal(new Signal.BytesArrived(number, ByteBuffer.wrap(refusal.toByteArray())));
    }
  }

  @Override
  public void pause() {
    session.pause();
  }

  @Override
  public void ended(HttpHeaders trailers) {
    refused();
    session.signal(new Signal.EndOfBody(number));
  }

  @Override
  public void failed(Failure failure) {
    refused();
    session.signal(new Signal.Failed(number, failure));
  }
}
