package dev.holdfast.gateway.message;

import io.netty.handler.codec.http.HttpVersion;

/** Names of versions of HTTP, as in ALPN: {@code http/1.0}, {@code http/1.1}, {@code h2}. */
public final class HttpName {
  /** HTTP/2 over TLS. */
  public static final String HTTP_2 = "h2";

  private static final String HTTP_1_1 = "http/1.1";
  private static final String HTTP_1_0 = "http/1.0";

  private HttpName() {}

  /** {@return the name of a version; empty for one that is not spoken here} */
  public static String of(HttpVersion version) {
    return switch (version.majorVersion()) {
      case 1 -> version.minorVersion() == 0 ? HTTP_1_0 : HTTP_1_1;
      case 2 -> HTTP_2;
      default -> "";
    };
  }
}
