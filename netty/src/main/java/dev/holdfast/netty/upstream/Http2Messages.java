package dev.holdfast.netty.upstream;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Requests and responses as HTTP/2 has them. */
final class Http2Messages {
  /** Fields of one connection, which HTTP/2 forbids (RFC 9113 section 8.2.2). */
  private static final Set<String> OF_CONNECTION =
      Set.of(
          "connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private static final HttpVersion HTTP_2 = HttpVersion.valueOf("HTTP/2.0");

  private Http2Messages() {}

  /** {@return the fields of a request} */
  static Http2Headers request(UpstreamRequest request, Origin origin) {
    var headers = new DefaultHttp2Headers(false);
    headers
        .method(request.method().asciiName())
        .scheme(origin.isTls() ? "https" : "http")
        .authority(origin.authority())
        .path(request.target());
    for (var fields = request.headers().iteratorCharSequence(); fields.hasNext(); ) {
      var field = fields.next();
      String name = field.getKey().toString().toLowerCase(Locale.ROOT);
      if (!OF_CONNECTION.contains(name)) {
        headers.add(name, field.getValue());
      }
    }
    if (request.length() >= 0) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(request.length()));
    }
    return headers;
  }

  /** {@return fields that follow a body} */
  static Http2Headers trailers(HttpHeaders trailers) {
    var headers = new DefaultHttp2Headers(false);
    trailers.forEach(
        field -> headers.add(field.getKey().toLowerCase(Locale.ROOT), field.getValue()));
    return headers;
  }

  /** {@return the head of a response; null if it is none} */
  static @Nullable HttpResponse head(Http2Headers headers) {
    CharSequence status = headers.status();
    if (status == null || status.length() != 3) {
      return null;
    }
    int code = 0;
    for (int i = 0; i < 3; i++) {
      int digit = Character.digit(status.charAt(i), 10);
      if (digit < 0) {
        return null;
      }
      code = code * 10 + digit;
    }
    return code < 100
        ? null
        : new DefaultHttpResponse(HTTP_2, HttpResponseStatus.valueOf(code), fields(headers));
  }

  /** {@return whether a head names the length of a body that is not empty} */
  static boolean announcesBody(HttpResponse head) {
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    int status = head.status().code();
    return length != null && !length.equals("0") && status != 204 && status != 304;
  }

  /** {@return whether the content of a field is a secret: no table of the connection keeps it} */
  static boolean isSecret(CharSequence name) {
    String text = name.toString();
    return text.contains("auth")
        || text.contains("key")
        || text.contains("token")
        || text.contains("secret")
        || text.contains("cookie");
  }

  /** {@return the fields that are no pseudo fields} */
  static HttpHeaders fields(Http2Headers headers) {
    var fields = new DefaultHttpHeaders();
    for (var field : headers) {
      CharSequence name = field.getKey();
      boolean passes = !name.isEmpty() && name.charAt(0) != ':';
      if (passes && !OF_CONNECTION.contains(name.toString())) {
        try {
          fields.add(name, field.getValue());
        } catch (IllegalArgumentException e) {
          // Neither a name nor a content of a field: of no use to anyone.
        }
      }
    }
    return fields;
  }
}
