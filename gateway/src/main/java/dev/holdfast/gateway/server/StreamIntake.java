package dev.holdfast.gateway.server;

import dev.holdfast.gateway.message.ClientExchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.CompositeByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Gathers the body of a request that may be for a stream, up to the limit. */
final class StreamIntake implements ClientExchange {
  /** What becomes of a body. */
  interface Next {
    /** The body is whole; the callee does not release it. */
    void whole(ByteBuf body);

    /** The body is too long. */
    void tooLong();

    /** The request will not be completed. */
    void given(boolean clientGone);
  }

  private final CompositeByteBuf body;
  private final long maxBody;
  private final Next next;
  private boolean over;

  StreamIntake(CompositeByteBuf body, long maxBody, Next next) {
    this.body = body;
    this.maxBody = maxBody;
    this.next = next;
  }

  @Override
  public void content(HttpContent content) {
    if (over) {
      return;
    }
    if (body.readableBytes() + (long) content.content().readableBytes() > maxBody) {
      release();
      next.tooLong();
      return;
    }
    if (content.content().isReadable()) {
      body.addComponent(true, content.content().retain());
    }
    if (content instanceof LastHttpContent) {
      over = true;
      try {
        next.whole(body);
      } finally {
        body.release();
      }
    }
  }

  @Override
  public void clientGone() {
    if (!over) {
      release();
      next.given(true);
    }
  }

  @Override
  public void writability() {
    // Nothing is written yet.
  }

  @Override
  public void shutDown() {
    if (!over) {
      release();
      next.given(false);
    }
  }

  private void release() {
    over = true;
    body.release();
  }

  /** {@return a body as a stream, which neither moves nor releases it} */
  static InputStream stream(@Nullable ByteBuf body) {
    return body == null ? InputStream.nullInputStream() : new ByteBufInputStream(body.duplicate());
  }
}
