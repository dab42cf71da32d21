package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS on both sides: who is trusted, what is refused, and what the operator reads of it. */
@Timeout(120)
class TlsTest {
  private static final X509Bundle ROOT = root("CN=Root of the tests");

  private static X509Bundle root(String subject) {
    return made(() ->
        new CertificateBuilder()
            .ecp256()
            .subject(subject)
            .setIsCertificateAuthority(true)
            .buildSelfSigned());
  }

  private static CertificateBuilder of(String name) {
    return new CertificateBuilder().ecp256().subject("CN=" + name).addSanDnsName(name);
  }

  private static X509Bundle issued(CertificateBuilder builder, X509Bundle issuer) {
    return made(() -> builder.buildIssuedBy(issuer));
  }

  private interface Maker<T> {
    T make() throws Exception;
  }

  private static <T> T made(Maker<T> maker) {
    try {
      return maker.make();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  // ---------------------------------------------------------------- upstreams

  /** An upstream that answers each connection once. */
  private static final class TlsUpstream implements Closeable {
    private final SSLServerSocket server;
    private final List<String> sessions = new CopyOnWriteArrayList<>();

    TlsUpstream(X509Bundle bundle, String... protocols) throws IOException {
      var context =
          made(() -> {
            var made = SSLContext.getInstance("TLS");
            made.init(bundle.toKeyManagerFactory().getKeyManagers(), null, null);
            return made;
          });
      server =
          (SSLServerSocket)
              context
                  .getServerSocketFactory()
                  .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
      if (protocols.length > 0) {
        server.setEnabledProtocols(protocols);
      }
      Thread.ofPlatform().daemon().start(this::accept);
    }

    private void accept() {
      while (!server.isClosed()) {
        try (var connection = (SSLSocket) server.accept()) {
          connection.startHandshake();
          sessions.add(HexFormat.of().formatHex(connection.getSession().getId()));
          var head = new StringBuilder();
          while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) connection.getInputStream().read());
          }
          connection
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                      .getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
          // A handshake that the client refused, or the end.
        }
      }
    }

    @Override
    public void close() {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Gateway before(TlsUpstream upstream) throws SSLException {
    Leaks.watch();
    var config =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    UpstreamConfig.parse(
                        "openai-chat=https://localhost:" + upstream.server.getLocalPort() + "/v1")))
            .withDrain(Duration.ZERO);
    return Gateway.builder(config)
        .tls(SslContextBuilder.forClient().trustManager(ROOT.getCertificate()).build())
        .start();
  }

  private static RawClient.Response askThrough(X509Bundle bundle) throws IOException {
    try (var upstream = new TlsUpstream(bundle);
        var gateway = before(upstream)) {
      return RawClient.get(gateway.port(), "/v1/models");
    }
  }

  @Test
  void aCertificateOfATrustedAuthorityForTheNameIsGood() throws IOException {
    assertThat(askThrough(issued(of("localhost"), ROOT)).text()).isEqualTo("ok");
  }

  @Test
  void anotherNameIsRefused() throws IOException {
    assertThat(askThrough(issued(of("other.example"), ROOT)))
        .satisfies(response -> assertThat(response.status()).isEqualTo(502))
        .satisfies(response ->
            assertThat(response.text()).contains("the certificate is for another name"));
  }

  @Test
  void anExpiredCertificateIsRefused() throws IOException {
    var old =
        of("localhost")
            .notBefore(Instant.now().minus(Duration.ofDays(20)))
            .notAfter(Instant.now().minus(Duration.ofDays(10)));
    assertThat(askThrough(issued(old, ROOT)).text()).contains("the certificate has expired");
  }

  @Test
  void anUnknownAuthorityIsRefused() throws IOException {
    var other = root("CN=Another root");
    assertThat(askThrough(issued(of("localhost"), other)).text())
        .contains("the certificate is not trusted");
  }

  /** No retry mends a certificate, so none is asked for. */
  @Test
  void aRefusedCertificateInvitesNoRetry() throws IOException {
    assertThat(askThrough(issued(of("other.example"), ROOT)).header("retry-after")).isEmpty();
  }

  @Test
  void sessionsAreResumed() throws IOException {
    try (var upstream = new TlsUpstream(issued(of("localhost"), ROOT), "TLSv1.2");
        var gateway = before(upstream)) {
      RawClient.get(gateway.port(), "/v1/models");
      RawClient.get(gateway.port(), "/v1/models");
      assertThat(upstream.sessions).hasSize(2);
      assertThat(upstream.sessions.get(1)).isNotEmpty().isEqualTo(upstream.sessions.get(0));
    }
  }

  // ---------------------------------------------------------------- clients

  @TempDir Path folder;

  private static void write(X509Bundle bundle, Path certificate, Path key) throws IOException {
    Files.writeString(certificate, bundle.getCertificatePathPEM());
    Files.writeString(key, bundle.getPrivateKeyPEM());
  }

  private static SSLSocket connect(int port, String... protocols) throws IOException {
    var socket =
        (SSLSocket)
            made(
                    () -> {
                      var store = KeyStore.getInstance(KeyStore.getDefaultType());
                      store.load(null, null);
                      store.setCertificateEntry("root", ROOT.getCertificate());
                      var trust = TrustManagerFactory.getInstance("PKIX");
                      trust.init(store);
                      var context = SSLContext.getInstance("TLS");
                      context.init(null, trust.getTrustManagers(), null);
                      return context;
                    })
                .getSocketFactory()
                .createSocket("localhost", port);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  private Gateway serving(FaultServer upstream, X509Bundle bundle) throws IOException {
    Leaks.watch();
    write(bundle, folder.resolve("server.crt"), folder.resolve("server.key"));
    var config =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    UpstreamConfig.parse("openai-chat=" + upstream.baseUrl(Protocol.OPENAI_CHAT))))
            .withDrain(Duration.ZERO);
    return Gateway.builder(config)
        .tls(folder.resolve("server.crt"), folder.resolve("server.key"))
        .start();
  }

  private static String ask(SSLSocket socket) throws IOException {
    try (var client = new RawClient(socket)) {
      client.send(
          RawClient.request("POST", "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT)));
      var response = client.read("POST");
      assertThat(response.whole()).isTrue();
      return response.text();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void clientsAreServedByTls(String protocol) throws IOException {
    try (var upstream = FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).start();
        var gateway = serving(upstream, issued(of("localhost"), ROOT))) {
      assertThat(gateway.uri()).hasScheme("https");
      assertThat(ask(connect(gateway.port(), protocol))).contains("[DONE]");
    }
  }

  @Test
  void plainRequestsToATlsPortGetNothing() throws IOException {
    try (var upstream = FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).start();
        var gateway = serving(upstream, issued(of("localhost"), ROOT));
        var client = new RawClient(gateway.port())) {
      client.send(RawClient.request("GET", "/v1/models", ""));
      String got = new String(client.stream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(got).doesNotContain("HTTP/");
    }
  }

  /** A refusal that ends the connection arrives whole although the body was not read. */
  @Test
  void aRefusalByTlsArrivesWhole() throws IOException {
    try (var upstream = FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).start();
        var gateway = serving(upstream, issued(of("localhost"), ROOT));
        var client = new RawClient(connect(gateway.port()))) {
      client.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n"
              + "\r\n{\"a\":");
      assertThat(client.read("POST").status()).isEqualTo(413);
      assertThat(client.stream().read()).isEqualTo(-1);
    }
  }

  @Test
  void anotherCertificateIsTakenWhileStreamsContinue() throws Exception {
    try (var upstream = FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).start();
        var gateway = serving(upstream, issued(of("localhost"), ROOT));
        var before = connect(gateway.port())) {
      before.startHandshake();
      var renewed = issued(of("localhost"), ROOT);
      write(renewed, folder.resolve("server.crt"), folder.resolve("server.key"));
      gateway.reloadTls();
      try (var after = connect(gateway.port())) {
        after.startHandshake();
        assertThat(serial(after)).isEqualTo(renewed.getCertificate().getSerialNumber().toString());
        assertThat(serial(before)).isNotEqualTo(serial(after));
      }
      assertThat(ask(before)).contains("[DONE]");
      Files.writeString(folder.resolve("server.key"), "no key");
      assertThatThrownBy(gateway::reloadTls)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("tls.key: must hold a private key in PEM, as PKCS #8 without");
      assertThat(ask(connect(gateway.port()))).contains("[DONE]");
    }
  }

  private static String serial(SSLSocket socket) throws IOException, GeneralSecurityException {
    return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
        .getSerialNumber()
        .toString();
  }

  @Test
  void aMissingFileIsNamed() {
    Path missing = folder.resolve("missing.crt");
    assertThatThrownBy(() -> Gateway.builder(GatewayConfig.DEFAULT).tls(missing, missing))
        .hasMessage("tls.certificate: must be a file that can be read, was " + missing);
  }
}
