package dev.holdfast.netty;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.junit.TransportContract;
import java.net.ProxySelector;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Where the system has no epoll. */
final class NioTransportContractTest implements TransportContract {
  @Override
  public Transport open(SSLContext tls) {
    return NettyTransport.withoutEpoll(NettyTransport.builder().tls(tls));
  }

  @Override
  public Optional<Transport> open(SSLContext tls, ProxySelector proxies) {
    return Optional.of(
        NettyTransport.withoutEpoll(NettyTransport.builder().tls(tls).proxy(proxies)));
  }

  /** The system's buffers at both ends, one read, and the window of an HTTP/2 stream. */
  @Override
  public long mostAhead() {
    return 12L << 20;
  }
}
