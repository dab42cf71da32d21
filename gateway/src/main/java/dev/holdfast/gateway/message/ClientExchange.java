package dev.holdfast.gateway.message;

import io.netty.handler.codec.http.HttpContent;

/** What serves one request of a client. Belongs to the event loop of its connection. */
public interface ClientExchange {
  /** A piece of the request's body, the last one included; the callee does not release it. */
  void content(HttpContent content);

  /** The client is gone: nothing can be written, and what was asked for is not wanted. */
  void clientGone();

  /** Whether the client reads fast enough for more has changed. */
  void writability();

  /** The gateway ends now: end the response so that the client asks again. */
  void shutDown();
}
