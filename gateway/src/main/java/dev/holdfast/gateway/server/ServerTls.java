package dev.holdfast.gateway.server;

import dev.holdfast.gateway.tls.TlsFiles;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.nio.file.Path;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * The certificate and key with which clients are served by TLS 1.2 and 1.3. Thread-safe.
 *
 * <p>Connections that are open keep what they began with.
 */
public final class ServerTls implements Supplier<SslContext> {
  /** A client that offers none of them, or none at all, speaks HTTP/1.1. */
  private static final ApplicationProtocolConfig PROTOCOLS =
      new ApplicationProtocolConfig(
          ApplicationProtocolConfig.Protocol.ALPN,
          ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
          ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2,
          ApplicationProtocolNames.HTTP_1_1);

  private final Path certificate;
  private final Path key;
  private final boolean http2;
  private volatile SslContext context;

  /**
   * Reads both files.
   *
   * @param certificate PEM, the server's certificate first
   * @param key PEM, PKCS #8, without a password
   * @param http2 whether HTTP/2 is offered by ALPN
   * @throws IllegalArgumentException "name: rule, was value" if one cannot be used
   */
  public ServerTls(Path certificate, Path key, boolean http2) {
    this.certificate = certificate;
    this.key = key;
    this.http2 = http2;
    context = read();
  }

  @Override
  public SslContext get() {
    return context;
  }

  /** {@return whether HTTP/2 is offered by ALPN} */
  boolean offersHttp2() {
    return http2;
  }

  /**
   * Reads both files again, for new connections.
   *
   * @throws IllegalArgumentException as the constructor; what was read before stays in use
   */
  public void reload() {
    context = read();
  }

  private SslContext read() {
    var chain = TlsFiles.certificates(certificate);
    var secret = TlsFiles.key(key);
    TlsFiles.match(chain, secret, key);
    try {
      var builder = SslContextBuilder.forServer(secret, chain).protocols("TLSv1.3", "TLSv1.2");
      return (http2 ? builder.applicationProtocolConfig(PROTOCOLS) : builder).build();
    } catch (SSLException | IllegalArgumentException e) {
      // Without its cause: that may quote the key.
      throw new IllegalArgumentException(
          "tls: certificate and key must be ones of TLS 1.2 or 1.3, was "
              + certificate
              + " and "
              + key);
    }
  }
}
