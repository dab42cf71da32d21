package dev.holdfast.netty.upstream;

import io.netty.handler.ssl.ApplicationProtocolConfig;

/** What connections by TLS to upstreams have in common. */
public final class UpstreamTls {
  /**
   * The protocols that are offered by ALPN, the preferred one first. A server that selects none
   * speaks HTTP/1.1.
   */
  public static final ApplicationProtocolConfig PROTOCOLS =
      new ApplicationProtocolConfig(
          ApplicationProtocolConfig.Protocol.ALPN,
          ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
          ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
          Dial.HTTP_2,
          "http/1.1");

  private UpstreamTls() {}
}
