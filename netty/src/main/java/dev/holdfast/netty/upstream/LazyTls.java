package dev.holdfast.netty.upstream;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS to upstreams, made once, when the first caller asks. To read the certificates that the JDK
 * trusts takes a tenth of a second. Thread-safe; later callers wait for the first.
 */
public final class LazyTls implements Supplier<@Nullable SslContext> {
  private final Supplier<SslContext> maker;
  private final ReentrantLock making = new ReentrantLock();
  private volatile @Nullable SslContext made;

  /**
   * TLS that is not made yet.
   *
   * @param maker throws an {@link IllegalStateException} where there is none; is asked again then
   */
  public LazyTls(Supplier<SslContext> maker) {
    this.maker = maker;
  }

  /** {@return TLS by the certificates that the JDK trusts, with HTTP/2 where it is negotiated} */
  public static LazyTls ofTheJdk() {
    return new LazyTls(LazyTls::byTheJdk);
  }

  private static SslContext byTheJdk() {
    try {
      return SslContextBuilder.forClient()
          .endpointIdentificationAlgorithm("HTTPS")
          .applicationProtocolConfig(UpstreamTls.PROTOCOLS)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("tls: the JDK must have certificates that it trusts", e);
    }
  }

  /**
   * {@return the context}
   *
   * @throws IllegalStateException "tls: rule" if there is none that can be used
   */
  @Override
  public SslContext get() {
    var known = made;
    if (known != null) {
      return known;
    }
    making.lock();
    try {
      var context = made;
      if (context == null) {
        context = maker.get();
        made = context;
      }
      return context;
    } finally {
      making.unlock();
    }
  }
}
