package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** What carries one exchange: a connection, or a stream of one. Belongs to its event loop. */
interface Carrier {
  /** Sends a piece of the request's body, and releases it. */
  void send(ByteBuf bytes);

  /** Ends the request's body. */
  void sendEnd(HttpHeaders trailers);

  /** {@return whether more of the request's body may be sent now} */
  boolean isWritable();

  /** Stops or resumes reading the response. */
  void reading(boolean on);

  /** The answer is whole: the rest of the response is skipped if it ends soon. */
  void finish();

  /** Gives the exchange up. Nothing is reported afterwards. */
  void close();
}
