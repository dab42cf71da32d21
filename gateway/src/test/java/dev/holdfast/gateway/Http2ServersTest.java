package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 to servers that were not written here: nginx before the fault server, and Node's own. */
@Tag("slow")
@Timeout(120)
@SuppressWarnings({"StringConcatToTextBlock", "try"}) // CR and LF; a log is whole once closed.
class Http2ServersTest {
  private static final TestCertificate CERTIFICATE = TestCertificate.create();

  @TempDir private Path folder;
  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  private Gateway before(int port, Protocol protocol, String path) throws IOException {
    Leaks.watch();
    var config =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    UpstreamConfig.parse(
                        "%s=https://localhost:%d%s"
                            .formatted(Rig.configured(protocol), port, path))))
            .withDrain(Duration.ZERO);
    return Gateway.builder(config)
        .threads(1)
        .tls(CERTIFICATE.upstreams())
        .accessLog(log::add)
        .start();
  }

  private static FaultServer faults(Script script) {
    return FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(script).start();
  }

  private Gateway before(LocalProgram nginx, FaultServer upstream, Protocol protocol)
      throws IOException {
    return before(nginx.port(), protocol, upstream.baseUrl(protocol).getRawPath());
  }

  private static void isWhole(Protocol protocol, RawClient.Response response) {
    assertThat(response.status()).as(response.text()).isEqualTo(200);
    assertThat(response.whole()).isTrue();
    var reading = Reading.of(protocol.id(), response.body());
    assertThat(reading.text()).isEqualTo(Rig.TEXT);
    assertThat(reading.verdict()).as(response.text()).isEqualTo("COMPLETE");
  }

  // ---------------------------------------------------------------- nginx

  static Stream<Arguments> faults() {
    return StreamsTest.cuts();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("faults")
  void aFaultIsHealedThroughNginx(Protocol protocol, String fault) throws IOException {
    try (var upstream = faults(Script.of(fault, fault));
        var nginx = LocalProgram.nginx(folder, CERTIFICATE, upstream.port());
        var gateway = before(nginx, upstream, protocol)) {
      isWhole(protocol, RawClient.post(gateway.port(), Rig.path(protocol), Rig.body(protocol)));
      assertThat(upstream.received().size()).isGreaterThan(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void streamsOfADeadConnectionAreContinuedOnTheNext(boolean reset) throws Exception {
    var protocol = Protocol.OPENAI_CHAT;
    int count = 8;
    var read = new CountDownLatch(count);
    try (var upstream = faults(Script.of("slow@delay=40ms"));
        var nginx = LocalProgram.nginx(folder, CERTIFICATE, upstream.port());
        var pipe = new Pipe(nginx.port());
        var gateway = before(pipe.port(), protocol, upstream.baseUrl(protocol).getRawPath());
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var streams = new ArrayList<Future<String>>();
      for (int i = 0; i < count; i++) {
        // Each of its own, or identical requests might be one.
        String body = Rig.body(protocol).replace("What did", "Question " + i + ": what did");
        streams.add(
            clients.submit(() -> {
              try (var client = new RawClient(gateway.port())) {
                client.send(
                    RawClient.request("POST", Rig.path(protocol), body, "Connection: close"));
                var seen = new StringBuilder();
                boolean reported = false;
                for (int b = client.stream().read(); b >= 0; b = client.stream().read()) {
                  seen.append((char) b);
                  if (!reported && seen.toString().split("data: ", -1).length > 6) {
                    reported = true;
                    read.countDown();
                  }
                }
                return seen.toString();
              }
            }));
      }
      read.await();
      assertThat(pipe.connections()).isEqualTo(1);
      pipe.cut(reset);
      for (var stream : streams) {
        assertThat(stream.get()).contains("data: [DONE]").endsWith("0\r\n\r\n");
      }
      gateway.close(); // The log is whole then.
      assertThat(log)
          .hasSize(count)
          .allSatisfy(line -> assertThat(line).contains("\"outcome\":\"recovered\""));
    }
  }

  @Test
  void aClientThatLeavesEndsItsGenerationBehindNginx() throws Exception {
    var protocol = Protocol.OPENAI_CHAT;
    try (var upstream = faults(Script.of("stall@token=5,for=1h"));
        var nginx = LocalProgram.nginx(folder, CERTIFICATE, upstream.port());
        var gateway = before(nginx, upstream, protocol)) {
      try (var client = new RawClient(gateway.port())) {
        client.send(RawClient.request("POST", Rig.path(protocol), Rig.body(protocol)));
        assertThat(client.head().status()).isEqualTo(200);
      }
      assertThat(upstream.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
    }
  }

  /** By default nginx ends a connection by GOAWAY after a thousand requests. */
  @Test
  void manyRequestsPassWhileNginxRenewsItsConnections() throws Exception {
    var protocol = Protocol.OPENAI_CHAT;
    try (var upstream = faults(Script.healthy());
        var nginx = LocalProgram.nginx(folder, CERTIFICATE, upstream.port());
        var gateway = before(nginx, upstream, protocol);
        var clients = Executors.newFixedThreadPool(16)) {
      var streams = new ArrayList<Future<RawClient.Response>>();
      for (int i = 0; i < 1500; i++) {
        streams.add(
            clients.submit(
                () -> RawClient.post(gateway.port(), Rig.path(protocol), Rig.body(protocol))));
      }
      for (var stream : streams) {
        isWhole(protocol, stream.get());
      }
      gateway.close(); // The log is whole then.
      assertThat(log.toString()).doesNotContain("\"attempts\":2");
    }
  }

  // ---------------------------------------------------------------- Node

  private LocalProgram node() throws IOException {
    LocalProgram.installed("node");
    CERTIFICATE.write(folder);
    Path script = folder.resolve("http2-server.mjs");
    try (var in = Http2ServersTest.class.getResourceAsStream("http2-server.mjs")) {
      Files.write(script, Objects.requireNonNull(in).readAllBytes());
    }
    int port = LocalProgram.freePort();
    return LocalProgram.start(
        folder, port, "node", script.toString(), folder.toString(), Integer.toString(port));
  }

  @Test
  void aRequestArrivesAsItWasSent() throws Exception {
    try (var node = node();
        var gateway = before(node.port(), Protocol.OPENAI_CHAT, "/base/v1");
        var client = new RawClient(gateway.port())) {
      client.send(
          "PUT /v1/files/a%2Fb?c=%20&d HTTP/1.1\r\nHost: localhost\r\nX-Codex-New: Yes\r\n"
              + "Authorization: Bearer sk-client\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n"
              + "Cookie: a=b\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nupload\r\n0\r\n\r\n");
      assertThat(client.read("PUT").text())
          .contains(
              "\":method\":\"PUT\"",
              "\":scheme\":\"https\"",
              "\":authority\":\"localhost:" + node.port() + "\"",
              "\":path\":\"/base/v1/files/a%2Fb?c=%20&d\"",
              "\"x-codex-new\":\"Yes\"",
              "\"authorization\":\"Bearer sk-client\"",
              "\"bytes\":6}")
          .doesNotContain("host\":", "connection", "x-hop", "\"te\"", "cookie", "encoding\":");
    }
  }

  @Test
  void headsBodiesAndTrailersArriveAsOverHttp11() throws Exception {
    try (var node = node();
        var gateway = before(node.port(), Protocol.OPENAI_CHAT, "/v1");
        var client = new RawClient(gateway.port())) {
      client.send(RawClient.request("GET", "/v1/trailers", ""));
      var head = client.head();
      assertThat(head.status()).isEqualTo(201);
      assertThat(head.headers().get("x-new")).containsExactly("1", "2");
      assertThat(head.header("transfer-encoding")).isEqualTo("chunked");
      String expected = "4\r\nbody\r\n0\r\nx-sum: 7\r\n\r\n";
      assertThat(new String(client.stream().readNBytes(expected.length()), StandardCharsets.UTF_8))
          .isEqualTo(expected);
      for (String method : List.of("HEAD", "GET")) {
        client.send(RawClient.request(method, "/v1/sized", ""));
        var sized = client.read(method);
        assertThat(sized.status()).isEqualTo(200);
        assertThat(sized.header("content-length")).isEqualTo("77");
        assertThat(sized.body()).hasSize(method.equals("GET") ? 77 : 0);
      }
      for (int status : new int[] {304, 204}) {
        client.send(RawClient.request("GET", "/v1/" + status, ""));
        assertThat(client.read("GET").status()).isEqualTo(status);
      }
      client.send(RawClient.request("GET", "/v1/interim", ""));
      assertThat(client.read("GET").text()).isEqualTo("after");
    }
  }

  /** A client that waits for the rest would take the next response for it. */
  @ParameterizedTest
  @ValueSource(strings = {"short", "shorter"})
  void aBodyThatIsShorterThanItsLengthIsBroken(String path) throws Exception {
    try (var node = node();
        var gateway = before(node.port(), Protocol.OPENAI_CHAT, "/v1")) {
      var response = RawClient.get(gateway.port(), "/v1/" + path);
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.whole()).isFalse();
      gateway.close(); // The log is whole then.
      assertThat(log.toString())
          .contains("\"outcome\":\"broken\"", "\"cause\":\"connection-lost\"");
    }
  }

  /** The server answers and does not read: what is left of the request is dropped. */
  @Test
  void anAnswerBeforeTheEndOfTheRequestArrives() throws Exception {
    try (var node = node();
        var gateway = before(node.port(), Protocol.OPENAI_CHAT, "/v1");
        var client = new RawClient(gateway.port())) {
      client.send(
          "POST /v1/early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000000\r\n\r\nbegun");
      var response = client.read("POST");
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.text()).isEqualTo("too long");
      assertThat(RawClient.get(gateway.port(), "/v1/204").status()).isEqualTo(204);
    }
  }
}
