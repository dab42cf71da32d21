package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;

/** One exchange on an HTTP/2 connection. Belongs to its event loop. */
final class Http2Exchange implements Carrier {
  private final Http2Session session;
  private final int id;
  private final UpstreamExchange exchange;
  private boolean hasHead;
  private boolean reading = true;

  /** Bytes that came while the reader was away; the server waits for them to be taken. */
  private int kept;

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
    return session.isWritable();
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

  /** What follows an answer that is whole is not worth a wait: the connection stays either way. */
  @Override
  public void finish() {
    session.cancel(id);
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
