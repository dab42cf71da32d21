package dev.holdfast.gateway.server;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * The certificate and key with which clients are served by TLS 1.2 and 1.3. Thread-safe.
 *
 * <p>Connections that are open keep what they began with.
 */
public final class ServerTls implements Supplier<SslContext> {
  private final Path certificate;
  private final Path key;
  private volatile SslContext context;

  /**
   * Reads both files.
   *
   * @param certificate PEM, the server's certificate first
   * @param key PEM, PKCS #8, without a password
   * @throws IllegalArgumentException "name: rule, was value" if one cannot be used
   */
  public ServerTls(Path certificate, Path key) {
    this.certificate = certificate;
    this.key = key;
    context = read();
  }

  @Override
  public SslContext get() {
    return context;
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
    check("tls.certificate", certificate);
    check("tls.key", key);
    try {
      return SslContextBuilder.forServer(certificate.toFile(), key.toFile())
          .protocols("TLSv1.3", "TLSv1.2")
          .build();
    } catch (SSLException | IllegalArgumentException e) {
      // Without its cause: that may quote the key.
      throw new IllegalArgumentException(
          "tls: certificate and key must be PEM and belong together, was "
              + certificate
              + " and "
              + key);
    }
  }

  private static void check(String name, Path file) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new IllegalArgumentException(name + ": must be a file that can be read, was " + file);
    }
  }
}
