package dev.holdfast.client;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.junit.TransportContract;
import java.net.ProxySelector;
import java.util.Optional;
import javax.net.ssl.SSLContext;

final class JdkTransportContractTest implements TransportContract {
  @Override
  public Transport open(SSLContext tls) {
    return new JdkTransport(tls);
  }

  @Override
  public Optional<Transport> open(SSLContext tls, ProxySelector proxies) {
    return Optional.of(JdkTransport.builder().tls(tls).proxy(proxies).build());
  }
}
