package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;

/** Requests to upstreams as Netty's messages. */
final class RequestMessages {
  private RequestMessages() {}

  /** {@return the head, and the body where it is known} */
  static HttpRequest of(UpstreamRequest request, Origin origin, ByteBufAllocator allocator) {
    HttpHeaders headers = request.headers().copy();
    headers.set(HttpHeaderNames.HOST, origin.authority());
    String target = request.target();
    ProxyAddress proxy = origin.plainProxy();
    if (proxy != null) {
      target = "http://" + origin.authority() + target;
      if (proxy.authorization() != null) {
        headers.set(HttpHeaderNames.PROXY_AUTHORIZATION, proxy.authorization());
      }
    }
    BodySource source = request.source();
    ByteBuf body = source == null ? null : source.body(allocator);
    if (body != null) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    } else if (request.length() == UpstreamRequest.CHUNKED) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    } else if (request.length() >= 0) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, request.length());
    }
    if (request.isPiecemeal()) {
      return new DefaultHttpRequest(HttpVersion.HTTP_1_1, request.method(), target, headers);
    }
    return new DefaultFullHttpRequest(
        HttpVersion.HTTP_1_1,
        request.method(),
        target,
        body == null ? Unpooled.EMPTY_BUFFER : body,
        headers,
        EmptyHttpHeaders.INSTANCE);
  }
}
