package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with an upstream. Belongs to one event loop; no method blocks, and none calls the
 * listener back before it returns.
 */
public final class UpstreamExchange {
  private UpstreamRequest request;
  private final Duration connectTime;
  private final UpstreamListener listener;
  private @Nullable Carrier carrier;

  /** The connection that is being made for it; null before and after that. */
  private @Nullable Channel connecting;

  /** Asks again on a new connection, if it may; null where it may not, or not any more. */
  private @Nullable Repetition repetition;

  /** Whether it was sent again: what is refused twice is the caller's to repeat. */
  private boolean repeated;

  private boolean reading = true;
  private boolean over;

  UpstreamExchange(UpstreamRequest request, Duration connectTime, UpstreamListener listener) {
    this.request = request;
    this.connectTime = connectTime;
    this.listener = listener;
  }

  /** Gives it up, and with it the connection that carries it. Nothing is reported afterwards. */
  public void close() {
    if (over) {
      return;
    }
    over = true;
    if (connecting != null) {
      connecting.close();
    }
    if (carrier != null) {
      carrier.close();
    }
  }

  /**
   * Ends it because the answer is whole, though its framing may not have ended yet. The connection
   * is kept if that follows soon. Nothing is reported afterwards.
   */
  public void finish() {
    if (over) {
      return;
    }
    if (carrier == null) {
      close();
      return;
    }
    over = true;
    carrier.finish();
  }

  /** Stops or resumes reading the response, and with it the upstream. */
  public void reading(boolean on) {
    reading = on;
    if (carrier != null && !over) {
      carrier.reading(on);
    }
  }

  /** Sends a piece of the request's body, and releases it. */
  public void send(ByteBuf bytes) {
    if (carrier == null || over) {
      bytes.release();
      return;
    }
    repetition = null;
    carrier.send(bytes);
  }

  /** Ends the request's body. */
  public void sendEnd(HttpHeaders trailers) {
    if (carrier != null && !over) {
      repetition = null;
      carrier.sendEnd(trailers);
    }
  }

  /** {@return whether more of the request's body may be sent now} */
  public boolean isWritable() {
    return carrier != null && !over && carrier.isWritable();
  }

  // ---------------------------------------------------------------- what carries it

  UpstreamRequest request() {
    return request;
  }

  /** {@return how long connecting may take; zero for no limit} */
  Duration connectTime() {
    return connectTime;
  }

  boolean isOver() {
    return over;
  }

  boolean isReading() {
    return reading;
  }

  /** A connection is being made for it, or none is any more. */
  void connecting(@Nullable Channel channel) {
    connecting = channel;
  }

  /** Sends a request again, on another connection. */
  interface Repetition {
    /**
     * {@return whether it is sent again}
     *
     * @param promised whether the upstream promised not to have read it
     */
    boolean repeat(boolean promised);
  }

  /** Sets what to do if a kept connection proves dead, or the upstream refuses the request. */
  void repeatBy(Repetition repetition) {
    this.repetition = repeated ? null : repetition;
  }

  void carried(Carrier carrier) {
    this.carrier = carrier;
    connecting = null;
  }

  void sendable() {
    if (!over) {
      listener.sendable();
    }
  }

  void head(HttpResponse head) {
    repetition = null;
    request = request.answered();
    if (!over) {
      listener.head(head);
    }
  }

  void content(ByteBuf bytes) {
    if (!over) {
      listener.content(bytes);
    }
  }

  void pause() {
    if (!over) {
      listener.pause();
    }
  }

  void ended(HttpHeaders trailers) {
    if (!over) {
      over = true;
      listener.ended(trailers);
    }
  }

  /**
   * It failed.
   *
   * @param unanswered whether not a byte of a response had come
   */
  void failed(Failure failure, boolean unanswered) {
    if (!over && !isRepeated(unanswered, false)) {
      over = true;
      listener.failed(failure);
    }
  }

  /** The upstream has promised not to have read the request. */
  void refused(Failure failure) {
    if (!over && !isRepeated(true, true)) {
      over = true;
      listener.failed(failure);
    }
  }

  private boolean isRepeated(boolean unanswered, boolean promised) {
    carrier = null;
    connecting = null;
    Repetition again = repetition;
    repetition = null;
    if (!unanswered || again == null) {
      return false;
    }
    repeated = true;
    return again.repeat(promised);
  }
}
