package dev.holdfast.blackbox.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.debug.StreamDebugger;
import dev.holdfast.observe.debug.wire.DebugRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that takes nothing but HTTP/2 over TLS, and says so in the handshake (RFC 7301). */
@Timeout(60)
class Http2OnlyTest {
  private static final String PASSWORD = "changeit";

  @TempDir Path folder;

  @Test
  void aRefusalInTheHandshakeIsNamed() throws Exception {
    try (var server =
        (SSLServerSocket)
            context()
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var serving = Thread.ofVirtual().start(() -> refuse(server));
      var uri = URI.create("https://127.0.0.1:" + server.getLocalPort() + "/v1/chat/completions");
      var report =
          StreamDebugger.builder()
              .build()
              .debugStream(DebugRequest.of(uri, "{\"stream\":true}", List.of()));
      serving.join();
      assertThat(report.cause()).isEqualTo(Cause.CONNECTION_FAILED);
      assertThat(report.diagnosis().main().name()).isEqualTo("http2-only");
      assertThat(report.diagnosis().main().evidence())
          .singleElement()
          .asString()
          .contains("no_application_protocol");
      assertThat(report.diagnosis().main().advice())
          .anyMatch(line -> line.contains("curl -sN -i --http2 "));
    }
  }

  private static void refuse(SSLServerSocket server) {
    try (var open = (SSLSocket) server.accept()) {
      // Null is the answer to what is not h2; the JDK then sends the alert.
      open.setHandshakeApplicationProtocolSelector(
          (socket, offered) -> offered.contains("h2") ? "h2" : null);
      open.startHandshake();
    } catch (IOException e) {
      // The handshake fails: that is what is tried here.
    }
  }

  private SSLContext context() throws Exception {
    Path store = folder.resolve("localhost.p12");
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "localhost",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    try (InputStream said = keytool.getInputStream()) {
      String output = new String(said.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).as(output).isTrue();
    }
    var keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}
