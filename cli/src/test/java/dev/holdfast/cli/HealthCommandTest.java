package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthCommandTest {
  private final Cli cli = new Cli();

  private Cli.Ran check(int port, String... more) {
    var arguments = new String[more.length + 3];
    arguments[0] = "health";
    arguments[1] = "--port";
    arguments[2] = Integer.toString(port);
    System.arraycopy(more, 0, arguments, 3, more.length);
    return cli.run(arguments);
  }

  private static Gateway gateway() {
    var config = GatewayConfig.DEFAULT;
    return Gateway.start(config.listeningAt(config.listen().address(), 0, 0));
  }

  @Test
  void aGatewayThatRunsIsHealthy() {
    try (var gateway = gateway()) {
      int port = gateway.management().getPort();
      var ran = check(port);
      assertThat(ran.err()).isEmpty();
      assertThat(ran.out()).isEqualTo("http://127.0.0.1:%d/healthz: HTTP/1.1 200 OK\n", port);
      assertThat(ran.code()).isZero();
      assertThat(check(port, "--ready").code()).isZero();
    }
  }

  @Test
  void aGatewayThatEndsIsHealthyAndNotReady() throws Exception {
    var config = GatewayConfig.DEFAULT;
    var listen = config.listen().at(config.listen().address(), 0, 0);
    var slow = config.withListen(listen.withAcceptAfterSignal(Duration.ofMinutes(1)));
    Thread draining;
    try (var gateway = Gateway.start(slow)) {
      int port = gateway.management().getPort();
      draining = Thread.ofVirtual().start(gateway::drain);
      while (check(port, "--ready").code() == 0) {
        Thread.onSpinWait();
      }
      assertThat(check(port, "--ready").err())
          .contains("/readyz: must answer 200, was HTTP/1.1 503");
      assertThat(check(port).code()).isZero();
    }
    draining.join();
  }

  @Test
  void withoutAGatewayItFails() throws IOException {
    try (var taken = Cli.takenPort()) {
      var ran = check(taken.getLocalPort());
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err())
          .isEqualTo(
              "holdfast health: http://127.0.0.1:%d/healthz: must answer 200, was no answer"
                  + " (ConnectException)\n",
              taken.getLocalPort());
      assertThat(check(taken.getLocalPort(), "--json").outLines().getFirst())
          .startsWith("{\"event\":\"health\",\"healthy\":false,\"url\":\"http://127.0.0.1:");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          another status    | HTTP/1.1 500 Oops~~ | HTTP/1.1 500 Oops
          no HTTP           | SSH-2.0-x~~         | SSH-2.0-x
          a status like 200 | HTTP/1.1 2000~~     | HTTP/1.1 2000
          an endless line   | HTTP/1.1 200x       | HTTP/1.1 200x
          """)
  void anythingElseIsNotHealthy(String name, String answer, String shown) throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var serving =
          Thread.ofVirtual()
              .start(() -> {
                try (var socket = server.accept()) {
                  String text = answer.replace("~", "\r\n");
                  byte[] bytes =
                      (text.contains("\n") ? text : text.repeat(99))
                          .getBytes(StandardCharsets.US_ASCII);
                  socket.getOutputStream().write(bytes);
                  socket.getInputStream().readNBytes(1);
                } catch (IOException e) {
                  // The command has left.
                }
              });
      var ran = check(server.getLocalPort());
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.err()).contains("must answer 200, was " + shown);
      serving.join();
    }
  }

  /** Silence is a failure, too; a second is the least that can be asked for. */
  @Test
  void silenceIsNotHealthy() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var ran = check(server.getLocalPort(), "--timeout", "1");
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.err()).contains("was no answer in 1 s");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --port    | 0          | --port: must be 1 to 65535, was 0
          --timeout | 0          | --timeout: must be 1 to 60, was 0
          --host    | no.invalid | --host: must be an address of this machine, was no.invalid
          """)
  void badInputIsNamed(String option, String content, String sentence) {
    var ran = cli.run("health", option, content);
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).isEqualTo("holdfast health: " + sentence + "\n");
  }
}
