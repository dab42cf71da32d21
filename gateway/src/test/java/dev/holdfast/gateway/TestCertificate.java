package dev.holdfast.gateway;

import dev.holdfast.netty.upstream.UpstreamTls;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** A certificate for {@code localhost} with its authority, as files for programs of any kind. */
final class TestCertificate {
  private final X509Bundle root;
  private final X509Bundle server;

  private TestCertificate(X509Bundle root, X509Bundle server) {
    this.root = root;
    this.server = server;
  }

  static TestCertificate create() {
    try {
      var root =
          new CertificateBuilder()
              .ecp256()
              .subject("CN=Root of the tests")
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      var server =
          new CertificateBuilder()
              .ecp256()
              .subject("CN=localhost")
              .addSanDnsName("localhost")
              .addSanIpAddress("127.0.0.1")
              .buildIssuedBy(root);
      return new TestCertificate(root, server);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes {@code server.crt}, {@code server.key} and {@code root.crt}. */
  void write(Path folder) throws IOException {
    Files.writeString(folder.resolve("server.crt"), server.getCertificatePathPEM());
    Files.writeString(folder.resolve("server.key"), server.getPrivateKeyPEM());
    Files.writeString(folder.resolve("root.crt"), root.getCertificatePEM());
  }

  /** {@return with what a gateway asks upstreams that show it} */
  SslContext upstreams() throws SSLException {
    return SslContextBuilder.forClient()
        .trustManager(root.getCertificate())
        .endpointIdentificationAlgorithm("HTTPS")
        .applicationProtocolConfig(UpstreamTls.PROTOCOLS)
        .build();
  }

  /** {@return what trusts it} */
  X509TrustManager trust() {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("root", root.getCertificate());
      var trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      return (X509TrustManager) trust.getTrustManagers()[0];
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** {@return what clients of Java trust it with} */
  SSLContext clients() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust()}, null);
      return context;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
