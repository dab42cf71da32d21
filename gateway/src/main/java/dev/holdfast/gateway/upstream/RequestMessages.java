package dev.holdfast.gateway.upstream;

import dev.holdfast.gateway.config.UpstreamConfig;
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
  static HttpRequest of(UpstreamRequest request, UpstreamConfig upstream) {
    HttpHeaders headers = request.headers().copy();
    headers.set(HttpHeaderNames.HOST, upstream.authority());
    byte[] body = request.body();
    if (body != null) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    } else if (request.length() == UpstreamRequest.CHUNKED) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    } else if (request.length() >= 0) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, request.length());
    }
    if (request.isPiecemeal()) {
      return new DefaultHttpRequest(
          HttpVersion.HTTP_1_1, request.method(), request.target(), headers);
    }
    return new DefaultFullHttpRequest(
        HttpVersion.HTTP_1_1,
        request.method(),
        request.target(),
        body == null ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body),
        headers,
        EmptyHttpHeaders.INSTANCE);
  }
}
