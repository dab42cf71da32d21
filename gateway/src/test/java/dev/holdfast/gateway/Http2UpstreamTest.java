package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.Clocks;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.netty.upstream.PoolSettings;
import dev.holdfast.netty.upstream.UpstreamTls;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.SelfSigned;
import dev.holdfast.testkit.transport.BusySecond;
import dev.holdfast.testkit.transport.Http2Wire;
import dev.holdfast.testkit.transport.WireConnection;
import dev.holdfast.testkit.transport.WireServer;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upstreams that select HTTP/2: frame by frame, with a server that has no code of Netty's. */
@Timeout(120)
@SuppressWarnings("try") // The log is whole once the gateway is closed.
class Http2UpstreamTest {
  private static final SelfSigned CERTIFICATE = SelfSigned.of("localhost");
  static final PoolSettings PATIENT =
      new PoolSettings(8, Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5));
  private static final String CHUNK =
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n";
  static final String WORD =
      CHUNK.formatted("{\"role\":\"assistant\",\"content\":\"one word\"}", "null");
  static final String END = CHUNK.formatted("{}", "\"stop\"") + "data: [DONE]\n\n";

  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  /** What a server does with each connection. */
  interface Script {
    void run(Http2Wire wire, WireConnection connection) throws Exception;
  }

  static WireServer server(int maxStreams, Script script) {
    return WireServer.tls(
        CERTIFICATE,
        List.of("h2", "http/1.1"),
        connection -> script.run(Http2Wire.on(connection, maxStreams), connection));
  }

  static SslContext trusting(SelfSigned... certificates) {
    return new JdkSslContext(
        SelfSigned.trusting(List.of(certificates)),
        true,
        null,
        IdentityCipherSuiteFilter.INSTANCE,
        UpstreamTls.PROTOCOLS,
        ClientAuth.NONE,
        null,
        false);
  }

  private Gateway before(int port, PoolSettings kept, UnaryOperator<GatewayConfig> change) {
    return before(port, kept, change, log);
  }

  static Gateway before(
      int port,
      PoolSettings kept,
      UnaryOperator<GatewayConfig> change,
      ConcurrentLinkedQueue<String> log) {
    Leaks.watch();
    var config =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    UpstreamConfig.parse("openai-chat=https://localhost:%d/v1".formatted(port))))
            .withDrain(Duration.ZERO);
    return Gateway.builder(change.apply(config))
        .threads(1)
        .tls(trusting(CERTIFICATE))
        .kept(kept)
        .accessLog(log::add)
        .start();
  }

  private Gateway before(WireServer server) {
    return before(server.port(), PATIENT, config -> config);
  }

  static String chat() {
    return RawClient.request("POST", "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
  }

  static RawClient.Response ask(Gateway gateway) throws IOException {
    return RawClient.post(gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
  }

  static RawClient.Response call(Gateway gateway) throws IOException {
    return RawClient.get(gateway.port(), "/v1/models");
  }

  static void answer(Http2Wire wire, int stream, boolean isStream) throws Exception {
    wire.head(stream);
    wire.data(stream, isStream ? WORD + END : "ok");
    wire.end(stream);
  }

  static void answer(Http2Wire wire) throws Exception {
    var request = wire.request();
    answer(wire, request.stream(), !request.body().isEmpty());
  }

  static void answerAll(Http2Wire wire) throws Exception {
    while (true) {
      answer(wire);
    }
  }

  static void readUntil(RawClient client, String text) throws IOException {
    var seen = new StringBuilder();
    while (seen.indexOf(text) < 0) {
      int b = client.stream().read();
      assertThat(b).as(seen.toString()).isNotNegative();
      seen.append((char) b);
    }
  }

  static void isWhole(RawClient.Response response) {
    assertThat(response.status()).as(response.text()).isEqualTo(200);
    assertThat(response.whole()).isTrue();
    var reading = Reading.of("openai-chat", response.body());
    assertThat(reading.text()).isEqualTo("one word");
    assertThat(reading.verdict()).as(response.text()).isEqualTo("COMPLETE");
  }

  // ---------------------------------------------------------------- connections

  @Test
  void oneConnectionCarriesStreamsAndCalls() throws Exception {
    try (var server = server(100, (wire, connection) -> answerAll(wire));
        var gateway = before(server);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      isWhole(ask(gateway));
      var streams = new ArrayList<Future<RawClient.Response>>();
      var calls = new ArrayList<Future<RawClient.Response>>();
      for (int i = 0; i < 40; i++) {
        streams.add(clients.submit(() -> ask(gateway)));
        calls.add(clients.submit(() -> call(gateway)));
      }
      for (var stream : streams) {
        isWhole(stream.get());
      }
      for (var call : calls) {
        assertThat(call.get().text()).isEqualTo("ok");
        assertThat(call.get().header("content-type")).isEqualTo("text/event-stream");
      }
      assertThat(server.connections()).isEqualTo(1);
      gateway.close(); // The log is whole then.
      assertThat(log)
          .hasSize(81)
          .allSatisfy(line ->
              assertThat(line).contains("\"http\":\"http/1.1\"", "\"upstream_http\":\"h2\""));
    }
  }

  @Test
  void moreStreamsThanAConnectionMayCarryUseFurtherOnes() throws Exception {
    var go = new CountDownLatch(1);
    var asked = new CountDownLatch(50);
    try (var server =
            server(
                10,
                (wire, connection) -> {
                  while (true) {
                    int stream = wire.request().stream();
                    asked.countDown();
                    Thread.ofVirtual()
                        .start(() -> {
                          try {
                            go.await();
                            answer(wire, stream, true);
                          } catch (Exception e) {
                            Thread.currentThread().interrupt(); // The test has failed elsewhere.
                          }
                        });
                  }
                });
        var gateway = before(server);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var streams = new ArrayList<Future<RawClient.Response>>();
      for (int i = 0; i < 50; i++) {
        streams.add(clients.submit(() -> ask(gateway)));
      }
      asked.await();
      go.countDown();
      for (var stream : streams) {
        isWhole(stream.get());
      }
      assertThat(server.connections()).isBetween(5, 10);
    }
  }

  @Test
  void anUpstreamForWhichItIsOffIsAskedOverHttp11() throws Exception {
    try (var server =
            WireServer.tls(
                CERTIFICATE,
                List.of("h2", "http/1.1"),
                connection -> {
                  while (!connection.request().isEmpty()) {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                  }
                });
        var gateway =
            before(
                server.port(),
                PATIENT,
                config ->
                    config.withUpstreams(
                        config.upstreams().stream()
                            .map(upstream -> upstream.withHttp2(UpstreamConfig.Http2.OFF))
                            .toList()))) {
      assertThat(call(gateway).text()).isEqualTo("ok");
      assertThat(server.requests().take()).startsWith("GET /v1/models HTTP/1.1\r\n");
    }
  }

  /**
   * Some servers select HTTP/2 and then are silent; nothing waits longer than connecting may take.
   */
  @Test
  void settingsThatDoNotComeFailWhatWaitsForThem() throws Exception {
    try (var server = WireServer.tls(CERTIFICATE, List.of("h2"), WireConnection::awaitClosed);
        var gateway =
            before(
                server.port(),
                PATIENT,
                config ->
                    config.withStreams(streams ->
                        streams.withClocks(new Clocks(Duration.ofMillis(300), null, null, null))));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = new ArrayList<Future<RawClient.Response>>();
      for (int i = 0; i < 8; i++) {
        calls.add(clients.submit(() -> call(gateway)));
      }
      for (var call : calls) {
        assertThat(call.get().status()).isEqualTo(502);
        assertThat(call.get().text()).contains("connecting took too long");
      }
    }
  }

  // ---------------------------------------------------------------- clients that leave

  @ParameterizedTest
  @CsvSource({"before the head", "after the head", "within the answer", "in a continuation"})
  void aClientThatLeavesResetsItsStreamAndNoOther(String phase) throws Exception {
    var begun = new CountDownLatch(1);
    var read = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  answer(wire);
                  int doomed = wire.request().stream();
                  if (!phase.equals("before the head")) {
                    wire.head(doomed);
                  }
                  if (phase.equals("within the answer") || phase.equals("in a continuation")) {
                    wire.data(doomed, WORD);
                  }
                  if (phase.equals("in a continuation")) {
                    read.await();
                    wire.resetStream(doomed, Http2Wire.INTERNAL_ERROR);
                    doomed = wire.request().stream();
                  }
                  begun.countDown();
                  int other = wire.request().stream();
                  wire.awaitReset(doomed);
                  go.await();
                  answer(wire, other, true);
                  wire.awaitClosed();
                });
        var gateway = before(server);
        var leaving = new RawClient(gateway.port());
        var staying = new RawClient(gateway.port())) {
      assertThat(call(gateway).text()).isEqualTo("ok");
      leaving.send(chat());
      if (phase.equals("within the answer") || phase.equals("in a continuation")) {
        readUntil(leaving, "one word");
        read.countDown();
      }
      begun.await();
      staying.send(chat());
      leaving.close();
      assertThat(BusySecond.isEnoughFor(server.sawClose())).isTrue();
      go.countDown();
      isWhole(staying.read("POST"));
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  // ---------------------------------------------------------------- pace

  /** The gateway keeps a window and what the systems keep, however long the body is. */
  @Test
  void aSlowReaderHoldsItsOwnStreamBack() throws Exception {
    long whole = 64L << 20;
    var written = new AtomicLong();
    var blocked = new CountDownLatch(1);
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  answer(wire);
                  int away = wire.request().stream();
                  wire.head(away);
                  Thread.ofVirtual()
                      .start(() -> {
                        try {
                          byte[] part = new byte[1 << 14];
                          while (written.get() < whole) {
                            wire.data(away, part, blocked::countDown);
                            written.addAndGet(part.length);
                          }
                          wire.end(away);
                        } catch (Exception e) {
                          Thread.currentThread().interrupt(); // The test has failed elsewhere.
                        }
                      });
                  answerAll(wire);
                });
        var gateway = before(server);
        var socket = new Socket()) {
      assertThat(call(gateway).text()).isEqualTo("ok");
      socket.setReceiveBufferSize(64 << 10);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port()));
      var away = new RawClient(socket);
      away.send(RawClient.request("GET", "/v1/files/f/content", "", "Connection: close"));
      assertThat(away.head().status()).isEqualTo(200);
      blocked.await();
      long ahead = BusySecond.settled(written::get);
      assertThat(ahead).as("bytes that were sent ahead").isLessThan(16L << 20);
      isWhole(ask(gateway)); // No other stream waits.
      long rest = away.rest().length;
      assertThat(rest).isGreaterThanOrEqualTo(whole);
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void anUploadWaitsForTheServersWindow() throws Exception {
    int whole = 24 << 20;
    var sent = new AtomicLong();
    var go = new CountDownLatch(1);
    var length = new AtomicInteger();
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  answer(wire);
                  wire.hold(true);
                  go.await();
                  wire.hold(false);
                  var request = wire.request();
                  length.set(request.body().length());
                  answer(wire, request.stream(), false);
                  wire.awaitClosed();
                });
        var gateway = before(server);
        var client = new RawClient(gateway.port())) {
      assertThat(call(gateway).text()).isEqualTo("ok");
      client.send(
          "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + whole + "\r\n\r\n");
      Thread.ofVirtual()
          .start(() -> {
            try {
              String part = "x".repeat(1 << 14);
              for (int i = 0; i < whole; i += part.length()) {
                client.send(part);
                sent.addAndGet(part.length());
              }
            } catch (IOException e) {
              sent.set(-1); // The test fails by it.
            }
          });
      assertThat(BusySecond.settled(sent::get)).isBetween(1L, 16L << 20);
      go.countDown();
      assertThat(client.read("POST").text()).isEqualTo("ok");
      assertThat(length).hasValue(whole);
    }
  }

  // ---------------------------------------------------------------- dead connections

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theEndOfAConnectionIsTheEndOfEachOfItsCalls(boolean reset) throws Exception {
    var go = new CountDownLatch(1);
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  answer(wire);
                  for (int i = 0; i < 5; i++) {
                    int stream = wire.request().stream();
                    wire.head(stream);
                    wire.data(stream, "half");
                  }
                  go.await();
                  if (reset) {
                    connection.reset();
                  } else {
                    connection.fin();
                  }
                });
        var gateway = before(server)) {
      assertThat(call(gateway).text()).isEqualTo("ok");
      var clients = new ArrayList<RawClient>();
      for (int i = 0; i < 5; i++) {
        var client = new RawClient(gateway.port());
        client.send(RawClient.request("GET", "/v1/models", ""));
        assertThat(client.head().status()).isEqualTo(200);
        readUntil(client, "half");
        clients.add(client);
      }
      go.countDown();
      for (var client : clients) {
        String rest = new String(client.rest(), StandardCharsets.UTF_8);
        assertThat(rest).doesNotContain("0\r\n\r\n");
        client.close();
      }
      gateway.close(); // The log is whole then.
      assertThat(log.stream().filter(line -> line.contains("\"outcome\":\"broken\"")))
          .hasSize(5)
          .allSatisfy(line -> assertThat(line).contains("\"cause\":\"connection-lost\""));
    }
  }

  /**
   * A network that swallows everything: no clock of a stream shows that the others are dead, too.
   */
  @Test
  void aConnectionThatAnswersNoPingIsLeftByAllOfItsStreams() throws Exception {
    var asked = new CountDownLatch(3);
    var connections = new AtomicInteger();
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  if (connections.incrementAndGet() > 1) {
                    answerAll(wire);
                  }
                  answer(wire);
                  while (true) {
                    wire.request();
                    asked.countDown();
                  }
                });
        var pipe = new Pipe(server.port());
        var gateway =
            before(
                pipe.port(),
                PATIENT.withPings(Duration.ofMillis(300), Duration.ofSeconds(2)),
                config -> config);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(call(gateway).text()).isEqualTo("ok");
      var streams = new ArrayList<Future<RawClient.Response>>();
      for (int i = 0; i < 3; i++) {
        streams.add(clients.submit(() -> ask(gateway)));
      }
      asked.await();
      pipe.freeze();
      for (var stream : streams) {
        isWhole(stream.get());
      }
      gateway.close(); // The log is whole then.
      assertThat(log.toString()).contains("\"attempts\":2");
    }
  }

  /** A server that only is slow answers pings: each answer is the reason for the next. */
  @Test
  void aSilentServerThatAnswersPingsIsWaitedFor() throws Exception {
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  int stream = wire.request().stream();
                  wire.awaitPings(3);
                  answer(wire, stream, true);
                  wire.awaitClosed();
                });
        var gateway =
            before(
                server.port(),
                PATIENT.withPings(Duration.ofMillis(1), Duration.ofMinutes(1)),
                config -> config);
        var client = new RawClient(gateway.port())) {
      client.send(chat());
      isWhole(client.read("POST"));
      assertThat(server.connections()).isEqualTo(1);
    }
  }
}
