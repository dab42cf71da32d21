package dev.holdfast.gateway.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One stream of a connection: a request and its response. Belongs to its event loop. */
public final class InboundStream {
  private static final long NANOS_PER_BYTE = TimeUnit.SECONDS.toNanos(1) / 1024;

  /** What a request and its client do. After {@link #gone} nothing follows. */
  public interface Listener {
    /** The head of the request; one that cannot be read has a failure as its decoder result. */
    void request(HttpRequest request);

    /** A piece of the request's body, the last one included; the callee does not release it. */
    void content(HttpContent content);

    /** Whether the client reads fast enough for more has changed. */
    void writability();

    /** The body of the request does not come in time. */
    void bodyTooSlow();

    /** The client has left: by a reset of the stream, or with its connection. */
    void gone();
  }

  private final InboundSession session;
  private final int id;
  private @Nullable Listener served;

  /** Whether the whole request has arrived. */
  private boolean requestOver;

  /** Whether the response is whole, given up, or not wanted any more. */
  private boolean over;

  /** Whether the whole response has been handed to the system. Read on any thread. */
  private volatile boolean drained;

  private boolean headWritten;
  private boolean reading = true;

  /** Bytes of the body that nothing has taken; the client waits for them to be. */
  private int kept;

  private long received;
  private long waitsSince;

  /** Since when the client has taken nothing of the response; negative while it does. */
  private long unreadSince = -1;

  InboundStream(InboundSession session, int id) {
    this.session = session;
    this.id = id;
    waitsSince = session.now();
  }

  // ---------------------------------------------------------------- the request

  void listener(Listener listener) {
    served = listener;
  }

  Listener listener() {
    return Objects.requireNonNull(served, "listener");
  }

  void begin(HttpRequest request, boolean ends) {
    requestOver = ends;
    listener().request(request);
    if (ends) {
      listener().content(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  /** {@return how many of the bytes were taken} */
  int content(ByteBuf data, boolean ends) {
    int count = data.readableBytes();
    received += count;
    requestOver |= ends;
    listener()
        .content(
            ends
                ? new DefaultLastHttpContent(data, new DefaultHttpHeaders())
                : new DefaultHttpContent(data));
    if (reading || ends || over) {
      return count;
    }
    kept += count;
    return 0;
  }

  void trailers(Http2Headers trailers) {
    requestOver = true;
    var last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    try {
      last.trailingHeaders().add(InboundMessages.fields(trailers));
    } catch (IllegalArgumentException e) {
      reset(Http2Error.PROTOCOL_ERROR);
      return;
    }
    listener().content(last);
  }

  /** Stops or resumes taking the request's body. */
  public void reading(boolean on) {
    if (reading == on) {
      return;
    }
    reading = on;
    waitsSince = session.now();
    received = 0;
    if (on && kept > 0) {
      int taken = kept;
      kept = 0;
      session.consumed(id, taken);
    }
  }

  /** {@return whether the whole request has arrived} */
  public boolean isRequestOver() {
    return requestOver;
  }

  // ---------------------------------------------------------------- the response

  /** {@return the event loop of the connection} */
  public EventLoop loop() {
    return session.loop();
  }

  /** {@return whether the client's windows and the channel take more of the response} */
  public boolean isWritable() {
    return session.isWritable(id);
  }

  /** {@return whether the whole response has been handed to the system} Of any thread. */
  public boolean isDrained() {
    return drained;
  }

  /** {@return the connection} */
  public InboundSession session() {
    return session;
  }

  /** Writes a head; a status below 200 is interim. */
  public void head(int status, HttpHeaders headers) {
    if (over) {
      return;
    }
    headWritten |= status >= 200;
    session.headers(id, InboundMessages.response(status, headers), false, session.promise());
  }

  /** Writes a piece of the body, which it releases; it leaves at the next {@link #flush}. */
  public void data(ByteBuf bytes) {
    if (over) {
      bytes.release();
    } else {
      session.data(id, bytes, false, session.promise());
    }
  }

  /** Sends what was written. */
  public void flush() {
    session.flush();
  }

  /** Ends the response. What is left of the request is not wanted (RFC 9113 section 8.1). */
  public void end(HttpHeaders trailers) {
    if (over) {
      return;
    }
    over = true;
    var sent = session.promise();
    sent.addListener(done -> {
      drained = done.isSuccess();
      if (!requestOver) {
        reset(Http2Error.NO_ERROR);
      }
    });
    if (trailers.isEmpty()) {
      session.data(id, Unpooled.EMPTY_BUFFER, true, sent);
    } else {
      session.headers(id, InboundMessages.lowered(trailers), true, sent);
    }
    reading(true);
    session.flush();
  }

  /** Resets the stream after what was written, so that the client sees that it is not whole. */
  public void abort() {
    if (over) {
      return;
    }
    over = true;
    if (!headWritten) {
      reset(Http2Error.INTERNAL_ERROR);
      return;
    }
    var sent = session.promise();
    sent.addListener(done -> reset(Http2Error.INTERNAL_ERROR));
    session.data(id, Unpooled.EMPTY_BUFFER, false, sent);
    session.flush();
  }

  private void reset(Http2Error error) {
    over = true;
    session.reset(id, error);
  }

  // ---------------------------------------------------------------- the client

  void writability() {
    unreadSince = isWritable() ? -1 : session.now();
    if (!over) {
      listener().writability();
    }
  }

  /** The stream is closed. */
  void closed() {
    if (!over) {
      over = true;
      listener().gone();
    }
  }

  /** Compares what is awaited with the clocks. */
  void tick(long now, Duration bodyTime, Duration readTime) {
    if (headWritten && unreadSince < 0 && !isWritable()) {
      unreadSince = now;
    }
    if (headWritten && unreadSince >= 0 && now - unreadSince > readTime.toNanos()) {
      boolean wasServed = !over;
      reset(Http2Error.CANCEL);
      if (wasServed) {
        listener().gone();
      }
      return;
    }
    long limit = bodyTime.toNanos() + received * NANOS_PER_BYTE;
    if (!requestOver && reading && !over && now - waitsSince > limit) {
      listener().bodyTooSlow();
    }
  }
}
