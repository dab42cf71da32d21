package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;

/** One exchange on an HTTP/2 connection. Belongs to its event loop. */
final class Http2Exchange implements Carrier {
  /** Longest rest of a response that is skipped. */
  private static final int MAX_LINGER_BYTES = 16 << 10;

  private final Http2Session session;
  private final int id;
  private final UpstreamExchange exchange;
  private boolean begun;
  private boolean hasHead;
  private boolean reading;

  /** Bytes that came while the reader was away; the server waits for them to be taken. */
  private int kept;

  /** Whether the rest of a response is skipped, which spares the server a reset. */
  private boolean lingering;

  private int lingerBytes;
  private long lingersSince;

  Http2Exchange(Http2Session session, int id, UpstreamExchange exchange) {
    this.session = session;
    this.id = id;
    this.exchange = exchange;
    reading = exchange.isReading();
  }

  @Override
  public void send(ByteBuf bytes) {
    session.send(id, bytes, false);
    session.flush();
  }

  @Override
  public void sendEnd(HttpHeaders trailers) {
    session.sendEnd(id, trailers);
  }

  @Override
  public boolean isWritable() {
    return begun && session.isWritable(id);
  }

  /** The head of the request has been written: its body may follow. */
  void begun() {
    begun = true;
  }

  /** The server takes more of the request's body, or no more for now. */
  void sendable() {
    if (begun) {
      exchange.sendable();
    }
  }

  boolean expectsNoBody() {
    return exchange.request().method().equals(HttpMethod.HEAD);
  }

  @Override
  public void reading(boolean on) {
    reading = on;
    if (on && kept > 0) {
      int taken = kept;
      kept = 0;
      session.consumed(id, taken);
    }
  }

  /** Servers count resets as an attack: what ends soon is not reset. */
  @Override
  public void finish() {
    lingering = true;
    lingerBytes = MAX_LINGER_BYTES;
    lingersSince = session.now();
    reading(true);
  }

  /** {@return whether it has waited too long for the end of a response that is not needed} */
  boolean lingersTooLong(long now) {
    return lingering && now - lingersSince > ConnectionPool.LINGER_NANOS;
  }

  @Override
  public void close() {
    session.cancel(id);
  }

  // ---------------------------------------------------------------- a response

  boolean hasHead() {
    return hasHead;
  }

  void head(HttpResponse head) {
    hasHead = true;
    exchange.head(head);
  }

  /** {@return how many of the bytes the reader has taken} */
  int content(ByteBuf piece, int count) {
    if (lingering) {
      lingerBytes -= count;
      if (lingerBytes < 0) {
        session.cancel(id);
      }
      return count;
    }
    exchange.content(piece);
    if (reading) {
      return count;
    }
    kept += count;
    return 0;
  }

  void pause() {
    exchange.pause();
  }

  void ended(HttpHeaders trailers) {
    exchange.ended(trailers);
  }

  void failed(Failure failure, boolean unanswered) {
    exchange.failed(failure, unanswered);
  }

  void refused(Failure failure) {
    exchange.refused(failure);
  }
}
