package dev.holdfast.gateway.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import org.jspecify.annotations.Nullable;

/** Writes responses; to a HEAD request, without the body that their headers describe. */
final class ResponseWriter extends HttpResponseEncoder {
  private boolean head;
  private @Nullable ChannelHandlerContext context;

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
  }

  /** {@return its place in the pipeline: what is written from here is not encoded} */
  ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("writer: must be in a pipeline");
    }
    return context;
  }

  /** The next response answers a request of this kind. */
  void answers(boolean head) {
    this.head = head;
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpResponse response) {
    boolean interim = response.status().code() < 200;
    return (head && !interim) || super.isContentAlwaysEmpty(response);
  }
}
