package dev.holdfast.netty;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Check;
import dev.holdfast.netty.upstream.UpstreamRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URI;
import java.util.Locale;
import java.util.Set;

/**
 * A request as HTTP has it, checked.
 *
 * @param isTls whether its connection is TLS
 * @param host name or address, an IPv6 address without brackets
 * @param authority what the header {@code Host} carries
 * @param request the rest
 */
record RequestHead(
    boolean isTls, String host, int port, String authority, UpstreamRequest request) {
  /** Fields that decide where a message ends or where it goes: those are the transport's. */
  private static final Set<String> OURS =
      Set.of("connection", "content-length", "expect", "host", "transfer-encoding", "upgrade");

  /** Of the proxy alone, which has it by the transport's settings: a server must not see it. */
  private static final String OF_THE_PROXY = "proxy-authorization";

  private static final int MAX_PORT = 65_535;

  /**
   * {@return a request as it is sent}
   *
   * @throws IllegalArgumentException if it has no http or https address, or a header that no
   *     request may have
   */
  static RequestHead of(Transport.Request request) {
    URI uri = URI.create(request.uri().toASCIIString());
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    boolean tls = scheme.equals("https");
    String bracketed = uri.getHost();
    Check.that(uri.getPort() <= MAX_PORT, "uri", "port must be at most 65535", uri.getPort());
    if (bracketed == null || !(tls || scheme.equals("http"))) {
      throw new IllegalArgumentException(
          "uri: must have an http or https address with a host, was one of scheme " + scheme);
    }
    String host =
        bracketed.startsWith("[") ? bracketed.substring(1, bracketed.length() - 1) : bracketed;
    int port = uri.getPort();
    String path = uri.getRawPath();
    String target = path == null || path.isEmpty() ? "/" : path;
    if (uri.getRawQuery() != null) {
      target += "?" + uri.getRawQuery();
    }
    return new RequestHead(
        tls,
        host,
        port >= 0 ? port : tls ? 443 : 80,
        bracketed + (port >= 0 ? ":" + port : ""),
        request(request, target));
  }

  private static UpstreamRequest request(Transport.Request request, String target) {
    var method = HttpMethod.valueOf(request.method().name());
    return switch (request.method()) {
      case POST -> UpstreamRequest.utf8(method, target, headers(request), request.body());
      case GET, DELETE ->
          new UpstreamRequest(method, target, headers(request), null, UpstreamRequest.NONE);
    };
  }

  private static HttpHeaders headers(Transport.Request request) {
    var headers = new DefaultHttpHeaders();
    request
        .headers()
        .forEach((name, list) -> {
          String known = name.toLowerCase(Locale.ROOT);
          if (OURS.contains(known)) {
            throw new IllegalArgumentException(
                "header: must not be one that the transport sets, was " + name);
          }
          if (!known.equals(OF_THE_PROXY)) {
            // "A field value does not include leading or trailing whitespace." -- RFC 9110, 5.5
            list.forEach(content -> headers.add(name, trimmed(content)));
          }
        });
    return headers;
  }

  private static String trimmed(String content) {
    int from = 0;
    int to = content.length();
    while (from < to && isSpace(content.charAt(from))) {
      from++;
    }
    while (from < to && isSpace(content.charAt(to - 1))) {
      to--;
    }
    return content.substring(from, to);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }

  /** {@return where it goes; the rest may hold a key or the prompt} */
  @Override
  public String toString() {
    return "RequestHead[" + authority + "]";
  }
}
