package dev.holdfast.gateway;

import static dev.holdfast.gateway.Http2UpstreamTest.END;
import static dev.holdfast.gateway.Http2UpstreamTest.PATIENT;
import static dev.holdfast.gateway.Http2UpstreamTest.WORD;
import static dev.holdfast.gateway.Http2UpstreamTest.answer;
import static dev.holdfast.gateway.Http2UpstreamTest.answerAll;
import static dev.holdfast.gateway.Http2UpstreamTest.ask;
import static dev.holdfast.gateway.Http2UpstreamTest.call;
import static dev.holdfast.gateway.Http2UpstreamTest.chat;
import static dev.holdfast.gateway.Http2UpstreamTest.isWhole;
import static dev.holdfast.gateway.Http2UpstreamTest.readUntil;
import static dev.holdfast.gateway.Http2UpstreamTest.server;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.transport.Http2Wire;
import dev.holdfast.testkit.transport.WireServer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that an HTTP/2 server promises not to have read. */
@Timeout(120)
@SuppressWarnings("try") // The log is whole once the gateway is closed.
class Http2RefusedTest {
  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  private Gateway before(WireServer server) {
    return Http2UpstreamTest.before(server.port(), PATIENT, config -> config, log);
  }

  private static void refuse(Http2Wire wire, int stream, boolean goesAway) throws IOException {
    if (goesAway) {
      wire.goAway(stream - 2, Http2Wire.NO_ERROR);
    } else {
      wire.resetStream(stream, Http2Wire.REFUSED_STREAM);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void whatTheServerHasNotReadIsSentAgain(boolean goesAway, boolean kept) throws Exception {
    var connections = new AtomicInteger();
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  if (connections.incrementAndGet() == 1) {
                    if (kept) {
                      answer(wire);
                    }
                    refuse(wire, wire.request().stream(), goesAway);
                  }
                  answerAll(wire);
                });
        var gateway = before(server)) {
      if (kept) {
        assertThat(call(gateway).text()).isEqualTo("ok");
      }
      isWhole(ask(gateway));
      assertThat(connections).hasValue(2);
      gateway.close(); // The log is whole then.
      assertThat(log.toString()).contains("\"attempts\":1").doesNotContain("\"attempts\":2");
    }
  }

  @Test
  void aCallThatTheServerHasNotReadIsSentAgain() throws Exception {
    var connections = new AtomicInteger();
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  if (connections.incrementAndGet() == 1) {
                    refuse(wire, wire.request().stream(), true);
                  }
                  answerAll(wire);
                });
        var gateway = before(server)) {
      assertThat(call(gateway).text()).isEqualTo("ok");
    }
  }

  /** Refused twice, a stream is the machine's to repeat, and a call the client's. */
  @Test
  void aSecondRefusalIsAFailedAttempt() throws Exception {
    var refusals = new AtomicInteger();
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  while (true) {
                    var request = wire.request();
                    if (refusals.incrementAndGet() % 3 != 0) {
                      refuse(wire, request.stream(), false);
                    } else {
                      answer(wire, request.stream(), !request.body().isEmpty());
                    }
                  }
                });
        var gateway = before(server)) {
      var call = call(gateway);
      assertThat(call.status()).isEqualTo(502);
      assertThat(call.text()).contains("the stream was reset before a response came");
      refusals.set(0);
      isWhole(ask(gateway));
      assertThat(refusals).hasValue(3);
      gateway.close(); // The log is whole then.
      assertThat(log.toString()).contains("\"attempts\":2");
    }
  }

  /** What the server may have worked on is not repeated without the caller. */
  @Test
  void anUploadOfWhichAByteWasSentIsNotSentAgain() throws Exception {
    var uploads = new AtomicInteger();
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  answer(wire);
                  var request = wire.request();
                  uploads.incrementAndGet();
                  refuse(wire, request.stream(), false);
                  wire.awaitClosed();
                });
        var gateway = before(server)) {
      assertThat(call(gateway).text()).isEqualTo("ok");
      assertThat(RawClient.post(gateway.port(), "/v1/files", "{}").status()).isEqualTo(502);
      assertThat(uploads).hasValue(1);
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void aConnectionThatGoesAwayLetsItsStreamsEnd() throws Exception {
    var go = new CountDownLatch(1);
    try (var server =
            server(
                100,
                (wire, connection) -> {
                  int stream = wire.request().stream();
                  wire.head(stream);
                  wire.data(stream, WORD);
                  wire.goAway(stream, Http2Wire.NO_ERROR);
                  go.await();
                  wire.data(stream, END);
                  wire.end(stream);
                  wire.awaitClosed();
                });
        var gateway = before(server);
        var first = new RawClient(gateway.port());
        var second = new RawClient(gateway.port())) {
      first.send(chat());
      var head = first.head();
      assertThat(head.status()).isEqualTo(200);
      readUntil(first, "one word");
      second.send(chat());
      readUntil(second, "one word");
      assertThat(server.connections()).isEqualTo(2);
      go.countDown();
      for (var client : List.of(first, second)) {
        readUntil(client, "[DONE]");
      }
    }
  }
}
