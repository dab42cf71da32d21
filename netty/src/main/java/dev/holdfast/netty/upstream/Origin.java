package dev.holdfast.netty.upstream;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where connections lead. Compared by identity: connections of one origin are never used for
 * another, though it may have the same address.
 */
public final class Origin {
  private final boolean tls;
  private final String host;
  private final int port;
  private final String authority;
  private final @Nullable ProxyAddress proxy;
  private final boolean http2;

  /**
   * An origin that is reached directly, by HTTP/2 where a TLS server selects it.
   *
   * @param tls whether connections are TLS
   * @param host name or address, an IPv6 address without brackets
   * @param authority what the header {@code Host} carries, and failures name
   */
  public Origin(boolean tls, String host, int port, String authority) {
    this(tls, host, port, authority, null, true);
  }

  /**
   * An origin that is reached through a proxy: by {@code CONNECT} where it speaks TLS, else by
   * requests with the whole address.
   *
   * @param proxy null for none
   * @param http2 whether HTTP/2 is offered to a TLS server
   */
  public Origin(
      boolean tls,
      String host,
      int port,
      String authority,
      @Nullable ProxyAddress proxy,
      boolean http2) {
    this.tls = tls;
    this.host = host;
    this.port = port;
    this.authority = authority;
    this.proxy = proxy;
    this.http2 = tls && http2;
  }

  /** {@return whether connections are TLS} */
  public boolean isTls() {
    return tls;
  }

  /** {@return whether HTTP/2 is offered to it} */
  boolean offersHttp2() {
    return http2;
  }

  /** {@return name or address, an IPv6 address without brackets} */
  public String host() {
    return host;
  }

  /** {@return the port} */
  public int port() {
    return port;
  }

  /** {@return what the header {@code Host} carries} */
  public String authority() {
    return authority;
  }

  /** {@return the proxy in between; null if there is none} */
  @Nullable ProxyAddress proxy() {
    return proxy;
  }

  /** {@return the proxy that requests name the whole address to; null if there is none} */
  @Nullable ProxyAddress plainProxy() {
    return tls ? null : proxy;
  }

  /** {@return host and port, as {@code CONNECT} names them} */
  String hostAndPort() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** {@return the address in one line, without credentials} */
  @Override
  public String toString() {
    return "Origin[%s://%s]".formatted(tls ? "https" : "http", authority.toLowerCase(Locale.ROOT));
  }
}
