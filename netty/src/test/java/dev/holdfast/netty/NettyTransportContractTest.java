package dev.holdfast.netty;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.junit.TransportContract;
import java.net.ProxySelector;
import java.util.Optional;
import javax.net.ssl.SSLContext;

final class NettyTransportContractTest implements TransportContract {
  @Override
  public Transport open(SSLContext tls) {
    return new NettyTransport(tls);
  }

  @Override
  public Optional<Transport> open(SSLContext tls, ProxySelector proxies) {
    return Optional.of(NettyTransport.builder().tls(tls).proxy(proxies).build());
  }

  /** The system's buffers at both ends, one read, and the window of an HTTP/2 stream. */
  @Override
  public long mostAhead() {
    return 12L << 20;
  }
}
