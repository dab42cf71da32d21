package dev.holdfast.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver;
import dev.holdfast.testkit.WireObserver.End;
import dev.holdfast.testkit.WireObserver.Seen;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.server.ReceivedRequest.Ending;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FaultServerTest {
  private static final Answer ANSWER = Answer.ofText("The tide turns twice a day.");
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Protocol CHAT = Protocol.OPENAI_CHAT;

  private static FaultServer healthy() {
    return FaultServer.builder().answer(ANSWER).start();
  }

  private static FaultServer with(String... attempts) {
    return FaultServer.builder().answer(ANSWER).script(Script.of(attempts)).start();
  }

  @Test
  void oneConnectionServesManyRequests() throws IOException {
    try (var server = healthy();
        var observer = new WireObserver(server.baseUrl())) {
      for (Protocol protocol : List.of(CHAT, Protocol.ANTHROPIC_MESSAGES, CHAT)) {
        observer.post(protocol, Requests.of(protocol, "Hi"));
        Seen seen = observer.observe();

        assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
        assertThat(WireReader.text(seen.text())).isEqualTo(ANSWER.text());
      }
    }
  }

  @Test
  void requestsAreCountedWithinTheirStream() throws Exception {
    try (var server = with("status@code=503", "cut-fin@event=2");
        var one = new WireObserver(server.baseUrl())) {
      one.post(CHAT, Requests.of(CHAT, "Hi"));
      assertThat(one.observe().status()).isEqualTo(503);
      one.post(CHAT, Requests.of(CHAT, "Hi"), "X-Holdfast-Stream: another");
      assertThat(one.observe().status()).isEqualTo(503);
      one.post(CHAT, Requests.of(CHAT, "Hi"));
      assertThat(one.observe().end()).isEqualTo(End.FIN);
      assertThat(server.awaitEnded(3, SOON)).isTrue();
      assertThat(server.received()).extracting(ReceivedRequest::attempt).containsExactly(1, 1, 2);
      assertThat(server.received())
          .extracting(ReceivedRequest::ending)
          .containsExactly(Ending.SENT, Ending.SENT, Ending.CUT);
      assertThat(server.received())
          .extracting(ReceivedRequest::cause)
          .containsExactly(Cause.OVERLOADED, Cause.OVERLOADED, Cause.CONNECTION_LOST);
    }
  }

  @Test
  void headersReplaceTheScriptForOneRequest() throws IOException {
    try (var server = healthy();
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(CHAT, Requests.of(CHAT, "Hi"), "X-Holdfast-Fault: status@code=529");
      assertThat(observer.observe().status()).isEqualTo(529);
      observer.post(CHAT, Requests.of(CHAT, "Hi"), "X-Holdfast-Fault: cut-rts");
      Seen bad = observer.observe();
      assertThat(bad.status()).isEqualTo(400);
      assertThat(bad.text()).contains("fault: must be one of", "was 'cut-rts'");
      String prefill =
          Requests.of(CHAT, "Hi")
              .replace("}]}", "},{\"role\":\"assistant\",\"content\":\"The tide\"}]}");
      observer.post(CHAT, prefill, "X-Holdfast-Continuation: restart");
      assertThat(WireReader.text(observer.observe().text())).isEqualTo(ANSWER.text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stall@event=3,for=1h", "stall@head,for=1h", "slow@delay=1h"})
  void aClientThatLeavesDuringSilenceIsNoticed(String fault) throws Exception {
    try (var server = with(fault);
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(CHAT, Requests.of(CHAT, "Hi"));
      while (server.received().isEmpty()) {
        Thread.onSpinWait();
      }
      observer.leave();

      assertThat(server.awaitEnded(1, SOON)).isTrue();
      assertThat(server.received().getFirst().ending()).isEqualTo(Ending.CLIENT_CLOSED);
    }
  }

  @Test
  void aClientThatLeavesAnEndlessBodyIsNoticed() throws Exception {
    try (var server = with("endless-line@event=1,bytes=100g");
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(CHAT, Requests.of(CHAT, "Hi"));
      for (int i = 0; i < 1 << 20; i++) {
        assertThat(observer.read()).isNotEqualTo(-1);
      }
      observer.leave();

      assertThat(server.awaitEnded(1, SOON)).isTrue();
      ReceivedRequest request = server.received().getFirst();
      assertThat(request.ending()).isEqualTo(Ending.CLIENT_CLOSED);
      assertThat(request.bodyBytes()).isBetween(1L << 20, 1L << 28);
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aRequestThatDoesNotStreamGetsOneDocument(Protocol protocol) throws IOException {
    try (var server = healthy();
        var observer = new WireObserver(server.baseUrl())) {
      String request = Requests.of(protocol, "Hi").replace("\"stream\":true", "\"stream\":false");
      String address =
          Requests.address(protocol).replaceFirst(":stream(G)([a-z]+Content).*", ":g$2");
      observer.postTo(address, request);
      Seen seen = observer.observe();

      assertThat(seen.head()).contains("content-type: application/json");
      assertThat(seen.text()).contains(ANSWER.text());
      assertThat(TestJson.parse(seen.text())).isInstanceOf(TestJson.Obj.class);
    }
  }

  @Test
  void answersMayDependOnThePrompt() throws IOException {
    try (var server =
            FaultServer.builder().answers(prompt -> Answer.ofText(prompt + " back")).start();
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(CHAT, Requests.of(CHAT, "Hi"));

      assertThat(WireReader.text(observer.observe().text())).isEqualTo("Hi back");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\r\n|405",
        "POST /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}|404",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}|400",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}|421",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n|400",
        "POST /v1/messages HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n|400",
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n|413",
        "nonsense\r\n\r\n|400",
        "POST /v1/messages HTTP/1.1\r\n bad\r\n\r\n|400",
      })
  void aBadRequestGetsItsStatus(String requestAndStatus) throws IOException {
    String[] parts = requestAndStatus.split("\\|", -1);
    try (var server = healthy();
        var observer = new WireObserver(server.baseUrl())) {
      observer.send(parts[0]);

      assertThat(observer.observe().status()).isEqualTo(Integer.parseInt(parts[1]));
    }
  }

  @Test
  void chunkedRequestsAndExpectationsAreUnderstood() throws IOException {
    String body = Requests.of(CHAT, "Hi");
    try (var server = healthy();
        var observer = new WireObserver(server.baseUrl())) {
      observer.send(
          String.join(
              "\r\n",
              "POST /v1/chat/completions HTTP/1.1",
              "Host: localhost",
              "Transfer-Encoding: chunked",
              "Expect: 100-continue",
              "",
              ""));
      var interim = new StringBuilder();
      while (interim.indexOf("\r\n\r\n") < 0) {
        interim.append((char) observer.read());
      }
      observer.send(Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n");

      assertThat(interim.toString()).startsWith("HTTP/1.1 100");
      assertThat(WireReader.text(observer.observe().text())).isEqualTo(ANSWER.text());
    }
  }

  @Test
  void recordsShowNoSecretsAndNoPrompts() throws Exception {
    var told = new ConcurrentLinkedQueue<ReceivedRequest>();
    try (var server = FaultServer.builder().answer(ANSWER).listener(told::add).start();
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(
          CHAT,
          Requests.of(CHAT, "Hi").replace("\"Hi\"", "\"my diary\""),
          "Authorization: Bearer sk-canary",
          "X-Api-Key: key-canary");
      observer.observe();
      assertThat(server.awaitEnded(1, SOON)).isTrue();
      ReceivedRequest request = server.received().getFirst();

      assertThat(request.header("Authorization")).isEqualTo("Bearer sk-canary");
      assertThat(request.body()).contains("my diary");
      assertThat(request.toString()).doesNotContain("canary", "diary").contains("[redacted]");
    }
    assertThat(told).hasSize(1);
  }

  @Test
  void aTakenPortIsNamed() {
    try (var server = healthy()) {
      int port = server.port();

      assertThatThrownBy(() -> FaultServer.builder().port(port).start())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("port: must be free, was " + port);
    }
    assertThatThrownBy(() -> FaultServer.builder().port(70_000))
        .hasMessage("port: must be 0 to 65535, was 70000");
  }

  @Test
  void otherAddressesThanLoopbackNeedLeave() throws IOException {
    InetAddress any = InetAddress.getByName("0.0.0.0");

    assertThatThrownBy(() -> FaultServer.builder().bind(any).start())
        .hasMessageStartingWith("bind: must be a loopback address");
    try (var server = FaultServer.builder().bind(any).allowRemote().start()) {
      assertThat(server.baseUrl()).hasHost("127.0.0.1").hasPath("/v1");
    }
  }

  @Test
  void closingTheServerEndsWhatIsUnderWay() throws Exception {
    var server = with("stall@event=1,for=1h");
    try (var observer = new WireObserver(server.baseUrl())) {
      observer.post(CHAT, Requests.of(CHAT, "Hi"));
      while (server.received().isEmpty()) {
        Thread.onSpinWait();
      }
      server.close();

      assertThat(observer.observe().end()).isNotEqualTo(End.LAST_CHUNK);
      assertThat(server.awaitEnded(1, SOON)).isTrue();
      assertThat(server.received().getFirst().ending()).isEqualTo(Ending.SERVER_CLOSED);
      assertThatThrownBy(() -> new WireObserver(server.baseUrl()))
          .isInstanceOf(java.net.ConnectException.class);
    }
  }
}
