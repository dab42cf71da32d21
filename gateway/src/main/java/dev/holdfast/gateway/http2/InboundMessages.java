package dev.holdfast.gateway.http2;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Requests and responses as HTTP/2 has them. A request becomes one of HTTP/1.1, which everything
 * after it reads; what would be two requests there is malformed here (RFC 9113 section 8.2.1).
 */
final class InboundMessages {
  /** Fields of one connection (RFC 9113 section 8.2.2). */
  private static final Set<String> OF_CONNECTION =
      Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private InboundMessages() {}

  /**
   * {@return the head of a request; one that cannot be read has a failure as its decoder result}
   *
   * @param ends whether no body follows
   */
  static HttpRequest request(Http2Headers headers, boolean ends) {
    try {
      return checked(headers, ends);
    } catch (IllegalArgumentException e) {
      var unreadable = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
      unreadable.setDecoderResult(DecoderResult.failure(e));
      return unreadable;
    }
  }

  private static HttpRequest checked(Http2Headers headers, boolean ends) {
    String method = text(headers.method(), ":method");
    String path = text(headers.path(), ":path");
    String scheme = text(headers.scheme(), ":scheme").toLowerCase(Locale.ROOT);
    if (!scheme.equals("https") && !scheme.equals("http")) {
      throw new IllegalArgumentException(":scheme: must be https or http");
    }
    if (!path.startsWith("/") && !path.equals("*")) {
      throw new IllegalArgumentException(":path: must begin with a slash");
    }
    if (path.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
      throw new IllegalArgumentException(":path: must have visible characters of ASCII alone");
    }
    HttpHeaders fields = fields(headers);
    host(fields, headers.authority());
    if (!ends && !fields.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      fields.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    return new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), path, fields);
  }

  /** The authority and the field must name one host (RFC 9113 section 8.3.1). */
  private static void host(HttpHeaders fields, @Nullable CharSequence authority) {
    if (authority == null) {
      return;
    }
    var hosts = fields.getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1 || (hosts.size() == 1 && !hosts.getFirst().contentEquals(authority))) {
      throw new IllegalArgumentException("host: must be that of :authority");
    }
    fields.set(HttpHeaderNames.HOST, authority);
  }

  private static String text(@Nullable CharSequence text, String name) {
    if (text == null || text.isEmpty()) {
      throw new IllegalArgumentException(name + ": must be there");
    }
    return text.toString();
  }

  /**
   * {@return the fields that are no pseudo fields}
   *
   * @throws IllegalArgumentException if a name or a content is none that HTTP/1.1 could carry
   */
  static HttpHeaders fields(Http2Headers headers) {
    var fields = new DefaultHttpHeaders();
    for (var field : headers) {
      if (!Http2Headers.PseudoHeaderName.hasPseudoHeaderFormat(field.getKey())) {
        fields.add(field.getKey(), field.getValue());
      }
    }
    return fields;
  }

  /** {@return the head of a response} */
  static Http2Headers response(int status, HttpHeaders fields) {
    Http2Headers headers = lowered(fields);
    headers.status(Integer.toString(status));
    return headers;
  }

  /** {@return fields as HTTP/2 has them} */
  static Http2Headers lowered(HttpHeaders fields) {
    var headers = new DefaultHttp2Headers(false);
    for (var all = fields.iteratorCharSequence(); all.hasNext(); ) {
      var field = all.next();
      String name = field.getKey().toString().toLowerCase(Locale.ROOT);
      if (!OF_CONNECTION.contains(name)) {
        headers.add(name, field.getValue());
      }
    }
    return headers;
  }
}
