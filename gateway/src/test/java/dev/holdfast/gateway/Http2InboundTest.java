package dev.holdfast.gateway;

import static dev.holdfast.gateway.Http2RawClient.END_HEADERS;
import static dev.holdfast.gateway.Http2RawClient.END_STREAM;
import static dev.holdfast.gateway.Http2RawClient.HEADERS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.gateway.config.Limits;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.transport.BusySecond;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that speak HTTP/2, frame by frame: the same answers as over HTTP/1.1. */
@Tag("slow")
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class Http2InboundTest {
  private static final Protocol CHAT = Protocol.OPENAI_CHAT;
  private static final int NO_ERROR = 0;
  private static final int PROTOCOL_ERROR = 1;
  private static final int INTERNAL_ERROR = 2;
  private static final int CANCEL = 8;
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @TempDir private Path folder;

  private static FaultServer faults(String... faults) {
    return FaultServer.builder()
        .answer(Answer.ofText(Rig.TEXT))
        .script(faults.length == 0 ? Script.healthy() : Script.of(faults))
        .start();
  }

  private static void isWhole(Protocol protocol, Http2RawClient client, int stream)
      throws InterruptedException {
    assertThat(client.awaitStatus(stream)).as(client.text(stream)).isEqualTo(200);
    assertThat(client.awaitWhole(stream)).isTrue();
    var reading = Reading.of(protocol.id(), client.body(stream));
    assertThat(reading.text()).isEqualTo(Rig.TEXT);
    assertThat(reading.verdict()).as(client.text(stream)).isEqualTo("COMPLETE");
  }

  private static void ask(Http2RawClient client, int stream, Protocol protocol) throws Exception {
    client.request(stream, "POST", Rig.path(protocol), false, "content-type", "application/json");
    client.data(stream, Rig.body(protocol), true);
  }

  // ---------------------------------------------------------------- streams

  static Stream<Protocol> fronts() {
    return StreamsTest.fronts();
  }

  @ParameterizedTest
  @MethodSource("fronts")
  void streamsArriveWholeManyOnAConnection(Protocol protocol) throws Exception {
    try (var upstream = faults();
        var front = Http2Front.before(folder, upstream, protocol);
        var client = front.client()) {
      for (int i = 0; i < 40; i++) {
        ask(client, 1 + 2 * i, protocol);
      }
      for (int i = 0; i < 40; i++) {
        isWhole(protocol, client, 1 + 2 * i);
      }
      assertThat(client.header(1, "connection")).isEmpty();
      assertThat(client.header(1, "transfer-encoding")).isEmpty();
    }
  }

  @Test
  @SuppressWarnings("try") // The log is whole once the gateway is closed.
  void theLogNamesTheVersionOfEachSide() throws Exception {
    try (var upstream = faults();
        var front = Http2Front.before(folder, upstream, CHAT)) {
      try (var client = front.client()) {
        ask(client, 1, CHAT);
        isWhole(CHAT, client, 1);
      }
      front.gateway.close();
      assertThat(front.log)
          .singleElement()
          .asString()
          .contains("\"http\":\"h2\"", "\"upstream_http\":\"http/1.1\"");
    }
  }

  static Stream<Arguments> cuts() {
    return StreamsTest.cuts();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cuts")
  void aCutIsHealed(Protocol protocol, String fault) throws Exception {
    try (var upstream = faults(fault, fault);
        var front = Http2Front.before(folder, upstream, protocol);
        var client = front.client()) {
      ask(client, 1, protocol);
      isWhole(protocol, client, 1);
      assertThat(upstream.received().size()).isGreaterThan(1);
    }
  }

  @Test
  void inASilenceThereAreSignsOfLife() throws Exception {
    var little = Duration.ofMillis(100);
    try (var upstream = faults("stall@token=3,for=1h");
        var front =
            Http2Front.before(
                folder, upstream, CHAT, config -> config.withSignsOfLife(little, little));
        var client = front.client()) {
      ask(client, 1, CHAT);
      assertThat(client.awaitText(1, ": keep-alive\n\n: keep-alive\n\n")).isTrue();
    }
  }

  /** Some clients of Chat read no error: a reset they cannot take for the end. */
  @Test
  void aStreamThatFailsIsReset() throws Exception {
    try (var upstream = faults("cut-fin@token=5");
        var front =
            Http2Front.before(
                folder,
                upstream,
                CHAT,
                config -> config.withPolicy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE)));
        var client = front.client()) {
      ask(client, 1, CHAT);
      assertThat(client.awaitReset(1)).isEqualTo(INTERNAL_ERROR);
      assertThat(client.text(1)).contains("\"error\"").doesNotContain("[DONE]");
      ask(client, 3, CHAT);
      assertThat(client.awaitStatus(3)).isEqualTo(200);
    }
  }

  // ---------------------------------------------------------------- clients that leave

  @ParameterizedTest
  @CsvSource({
    "stall@head, before the head",
    "stall@token=0, after the head",
    "stall@token=5, within the answer"
  })
  void aResetEndsTheGenerationAndNoOther(String fault, String phase) throws Exception {
    try (var upstream =
            faults(fault + (fault.endsWith("head") ? "" : ",for=1h"), "slow@delay=5ms");
        var front = Http2Front.before(folder, upstream, CHAT);
        var client = front.client()) {
      ask(client, 1, CHAT);
      if (fault.endsWith("=5")) {
        assertThat(client.awaitText(1, "content")).as(phase).isTrue();
      }
      while (upstream.underWay() == 0) {
        Thread.onSpinWait();
      }
      client.reset(1, CANCEL);
      assertThat(upstream.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
      ask(client, 3, CHAT); // The next attempt of the script.
      isWhole(CHAT, client, 3);
    }
  }

  @Test
  void aConnectionThatEndsEndsAllOfItsGenerations() throws Exception {
    try (var upstream = faults("stall@token=5,for=1h", "stall@token=5,for=1h");
        var front = Http2Front.before(folder, upstream, CHAT)) {
      try (var client = front.client()) {
        for (int i = 0; i < 5; i++) {
          client.chat(1 + 2 * i, Rig.body(CHAT).replace("What", i + " what"));
          assertThat(client.awaitText(1 + 2 * i, "content")).isTrue();
        }
      }
      assertThat(upstream.awaitEnded(5, Duration.ofSeconds(30))).isTrue();
      assertThat(upstream.received()).hasSize(5);
    }
  }

  // ---------------------------------------------------------------- pace

  @Test
  void aClientThatGivesNoWindowHoldsTheUpstreamBack() throws Exception {
    long whole = 64L << 20;
    var written = new AtomicLong();
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              var out = connection.getOutputStream();
              out.write(
                  ("HTTP/1.1 200 OK\r\nContent-Length: " + whole + "\r\n\r\n")
                      .getBytes(StandardCharsets.US_ASCII));
              byte[] part = new byte[1 << 14];
              while (written.get() < whole) {
                out.write(part);
                written.addAndGet(part.length);
              }
            });
        var front = Http2Front.before(folder, upstream);
        var client = front.client()) {
      client.givesWindows(false);
      client.request(1, "GET", "/v1/files/f/content", true);
      assertThat(client.awaitStatus(1)).isEqualTo(200);
      assertThat(BusySecond.settled(written::get)).isBetween(1L, 32L << 20);
      assertThat(client.body(1)).hasSize(65_535);
      client.reset(1, CANCEL);
      assertThat(upstream.awaitGone(30_000)).isTrue();
    }
  }

  // ---------------------------------------------------------------- requests

  @Test
  void whatARequestIsArrivesAndSoDoesItsResponse() throws Exception {
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 201 Made\r\nX-New: 1\r\nKeep-Alive: timeout=5\r\nConnection: X-Hop\r\n"
                    + "X-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 7\r\n\r\n");
        var front = Http2Front.before(folder, upstream);
        var client = front.client()) {
      client.request(
          1, "PUT", "/v1/files/a%2Fb?c=%20&d", false, "x-codex-new", "Yes", "cookie", "a=b");
      client.data(1, "upload", true);
      assertThat(client.awaitWhole(1)).isTrue();
      assertThat(client.header(1, ":status")).isEqualTo("201");
      assertThat(client.header(1, "x-new")).isEqualTo("1");
      assertThat(client.header(1, "x-sum")).isEqualTo("7");
      assertThat(client.text(1)).isEqualTo("body");
      for (String name : new String[] {"keep-alive", "connection", "x-hop", "transfer-encoding"}) {
        assertThat(client.header(1, name)).as(name).isEmpty();
      }
      assertThat(upstream.requests().getFirst())
          .startsWith("PUT /v1/files/a%2Fb?c=%20&d HTTP/1.1\r\n")
          .containsIgnoringCase("x-codex-new: Yes\r\n")
          .containsIgnoringCase("host: 127.0.0.1:" + upstream.port() + "\r\n")
          .containsIgnoringCase("transfer-encoding: chunked\r\n")
          .doesNotContainIgnoringCase("cookie")
          .contains("6\r\nupload\r\n0\r\n");
    }
  }

  @Test
  void aHeadHasNoBodyAndAnEmptyResponseNone() throws Exception {
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              String status = request.contains("/304") ? "304 Same" : "200 OK";
              String length = request.contains("/304") ? "" : "Content-Length: 77\r\n";
              connection
                  .getOutputStream()
                  .write(
                      ("HTTP/1.1 " + status + "\r\n" + length + "\r\n")
                          .getBytes(StandardCharsets.UTF_8));
              connection.shutdownOutput();
            });
        var front = Http2Front.before(folder, upstream);
        var client = front.client()) {
      client.request(1, "HEAD", "/v1/models", true);
      assertThat(client.awaitWhole(1)).isTrue();
      assertThat(client.header(1, "content-length")).isEqualTo("77");
      assertThat(client.body(1)).isEmpty();
      client.request(3, "GET", "/v1/304", true);
      assertThat(client.awaitWhole(3)).isTrue();
      assertThat(client.header(3, ":status")).isEqualTo("304");
      client.request(5, "HEAD", "/api/hello", true);
      assertThat(client.awaitStatus(5)).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/../secret, localhost, 400",
    "GET, /v1//models, localhost, 400",
    "GET, /v1/%2e%2e/models, localhost, 400",
    "GET, /v1/models, evil.example, 421",
    "GET, /unknown/path, localhost, 404",
    "TRACE, /v1/models, localhost, 405",
    "POST, /v1/streams/unknown, localhost, 404",
  })
  void aRefusalIsTheSameAsOverHttp11(String method, String path, String host, int status)
      throws Exception {
    try (var upstream = ScriptedUpstream.answering("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        var front = Http2Front.before(folder, upstream);
        var http1 = front.http1();
        var client = front.client()) {
      http1.send("%s %s HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(method, path, host));
      var expected = http1.read(method);
      client.frame(
          HEADERS,
          END_HEADERS | END_STREAM,
          1,
          client.block(":method", method, ":scheme", "https", ":authority", host, ":path", path));
      assertThat(client.awaitStatus(1)).isEqualTo(status).isEqualTo(expected.status());
      assertThat(client.awaitWhole(1)).isTrue();
      assertThat(client.header(1, "x-holdfast-refusal"))
          .isEqualTo(expected.header("x-holdfast-refusal"));
      assertThat(client.text(1)).isEqualTo(expected.text());
      client.request(3, "GET", "/v1/models", true); // The connection serves on.
      assertThat(client.awaitStatus(3)).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @CsvSource({"/v1/files", "/v1/chat/completions"})
  void aBodyPastItsLimitIsRefused(String path) throws Exception {
    try (var upstream = ScriptedUpstream.answering(OK);
        var front =
            Http2Front.before(
                folder, upstream, config -> config.withLimits(Limits.DEFAULT.withBodyBytes(1024)));
        var client = front.client()) {
      client.request(1, "POST", path, false, "content-length", "1025");
      assertThat(client.awaitStatus(1)).isEqualTo(413);
      assertThat(client.awaitReset(1)).isEqualTo(NO_ERROR); // The rest is not wanted.
      client.request(3, "POST", path, false);
      client.data(3, "x".repeat(1025), false);
      assertThat(client.awaitStatus(3)).isEqualTo(413);
      assertThat(client.awaitWhole(3)).isTrue();
      assertThat(client.text(3)).contains("holdfast", "1024");
    }
  }

  /** Two servers could read them differently, or one of them as two requests. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a name in capitals | X-Bad=1",
        "a field of one connection | connection=close",
        "another one | transfer-encoding=chunked",
        "an upgrade | upgrade=websocket",
        "a coding | te=gzip",
        "an unknown pseudo field | :extra=1",
        "a response's pseudo field | :status=200",
        "a pseudo field that comes late | :path=/v1/other",
        "another host | host=evil.example",
        "a line break in a content | x-a=b~c: d",
        "a line break in a name | x~a=b",
        "a space in a name | x a=b",
        "two lengths | content-length=1&content-length=2",
        "a length that is none | content-length=1x",
      })
  void s11AMalformedRequestIsRefused(String name, String fields) throws Exception {
    try (var upstream = ScriptedUpstream.answering(OK);
        var front = Http2Front.before(folder, upstream);
        var client = front.client()) {
      String[] more =
          Stream.of(fields.strip().split("&", -1))
              .flatMap(field -> Stream.of(field.split("=", 2)))
              .map(text -> text.replace("~", "\r\n"))
              .toArray(String[]::new);
      client.request(1, "GET", "/v1/models", true, more);
      int status = client.awaitStatus(1);
      if (status == 0) {
        assertThat(client.awaitReset(1)).as(name).isEqualTo(PROTOCOL_ERROR);
      } else {
        assertThat(status).as(name).isEqualTo(400);
      }
      assertThat(upstream.requests()).isEmpty();
      client.request(3, "GET", "/v1/models", true); // The connection serves on.
      assertThat(client.awaitStatus(3)).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no method | :scheme=https&:authority=localhost&:path=/v1/models",
        "no path | :method=GET&:scheme=https&:authority=localhost",
        "no scheme | :method=GET&:authority=localhost&:path=/v1/models",
        "another scheme | :method=GET&:scheme=file&:authority=localhost&:path=/v1/models",
        "no host | :method=GET&:scheme=https&:path=/v1/models",
        "an empty path | :method=GET&:scheme=https&:authority=localhost&:path=",
        "two paths | :method=GET&:scheme=https&:authority=localhost&:path=/a&:path=/v1/models",
        "an absolute path | :method=GET&:scheme=https&:authority=localhost&:path=http://localhost/v1/models",
        "a second line | :method=GET&:scheme=https&:authority=localhost&:path=/v1/models HTTP/1.1~X: y",
        "a method of two words | :method=GET /x&:scheme=https&:authority=localhost&:path=/v1/models",
      })
  void s11AHeadThatIsNotWholeIsRefused(String name, String fields) throws Exception {
    try (var upstream = ScriptedUpstream.answering(OK);
        var front = Http2Front.before(folder, upstream);
        var client = front.client()) {
      String[] all =
          Stream.of(fields.strip().split("&", -1))
              .flatMap(field -> Stream.of(field.split("=", 2)))
              .map(text -> text.replace("~", "\r\n"))
              .toArray(String[]::new);
      client.frame(HEADERS, END_HEADERS | END_STREAM, 1, client.block(all));
      int status = client.awaitStatus(1);
      if (status == 0) {
        assertThat(client.awaitReset(1)).as(name).isEqualTo(PROTOCOL_ERROR);
      } else {
        assertThat(status).as(name).isIn(400, 421);
      }
      assertThat(upstream.requests()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"5, 3", "3, 5"})
  void s11ABodyOfAnotherLengthThanAnnouncedReachesNoModel(int announced, int sent)
      throws Exception {
    try (var upstream = ScriptedUpstream.answering(OK);
        var front = Http2Front.before(folder, upstream);
        var client = front.client()) {
      client.request(1, "POST", "/v1/chat/completions", false, "content-length", "" + announced);
      client.data(1, "x".repeat(sent), true);
      assertThat(client.awaitReset(1)).isEqualTo(PROTOCOL_ERROR);
      assertThat(upstream.requests()).isEmpty();
    }
  }

  @Test
  void aBrokenResponseIsBrokenForTheClientToo() throws Exception {
    try (var upstream =
            ScriptedUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        var front = Http2Front.before(folder, upstream);
        var client = front.client()) {
      client.request(1, "GET", "/v1/models", true);
      assertThat(client.awaitReset(1)).isEqualTo(INTERNAL_ERROR);
      assertThat(client.text(1)).isEqualTo("half");
    }
  }

  // ---------------------------------------------------------------- operation

  @Test
  void clientsOfHttp11AreServedOnTheSamePort() throws Exception {
    try (var upstream = faults();
        var front = Http2Front.before(folder, upstream, CHAT);
        var client = front.http1();
        var without =
            new RawClient(Http2RawClient.connected(Http2Front.CERTIFICATE, front.gateway.port()))) {
      for (var one : new RawClient[] {client, without}) {
        one.send(RawClient.request("POST", Rig.path(CHAT), Rig.body(CHAT)));
        var response = one.read("POST");
        assertThat(response.whole()).isTrue();
        assertThat(Reading.of(CHAT.id(), response.body()).text()).isEqualTo(Rig.TEXT);
      }
    }
  }

  @Test
  void aGatewayThatDrainsAnnouncesItAndLetsStreamsEnd() throws Exception {
    try (var upstream = faults("slow@delay=20ms");
        var front =
            Http2Front.before(
                folder, upstream, CHAT, config -> config.withDrain(Duration.ofMinutes(1)));
        var client = front.client()) {
      ask(client, 1, CHAT);
      assertThat(client.awaitText(1, "content")).isTrue();
      var drained = new CountDownLatch(1);
      Thread.ofVirtual()
          .start(() -> {
            front.gateway.drain();
            drained.countDown();
          });
      assertThat(client.awaitGoAway()).isEqualTo(NO_ERROR);
      isWhole(CHAT, client, 1);
      client.awaitClosed();
      drained.await();
    }
  }

  @Test
  void aGatewayThatEndsEndsItsStreamsWithARetryableError() throws Exception {
    try (var upstream = faults("stall@token=5,for=1h");
        var front = Http2Front.before(folder, upstream, CHAT);
        var client = front.client()) {
      ask(client, 1, CHAT);
      assertThat(client.awaitText(1, "content")).isTrue();
      front.gateway.close();
      assertThat(client.awaitWhole(1)).isFalse();
      assertThat(client.text(1)).contains("\"error\"").doesNotContain("[DONE]");
      client.awaitClosed();
    }
  }
}
