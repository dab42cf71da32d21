package dev.holdfast.gateway.stream;

import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.message.HttpName;
import dev.holdfast.gateway.message.UsageAsk;
import dev.holdfast.netty.upstream.UpstreamExchange;
import dev.holdfast.netty.upstream.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a stream: turns what its connection brings into the machine's signals. A refusal
 * is read whole first, so that the client can receive it byte for byte.
 */
final class StreamAttempt implements UpstreamListener {
  /** Longest refusal that is passed on. */
  private static final int MAX_REFUSAL = 1 << 20;

  private static final int BAD_REQUEST = 400;
  private static final int UNPROCESSABLE = 422;

  private final int number;
  private final String upstream;
  private final ExchangeRecord record;
  private final StreamSession session;
  private @Nullable UpstreamExchange exchange;
  private @Nullable Supplier<UpstreamExchange> again;
  private Runnable succeeded = () -> {};
  private boolean reads = true;
  private @Nullable HttpResponse head;

  /** The head of a refusal of which it is not decided what it refuses. */
  private @Nullable HttpResponse doubted;

  private @Nullable ByteArrayOutputStream refusal;
  private boolean refusalWhole;

  StreamAttempt(int number, String upstream, ExchangeRecord record, StreamSession session) {
    this.number = number;
    this.upstream = upstream;
    this.record = record;
    this.session = session;
  }

  int number() {
    return number;
  }

  /** {@return the name of the upstream that it asks} */
  String upstream() {
    return upstream;
  }

  void opened(UpstreamExchange exchange) {
    this.exchange = exchange;
  }

  /**
   * What is done where the request is refused for what the gateway added to it.
   *
   * @param again sends the request as the client sent it, as the same attempt
   * @param succeeded is called if that one is answered
   */
  void alternative(Supplier<UpstreamExchange> again, Runnable succeeded) {
    this.again = again;
    this.succeeded = succeeded;
  }

  /** {@return whether a refusal is read before it is decided what it refuses} */
  private boolean isDoubted(HttpResponse head) {
    int status = head.status().code();
    if (again != null && (status == BAD_REQUEST || status == UNPROCESSABLE)) {
      doubted = head;
      refusal = new ByteArrayOutputStream();
      return true;
    }
    if (again == null && status >= 200 && status < 300) {
      succeeded.run();
    }
    again = null;
    return false;
  }

  /** {@return whether the client's own request was sent in place of one that was refused} */
  private boolean isSentAgain() {
    HttpResponse refused = doubted;
    var other = again;
    if (refused == null || other == null || refusal == null) {
      return false;
    }
    byte[] body = refusal.toByteArray();
    doubted = null;
    again = null;
    refusal = null;
    if (UsageAsk.mayBeRefusedFor(body)) {
      close();
      exchange = other.get();
      exchange.reading(reads);
      return true;
    }
    succeeded = () -> {};
    head(refused);
    if (refusal != null) {
      refusal.writeBytes(body);
    }
    return false;
  }

  void reading(boolean on) {
    reads = on;
    if (exchange != null) {
      exchange.reading(on);
    }
  }

  void close() {
    if (exchange != null) {
      exchange.close();
    }
  }

  /** The answer is whole; its connection may serve again. */
  void finish() {
    if (exchange != null) {
      exchange.finish();
    }
  }

  /** {@return the response head; null if none came, or it was forgotten} */
  @Nullable HttpResponse head() {
    return head;
  }

  /** Keeps no head that has been passed on: streams live for minutes. */
  void forgetHead() {
    head = null;
  }

  /** {@return the body of a refusal; null if the response is none} */
  byte @Nullable [] refusal() {
    return refusal == null ? null : refusal.toByteArray();
  }

  /** Passes on the refusal; one that broke off, or is too long, must not look whole. */
  void passRefusalOn(ClientResponse client, HttpResponse head, byte[] body) {
    HttpHeaders headers = ForwardedHeaders.client(head.headers());
    headers.set("x-holdfast-upstream", upstream);
    long length = refusalWhole ? body.length : ClientResponse.UNKNOWN;
    client.head(head.status().code(), headers, length);
    client.body(Unpooled.wrappedBuffer(body));
    if (refusalWhole) {
      client.end(EmptyHttpHeaders.INSTANCE);
    } else {
      client.abort();
    }
  }

  @Override
  public void head(HttpResponse head) {
    if (isDoubted(head)) {
      return;
    }
    int status = head.status().code();
    this.head = head;
    record.upstreamHttp(number, HttpName.of(head.protocolVersion()));
    session.answered();
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
    if (refusal.size() >= MAX_REFUSAL && !isSentAgain()) {
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
    if (isSentAgain()) {
      return;
    }
    refusalWhole = true;
    refused();
    session.last(new Signal.EndOfBody(number));
  }

  @Override
  public void failed(Failure failure) {
    if (isSentAgain()) {
      return;
    }
    session.answered();
    refused();
    session.last(new Signal.Failed(number, failure));
  }
}
