package dev.holdfast.netty.upstream;

import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy.
 *
 * @param host name or address, an IPv6 address without brackets
 * @param port its port
 * @param authorization what the header {@code Proxy-Authorization} carries; null for none
 */
public record ProxyAddress(String host, int port, @Nullable String authorization) {
  /** {@return its address; the rest is a secret} */
  @Override
  public String toString() {
    return "ProxyAddress[" + host + ":" + port + "]";
  }
}
