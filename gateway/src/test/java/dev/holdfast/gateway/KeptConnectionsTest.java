package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.netty.upstream.PoolSettings;
import dev.holdfast.testkit.fault.Protocol;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which connections to upstreams serve a second request, and what becomes of one that is dead. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class KeptConnectionsTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final PoolSettings PATIENT =
      new PoolSettings(8, Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5));

  private static Gateway before(KeptUpstream upstream, PoolSettings kept) {
    Leaks.watch();
    var config =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    UpstreamConfig.parse(
                        "openai-chat=http://127.0.0.1:" + upstream.port() + "/v1")))
            .withDrain(Duration.ZERO);
    return Gateway.builder(config).threads(1).kept(kept).start();
  }

  private static int get(Gateway gateway) throws IOException {
    return RawClient.get(gateway.port(), "/v1/models").status();
  }

  private static String stream(boolean whole) {
    String chunk =
        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
            + "\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}";
    String body =
        "data: "
            + chunk.formatted("{\"role\":\"assistant\",\"content\":\"one word\"}", "null")
            + "\n\ndata: "
            + chunk.formatted("{}", "\"stop\"")
            + "\n\ndata: [DONE]\n\n";
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + Integer.toHexString(body.length())
        + "\r\n"
        + body
        + "\r\n"
        + (whole ? "0\r\n\r\n" : "");
  }

  @Test
  void oneConnectionServesManyRequests() throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, OK);
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      for (int i = 0; i < 5; i++) {
        assertThat(get(gateway)).isEqualTo(200);
      }
      assertThat(upstream.seen()).containsExactly("1.1", "1.2", "1.3", "1.4", "1.5");
    }
  }

  /** The machine is done at [DONE]; the last chunk may come in the same read, or later. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStreamThatIsWholeLeavesItsConnection(boolean together) throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, stream(together));
              if (!together) {
                KeptUpstream.write(out, "0\r\n\r\n");
              }
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      for (int i = 0; i < 3; i++) {
        var response =
            RawClient.post(gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
        assertThat(response.text()).contains("one word", "[DONE]");
      }
      assertThat(upstream.seen()).hasSize(3).contains("1.1");
      if (together) {
        assertThat(upstream.seen()).containsExactly("1.1", "1.2", "1.3");
      }
    }
  }

  /** An upstream that never ends the framing of a whole answer is not waited for. */
  @Test
  void anEndThatDoesNotComeClosesTheConnection() throws Exception {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, stream(false));
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      var response =
          RawClient.post(gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
      assertThat(response.whole()).isTrue();
      assertThat(upstream.awaitFirstGone(30_000)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK~Content-Length: 2~Connection: close~~ok",
        "HTTP/1.0 200 OK~Content-Length: 2~~ok",
        "HTTP/1.1 200 OK~Content-Length: 2~~okHTTP/1.1 200 OK~Content-Length: 3~~bad",
        "HTTP/1.1 200 OK~Content-Length: 9~Transfer-Encoding: chunked~~2~ok~0~~",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        "HTTP/1.1 408 Late~Content-Length: 0~~",
      })
  void anOddEndIsNeverFollowedByAnotherRequest(String response) throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, response.replace("~", "\r\n"));
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      get(gateway);
      get(gateway);
      assertThat(upstream.seen()).containsExactly("1.1", "2.1");
    }
  }

  @Test
  void aResponseBeforeTheEndOfTheRequestEndsTheConnection() throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, OK);
              return true;
            });
        var gateway = before(upstream, PATIENT);
        var client = new RawClient(gateway.port())) {
      // The upstream takes a request without a length for one without a body.
      client.send(
          "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab");
      assertThat(client.read("POST").status()).isEqualTo(200);
      assertThat(get(gateway)).isEqualTo(200);
      assertThat(upstream.seen()).containsExactly("1.1", "2.1");
    }
  }

  /** What could be sent again is sent again, once, on a new connection. */
  @Test
  void aDeadConnectionIsNotTheClientsBusiness() throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              if (connection == 1 && request == 2) {
                return false;
              }
              KeptUpstream.write(out, OK);
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      assertThat(get(gateway)).isEqualTo(200);
      assertThat(get(gateway)).isEqualTo(200);
      assertThat(upstream.seen()).containsExactly("1.1", "1.2", "2.1");
    }
  }

  @Test
  void itIsSentAgainOnlyOnce() throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              if (connection == 1 && request == 1) {
                KeptUpstream.write(out, OK);
                return true;
              }
              return false;
            });
        var gateway = before(upstream, PATIENT)) {
      assertThat(get(gateway)).isEqualTo(200);
      assertThat(get(gateway)).isEqualTo(502);
      assertThat(upstream.seen()).containsExactly("1.1", "1.2", "2.1");
    }
  }

  /** The upstream may have worked on it. */
  @Test
  void aRequestWhoseBodyIsGoneIsNotSentAgain() throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              if (connection == 1 && request == 2) {
                return false;
              }
              KeptUpstream.write(out, OK);
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      assertThat(get(gateway)).isEqualTo(200);
      assertThat(RawClient.post(gateway.port(), "/v1/files", "{}").status()).isEqualTo(502);
      assertThat(upstream.seen()).containsExactly("1.1", "1.2");
    }
  }

  /** So it does not take a connection that may be dead. */
  @Test
  void aRequestThatCannotBeSentAgainTakesAYoungConnection() throws IOException {
    var settings = new PoolSettings(8, Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ZERO);
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, OK);
              return true;
            });
        var gateway = before(upstream, settings)) {
      assertThat(get(gateway)).isEqualTo(200);
      assertThat(RawClient.post(gateway.port(), "/v1/files", "{}").status()).isEqualTo(200);
      assertThat(upstream.seen()).containsExactly("1.1", "2.1");
    }
  }

  @Test
  void aByteOfAResponseForbidsSendingAgain() throws IOException {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, request == 1 ? OK : "H");
              return request == 1;
            });
        var gateway = before(upstream, PATIENT)) {
      assertThat(get(gateway)).isEqualTo(200);
      assertThat(get(gateway)).isEqualTo(502);
      assertThat(upstream.seen()).containsExactly("1.1", "1.2");
    }
  }

  @Test
  void idleConnectionsAreClosedInTime() throws Exception {
    var settings =
        new PoolSettings(8, Duration.ofMillis(50), Duration.ofMinutes(5), Duration.ofMinutes(5));
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, OK);
              return true;
            });
        var gateway = before(upstream, settings)) {
      get(gateway);
      assertThat(upstream.awaitFirstGone(30_000)).isTrue();
    }
  }

  /** uvicorn and Node close after 5 s, and say so. */
  @Test
  void theUpstreamsOwnTimeIsKept() throws Exception {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(
                  out, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok");
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      get(gateway);
      assertThat(upstream.awaitFirstGone(30_000)).isTrue();
    }
  }

  @Test
  void bytesWithoutARequestEndTheConnection() throws Exception {
    try (var upstream =
            new KeptUpstream((connection, request, out) -> {
              KeptUpstream.write(out, OK);
              java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
              KeptUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad");
              return true;
            });
        var gateway = before(upstream, PATIENT)) {
      get(gateway);
      assertThat(upstream.awaitFirstGone(30_000)).isTrue();
      assertThat(RawClient.get(gateway.port(), "/v1/models").text()).isEqualTo("ok");
    }
  }
}
