package dev.holdfast.testkit.junit;

import dev.holdfast.core.spi.Transport;
import javax.net.ssl.SSLContext;

/**
 * What every {@link Transport} must do. A test class of an implementation implements this interface
 * and inherits its tests, all of which use real sockets on loopback:
 *
 * <pre>{@code
 * final class MyTransportTest implements TransportContract {
 *   public Transport open(SSLContext tls) { ... }
 * }
 * }</pre>
 */
public interface TransportContract
    extends PlainTransportTests,
        BrokenTransportTests,
        PacedTransportTests,
        TlsTransportTests,
        ProxyTransportTests,
        Http2TransportTests {
  /** {@return a new transport that trusts what a context trusts, and verifies host names} */
  @Override
  Transport open(SSLContext tls) throws Exception;
}
