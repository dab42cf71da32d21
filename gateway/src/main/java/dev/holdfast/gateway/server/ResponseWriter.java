package dev.holdfast.gateway.server;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Writes responses; to a HEAD request, without the body that their headers describe. */
final class ResponseWriter extends HttpResponseEncoder {
  private boolean head;

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
