package dev.holdfast.benchmarks.gateway;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * A certificate for {@code localhost} in a folder, made by {@code keytool} of the JDK. All sides of
 * a run show or trust it.
 */
final class BenchCertificate {
  private static final String PASSWORD = "changeit";
  private static final String ALIAS = "bench";
  private static final ApplicationProtocolConfig PROTOCOLS =
      new ApplicationProtocolConfig(
          ApplicationProtocolConfig.Protocol.ALPN,
          ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
          ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2,
          ApplicationProtocolNames.HTTP_1_1);

  private BenchCertificate() {}

  /** Makes one, with its key, as PEM files and as a store of trusted certificates. */
  static void create(Path folder) throws IOException, InterruptedException {
    Path made = folder.resolve("made.p12");
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "30",
                "-alias",
                ALIAS,
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                made.toString())
            .inheritIO()
            .start();
    if (keytool.waitFor() != 0) {
      throw new IOException("keytool: must make a certificate, did not");
    }
    try {
      var store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(made)) {
        store.load(in, PASSWORD.toCharArray());
      }
      var certificate = store.getCertificate(ALIAS);
      byte[] key = store.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded();
      Files.writeString(certificate(folder), pem("CERTIFICATE", certificate.getEncoded()));
      Files.writeString(key(folder), pem("PRIVATE KEY", key));
      var trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry(ALIAS, certificate);
      try (OutputStream out = Files.newOutputStream(trusted(folder))) {
        trusted.store(out, PASSWORD.toCharArray());
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("certificate: must be readable, was not", e);
    }
  }

  private static String pem(String kind, byte[] bytes) {
    String text =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(bytes);
    return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
  }

  static Path certificate(Path folder) {
    return folder.resolve("server.crt");
  }

  static Path key(Path folder) {
    return folder.resolve("server.key");
  }

  private static Path trusted(Path folder) {
    return folder.resolve("trusted.p12");
  }

  /** {@return options of a JVM that trusts it} */
  static List<String> trusting(Path folder) {
    return List.of(
        "-Djavax.net.ssl.trustStore=" + trusted(folder),
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        "-Djavax.net.ssl.trustStorePassword=" + PASSWORD);
  }

  /** {@return what a server shows it with; HTTP/2 where the client offers it} */
  static SslContext server(Path folder) throws SSLException {
    return SslContextBuilder.forServer(certificate(folder).toFile(), key(folder).toFile())
        .applicationProtocolConfig(PROTOCOLS)
        .build();
  }

  /** {@return what a client trusts it with that offers HTTP/2} */
  static SslContext client(Path folder) throws SSLException {
    return SslContextBuilder.forClient()
        .trustManager(certificate(folder).toFile())
        .applicationProtocolConfig(PROTOCOLS)
        .build();
  }
}
