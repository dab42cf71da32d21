package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.ManagementConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which clients the management port serves, and the order of an end. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class ManagementTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String TOKEN = GatewayKey.create(new SecureRandom());

  private static Gateway gateway(ScriptedUpstream upstream, ManagementConfig management) {
    var config = RelayTest.config(upstream, "openai-chat", "/v1");
    return Gateway.start(config.withListen(config.listen().withManagement(management)));
  }

  private static ManagementConfig everywhere(String sha256, boolean open) throws IOException {
    return new ManagementConfig(
        InetAddress.getByName("0.0.0.0"), 0, Set.of("metrics.internal"), sha256, open);
  }

  @Test
  void s1OtherMachinesAreServedByADecisionOnly() throws IOException {
    assertThatThrownBy(() -> everywhere("", false))
        .hasMessage(
            "managementHost: must be a loopback address without managementSha256 or"
                + " managementOpen: true, was 0.0.0.0");
    assertThatThrownBy(() -> everywhere(GatewayKey.hash(TOKEN), true))
        .hasMessageStartingWith("managementOpen: must not be true beside managementSha256");
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = gateway(upstream, everywhere("", true))) {
      assertThat(RawClient.get(gateway.management().getPort(), "/metrics").status()).isEqualTo(200);
    }
  }

  /** Every path that the port serves, and one that it does not. */
  @ParameterizedTest
  @CsvSource({
    "GET, /healthz, 200, 200",
    "GET, /readyz, 200, 200",
    "GET, /metrics, 401, 200",
    "GET, /, 401, 200",
    "GET, /report, 401, 200",
    "GET, /history, 401, 400",
    "GET, /streams, 401, 200",
    "GET, /nothing, 401, 404",
    "POST, /reload, 401, 422",
    "GET, /reload, 401, 405",
    "POST, /healthz, 401, 405",
  })
  void s4EveryPathButTheProbesNeedsTheToken(String method, String path, int without, int with)
      throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = gateway(upstream, everywhere(GatewayKey.hash(TOKEN), false))) {
      int port = gateway.management().getPort();
      var refused = ask(port, method, path);
      assertThat(refused.status()).isEqualTo(without);
      assertThat(refused.header("www-authenticate").isEmpty()).isEqualTo(without != 401);
      assertThat(ask(port, method, path, "Authorization: Bearer " + TOKEN).status())
          .isEqualTo(with);
      String basic =
          Base64.getEncoder().encodeToString(("any:" + TOKEN).getBytes(StandardCharsets.UTF_8));
      assertThat(ask(port, method, path, "Authorization: Basic " + basic).status()).isEqualTo(with);
      assertThat(upstream.requests()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer ",
        "Bearer HASH",
        "Bearer TOKENx",
        "Digest TOKEN",
        "TOKEN",
        "Basic TOKEN",
        "Basic ====",
        "Bearer TOKEN TOKEN",
      })
  void s2NoOtherTokenIsTaken(String content) throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = gateway(upstream, everywhere(GatewayKey.hash(TOKEN), false))) {
      String sent = content.replace("TOKEN", TOKEN).replace("HASH", GatewayKey.hash(TOKEN));
      var response =
          RawClient.get(gateway.management().getPort(), "/metrics", "Authorization: " + sent);
      assertThat(response.status()).isEqualTo(401);
      assertThat(response.text()).doesNotContain(TOKEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, 200",
    "127.0.0.1, 200",
    "metrics.internal, 200",
    "evil.example, 403",
    "10.1.2.3, 403",
    "metrics.internal.evil.example, 403",
  })
  void s17ThePortAnswersUnderItsOwnNamesAlone(String host, int status) throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = gateway(upstream, everywhere("", true));
        var client = new RawClient(gateway.management().getPort())) {
      client.send("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      var response = client.read("GET");
      assertThat(response.status()).isEqualTo(status);
      assertThat(response.headers().keySet()).noneMatch(name -> name.startsWith("access-control"));
    }
  }

  @ParameterizedTest
  @CsvSource({"Origin: http://evil.example", "Sec-Fetch-Site: cross-site"})
  void s17NoPageOfAnotherOriginReloads(String header) throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = gateway(upstream, ManagementConfig.DEFAULT)) {
      assertThat(ask(gateway.management().getPort(), "POST", "/reload", header).status())
          .isEqualTo(403);
    }
  }

  private static RawClient.Response ask(int port, String method, String path, String... headers)
      throws IOException {
    try (var client = new RawClient(port)) {
      client.send(RawClient.request(method, path, "", headers));
      return client.read(method);
    }
  }

  @Test
  void readinessFailsBeforeTheLastRequestsAreAccepted() throws Exception {
    try (var upstream = ScriptedUpstream.answering(OK)) {
      var config = RelayTest.config(upstream, "openai-chat", "/v1");
      Thread ending;
      int clients;
      try (var gateway =
          Gateway.start(
              config.withListen(config.listen().withAcceptAfterSignal(Duration.ofHours(1))))) {
        ending = Thread.ofPlatform().daemon().start(gateway::drain);
        clients = gateway.port();
        int port = gateway.management().getPort();
        while (RawClient.get(port, "/readyz").status() == 200) {
          Thread.onSpinWait();
        }
        assertThat(RawClient.get(port, "/metrics").text()).contains("holdfast_gateway_ready 0\n");
        assertThat(RawClient.get(port, "/healthz").status()).isEqualTo(200);
        assertThat(RawClient.get(clients, "/v1/models").status()).isEqualTo(200);
      }
      assertThat(ending.join(Duration.ofSeconds(60))).isTrue();
      assertThatThrownBy(() -> RawClient.get(clients, "/v1/models"))
          .isInstanceOf(IOException.class);
    }
  }
}
