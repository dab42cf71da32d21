package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;

/**
 * Receives what an upstream sends, on the event loop that opened the exchange. After {@link #ended}
 * or {@link #failed} nothing follows.
 */
public interface UpstreamListener {
  /**
   * The response head arrived, with the version of HTTP that the upstream speaks; interim responses
   * are not reported.
   */
  void head(HttpResponse head);

  /** Body bytes arrived; they are valid during the call, and the callee does not release them. */
  void content(ByteBuf bytes);

  /** For now nothing more has arrived: what was gathered may leave. */
  void pause();

  /** The body ended as its framing requires. */
  void ended(HttpHeaders trailers);

  /** The connection could not be made, or broke. */
  void failed(Failure failure);

  /** Whether the upstream takes more of the request's body has changed. */
  default void sendable() {}
}
