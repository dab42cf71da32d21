package dev.holdfast.client;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.junit.TransportContract;
import javax.net.ssl.SSLContext;

final class JdkTransportContractTest implements TransportContract {
  @Override
  public Transport open(SSLContext tls) {
    return new JdkTransport(tls);
  }
}
