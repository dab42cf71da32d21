package dev.holdfast.netty.upstream;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS to upstreams by the certificates that the JDK trusts. Reading them takes a tenth of a second,
 * so it is done once, when the first caller asks. Thread-safe; later callers wait for the first.
 */
public final class DefaultTls implements Supplier<@Nullable SslContext> {
  private final ReentrantLock making = new ReentrantLock();
  private volatile @Nullable SslContext made;

  /**
   * {@return the context}
   *
   * @throws IllegalStateException "tls: rule" if the JDK has none that can be used
   */
  @Override
  public SslContext get() {
    var known = made;
    if (known != null) {
      return known;
    }
    making.lock();
    try {
      var again = made;
      if (again == null) {
        again =
            SslContextBuilder.forClient()
                .endpointIdentificationAlgorithm("HTTPS")
                .applicationProtocolConfig(UpstreamTls.PROTOCOLS)
                .build();
        made = again;
      }
      return again;
    } catch (SSLException e) {
      throw new IllegalStateException("tls: the JDK must have certificates that it trusts", e);
    } finally {
      making.unlock();
    }
  }
}
