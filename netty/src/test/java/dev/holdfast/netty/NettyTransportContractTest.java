package dev.holdfast.netty;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.junit.TransportContract;
import javax.net.ssl.SSLContext;

final class NettyTransportContractTest implements TransportContract {
  @Override
  public Transport open(SSLContext tls) {
    return new NettyTransport(tls);
  }

  /** The system's buffers at both ends, one read, and the window of an HTTP/2 stream. */
  @Override
  public long mostAhead() {
    return 12L << 20;
  }
}
