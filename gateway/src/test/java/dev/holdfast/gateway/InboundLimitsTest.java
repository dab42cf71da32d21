package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.Limits;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Versions, limits and clocks of what clients send: lines S12 and S13 of the checklist. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class InboundLimitsTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  // ---------------------------------------------------------------- S12

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PRI * HTTP/2.0~~SM~~",
        "PRI * HTTP/2.0~Host: localhost~~SM~~",
        "GET /v1/models HTTP/2.0~Host: localhost~~",
        "GET /v1/models HTTP/1.7~Host: localhost~~",
        "GET /v1/models HTTP/0.9~Host: localhost~~",
      })
  void s12NoOtherVersionIsSpokenInbound(String bytes) throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      assertThat(ChecklistTest.ask(gateway, bytes)).containsPattern("^HTTP/1\\.1 (?:400|505) ");
      assertThat(upstream.requests()).isEmpty();
    }
  }

  @Test
  void s12AnUpgradeToHttp2IsNotTakenAndNotPassedOn() throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      var response =
          RawClient.get(
              gateway.port(),
              "/v1/models",
              "Connection: Upgrade, HTTP2-Settings",
              "Upgrade: h2c",
              "HTTP2-Settings: AAMAAABkAAQAAP__");
      assertThat(response.status()).isEqualTo(200);
      assertThat(upstream.requests().getFirst())
          .doesNotContainIgnoringCase("upgrade")
          .doesNotContainIgnoringCase("http2-settings");
    }
  }

  // ---------------------------------------------------------------- S13

  @ParameterizedTest
  @CsvSource({
    "/v1/files, 1024, false, 200",
    "/v1/files, 1025, false, 413",
    "/v1/files, 1024, true, 200",
    "/v1/files, 1025, true, 413",
    "/v1/chat/completions, 1024, false, 200",
    "/v1/chat/completions, 1025, false, 413",
    "/v1/chat/completions, 1025, true, 413",
    "/v1/messages, 1025, true, 413",
  })
  void s13ABodyPastItsLimitIsRefused(String path, int bytes, boolean chunked, int status)
      throws IOException {
    var limits = Limits.DEFAULT.withBodyBytes(1024);
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway =
            Gateway.start(RelayTest.config(upstream, "openai-chat", "/v1").withLimits(limits));
        var client = new RawClient(gateway.port())) {
      String body = "{\"stream\":false," + " ".repeat(bytes - 17) + "}";
      client.send(
          "POST "
              + path
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + body.length())
              + "\r\n\r\n"
              + (chunked
                  ? Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n"
                  : body));
      var response = client.read("POST");
      assertThat(response.status()).as(response.text()).isEqualTo(status);
      if (status == 413) {
        assertThat(response.text()).contains("holdfast", "1024");
      }
    }
  }

  @Test
  void s13ABodyOfMoreThan32MiBIsRefusedBeforeItIsSent() throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1");
        var client = new RawClient(gateway.port())) {
      client.send("POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 33554433\r\n\r\n");
      var response = client.read("POST");
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.text()).contains("holdfast", "33554432");
      assertThat(upstream.requests()).isEmpty();
    }
  }

  /** One byte at a time keeps a connection busy, and no clock of silence runs out. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX: ",
        "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n",
      })
  void s13AClientThatDribblesIsEndedAndOthersAreServed(String begun) throws Exception {
    var limits =
        Limits.DEFAULT.withTimes(
            Duration.ofMillis(400), Duration.ofMillis(400), Duration.ofSeconds(60));
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              connection.getOutputStream().write(OK.getBytes(StandardCharsets.UTF_8));
              connection.shutdownOutput();
            });
        var gateway =
            Gateway.start(RelayTest.config(upstream, "openai-chat", "/v1").withLimits(limits))) {
      var ended = new CountDownLatch(20);
      for (int i = 0; i < 20; i++) {
        Thread.ofVirtual().start(() -> dribble(gateway.port(), begun, ended));
      }
      for (int i = 0; i < 10; i++) {
        assertThat(RawClient.get(gateway.port(), "/v1/models").status()).isEqualTo(200);
      }
      assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void dribble(int port, String begun, CountDownLatch ended) {
    try (var client = new RawClient(port)) {
      client.send(begun);
      while (client.stream().available() == 0) {
        client.send("a");
        LockSupport.parkNanos(20_000_000);
      }
      String answer = new String(client.rest(), StandardCharsets.UTF_8);
      if (answer.isEmpty() || answer.startsWith("HTTP/1.1 408 ")) {
        ended.countDown();
      }
    } catch (SocketException e) {
      ended.countDown(); // A byte came after the end, and the refusal was lost.
    } catch (IOException e) {
      // Not ended by the gateway: the test waits for it, and fails.
    }
  }

  @Test
  void s13AnEndlessHeadIsRefusedAtItsLimit() throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      for (String line : List.of("X: " + "a".repeat(100) + "~", "X-%d: a~", "\tfolded~")) {
        var head = new StringBuilder("GET /v1/models HTTP/1.1~Host: localhost~X: a~");
        for (int i = 0; head.length() < 40 << 10; i++) {
          head.append(line.replace("%d", "" + i));
        }
        assertThat(ChecklistTest.ask(gateway, head.toString()))
            .containsPattern("^HTTP/1\\.1 4(?:31|00) ");
      }
      assertThat(upstream.requests()).isEmpty();
    }
  }
}
