package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The endpoint for the AI SDK's {@code useChat}, byte by byte. */
@Timeout(120)
class UiChatTest {
  private static final String CHAT = "/ui/chat";
  private static final String STREAM = "/ui/chat/c%201/stream";
  private static final Script WHOLE = (stream, attempt) -> List.of();
  private static final String KEY_A = "hfk_aaaaaaaaBBBBBBBBccccccccDDDDDDDD0123456789a";
  private static final String KEY_B = "hfk_bbbbbbbbCCCCCCCCddddddddEEEEEEEE0123456789b";

  @TempDir private Path directory;

  private UnaryOperator<GatewayConfig> ui(String model) {
    return config ->
        JournalRig.journal(directory).apply(config).withUi(UiConfig.DEFAULT.withModel(model));
  }

  static String posted(String chat, String messages) {
    return "{\"id\":\"%s\",\"trigger\":\"submit-message\",\"messages\":%s}"
        .formatted(chat, messages);
  }

  private static String question(String text) {
    return posted(
        "c 1",
        "[{\"id\":\"u1\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"%s\"}]}]"
            .formatted(text));
  }

  private static RawClient.Response post(int port, String body, String... headers)
      throws IOException {
    return RawClient.post(port, CHAT, body, headers);
  }

  // ---------------------------------------------------------------- whole and cut

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"OPENAI_CHAT", "ANTHROPIC_MESSAGES"})
  void anAnswerHasTheChunksOfTheProtocol(Protocol protocol) throws Exception {
    String model = protocol == Protocol.OPENAI_CHAT ? "gpt-4.1-mini" : "claude-haiku-4-5";
    var server =
        FaultServer.builder()
            .answer(Answer.ofText(Rig.TEXT).withReasoning("Let me think of the sea."))
            .start();
    try (var rig = new Rig(server, protocol, ui(model))) {
      var response = post(rig.gateway.port(), question("What did he write?"));
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.whole()).isTrue();
      assertThat(response.header("content-type")).isEqualTo("text/event-stream");
      assertThat(response.header("x-vercel-ai-ui-message-stream")).isEqualTo("v1");
      var read = UiReading.of(response.text());
      assertThat(read.types())
          .containsExactly(
              "start",
              "start-step",
              "reasoning-start",
              "reasoning-delta",
              "reasoning-end",
              "text-start",
              "text-delta",
              "text-end",
              "finish-step",
              "finish");
      assertThat(read.text()).isEqualTo(Rig.TEXT);
      assertThat(read.joined("reasoning")).isEqualTo("Let me think of the sea.");
      assertThat(read.first("finish").text("finishReason")).isEqualTo("stop");
      assertThat(read.first("start").text("messageId")).isEqualTo("msg-" + JournalRig.id(response));
      assertThat(read.done()).isTrue();
      assertThat(rig.upstream.received()).hasSize(1);
    }
  }

  @Test
  void aCutUpstreamIsContinuedInTheSamePart() throws Exception {
    Script cut = Script.of("cut-fin@event=5", "cut-fin@event=9");
    try (var rig = new Rig(Protocol.OPENAI_CHAT, cut, ui("gpt-4.1-mini"))) {
      var read = UiReading.of(post(rig.gateway.port(), question("What did he write?")).text());
      assertThat(read.text()).isEqualTo(Rig.TEXT);
      assertThat(read.types())
          .containsExactly(
              "start",
              "start-step",
              "text-start",
              "text-delta",
              "text-end",
              "finish-step",
              "finish");
      assertThat(read.done()).isTrue();
      assertThat(rig.upstream.received()).hasSize(3);
    }
  }

  @Test
  void anAnswerThatStaysCutEndsWithTheProtocolsErrorAndNothingElse() throws Exception {
    Script cut = (stream, attempt) -> List.of(new Fault.CutFin(Position.event(5)));
    try (var rig = new Rig(Protocol.OPENAI_CHAT, cut, ui("gpt-4.1-mini"))) {
      var response = post(rig.gateway.port(), question("What did he write?"));
      assertThat(response.whole()).isTrue();
      var read = UiReading.of(response.text());
      assertThat(read.types())
          .startsWith("start", "start-step", "text-start", "text-delta")
          .endsWith("error")
          .doesNotContain("finish", "finish-step", "text-end", "abort");
      assertThat(read.first("error").text("errorText"))
          .startsWith("holdfast: answer: must be whole, was cut by ");
      assertThat(read.done()).isFalse();
      assertThat(Rig.TEXT).startsWith(read.text());
    }
  }

  @Test
  void aRefusalOfTheUpstreamKeepsItsStatus() throws Exception {
    Script refused = Script.of("status@code=401", "status@code=401");
    try (var rig = new Rig(Protocol.OPENAI_CHAT, refused, ui("gpt-4.1-mini"))) {
      try (var client = new RawClient(rig.gateway.port())) {
        client.send(RawClient.request("POST", CHAT, question("What did he write?")));
        assertThat(client.read("POST").status()).isEqualTo(401);
        client.send(RawClient.request("GET", STREAM, ""));
        assertThat(client.read("GET").status()).isEqualTo(204);
      }
    }
  }

  // ---------------------------------------------------------------- leaving and coming back

  private JournalStage.Reader asking(JournalStage stage, String... headers) throws IOException {
    var client = new RawClient(stage.gateway.port());
    client.send(RawClient.request("POST", CHAT, question("What did he write?"), headers));
    return new JournalStage.Reader(client, "One word");
  }

  @Test
  void aClientThatLeavesFindsTheWholeAnswerOnceAndThenNothing() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      try (var first = asking(stage)) {
        assertThat(first.head.header("x-vercel-ai-ui-message-stream")).isEqualTo("v1");
      }
      try (var client = new RawClient(stage.gateway.port())) {
        client.send(RawClient.request("GET", STREAM, ""));
        try (var again = new JournalStage.Reader(client, "One word")) {
          stage.go.release();
          var read = UiReading.of(unchunked(again.rest()));
          assertThat(read.text()).isEqualTo(JournalStage.TEXT);
          assertThat(read.types())
              .containsExactly(
                  "start",
                  "start-step",
                  "text-start",
                  "text-delta",
                  "text-end",
                  "finish-step",
                  "finish");
          // The same connection: that the client asks again shows that it has the answer.
          client.send(RawClient.request("GET", STREAM, ""));
          assertThat(client.read("GET").status()).isEqualTo(204);
        }
      }
      assertThat(RawClient.get(stage.gateway.port(), STREAM).status()).isEqualTo(204);
      assertThat(stage.asked).hasValue(1);
    }
  }

  /** {@return a body without the lines of its chunked framing} */
  private static String unchunked(String framed) {
    return framed.replaceAll("\r\n[0-9a-f]+\r\n", "").replaceAll("^[0-9a-f]+\r\n", "");
  }

  @Test
  void anAnswerThatEndedWhileItsClientWasAwayIsKeptForIt() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      String id;
      try (var first = asking(stage)) {
        id = first.id;
      }
      stage.go.release();
      stage.awaitEnd(id, "complete");
      int port = stage.gateway.port();
      var read = UiReading.of(RawClient.get(port, STREAM).text());
      assertThat(read.text()).isEqualTo(JournalStage.TEXT);
      assertThat(read.done()).isTrue();
      assertThat(stage.asked).hasValue(1);
    }
  }

  @Test
  void aPageThatLeftIsOwedTheAnswerThoughAnotherHasIt() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      int port = stage.gateway.port();
      try (var first = asking(stage)) {
        var client = new RawClient(port);
        client.send(RawClient.request("GET", STREAM, ""));
        new JournalStage.Reader(client, "One word").close();
        stage.awaitReaders(1);
        stage.go.release();
        assertThat(UiReading.of(unchunked(first.rest())).done()).isTrue();
      }
      try (var client = new RawClient(port)) {
        client.send(RawClient.request("GET", STREAM, ""));
        assertThat(UiReading.of(client.read("GET").text()).text()).isEqualTo(JournalStage.TEXT);
        client.send(RawClient.request("GET", STREAM, ""));
        assertThat(client.read("GET").status()).isEqualTo(204);
      }
    }
  }

  /** {@return what a client reads that resets its connection then, as one without network may} */
  private static RawClient.Response resetting(int port, String request) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoLinger(true, 0);
    try (var client = new RawClient(socket)) {
      client.send(request);
      return client.read("");
    }
  }

  @Test
  void aClientWhoseConnectionWasResetMayNotHaveTheAnswer() throws Exception {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, WHOLE, ui("gpt-4.1-mini"))) {
      int port = rig.gateway.port();
      var lost = resetting(port, RawClient.request("POST", CHAT, question("What did he write?")));
      assertThat(UiReading.of(lost.text()).done()).isTrue();
      try (var client = new RawClient(port)) {
        client.send(RawClient.request("GET", STREAM, ""));
        assertThat(UiReading.of(client.read("GET").text()).text()).isEqualTo(Rig.TEXT);
        client.send(RawClient.request("GET", STREAM, ""));
        assertThat(client.read("GET").status()).isEqualTo(204);
      }
    }
  }

  @Test
  void aReaderResumesAfterEveryPlaceWithItsStartsRebuilt() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      stage.go.release();
      int port = stage.gateway.port();
      var post = RawClient.request("POST", CHAT, question("What did he write?"));
      var whole = UiReading.of(resetting(port, post).text());
      assertThat(whole.ids().stream().filter(id -> !id.isEmpty())).hasSizeGreaterThan(1);
      for (int i = 0; i < whole.ids().size(); i++) {
        String id = whole.ids().get(i);
        if (id.isEmpty()) {
          continue;
        }
        String before = new UiReading(whole.chunks().subList(0, i + 1), List.of(), false).text();
        for (String request :
            List.of(
                RawClient.request("GET", STREAM + "?after=" + id, ""),
                RawClient.request("GET", STREAM, "", "Last-Event-ID: " + id))) {
          var rest = UiReading.of(resetting(port, request).text());
          assertThat(before + rest.text()).isEqualTo(JournalStage.TEXT);
          assertThat(rest.first("start")).isEqualTo(whole.first("start"));
          if (!rest.text().isEmpty()) {
            assertThat(rest.types()).startsWith("start", "start-step", "text-start", "text-delta");
            assertThat(rest.first("text-start")).isEqualTo(whole.first("text-start"));
          }
          assertThat(rest.types()).endsWith("finish-step", "finish");
          assertThat(rest.done()).isTrue();
        }
      }
    }
  }

  @Test
  void aCursorOfAnotherStreamIsRefused() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      try (var first = asking(stage)) {
        int port = stage.gateway.port();
        for (String after :
            List.of("x", "0", "00000000_0000000001_0000000001", first.id + "_1_1")) {
          assertThat(RawClient.get(port, STREAM + "?after=" + after).status())
              .as(after)
              .isEqualTo(400);
        }
      }
    }
  }

  @Test
  void aRestartedGatewayContinuesTheAnswerOfAChat() throws Exception {
    try (var stage = new JournalStage(directory, ui("gpt-4.1-mini"))) {
      String id;
      try (var first = asking(stage)) {
        id = first.id;
        stage.restart();
      }
      stage.go.release(2);
      var read = UiReading.of(RawClient.get(stage.gateway.port(), STREAM).text());
      assertThat(read.first("start").text("messageId")).isEqualTo("msg-" + id);
      // The scripted upstream answers the continuation with its last words.
      assertThat(read.text()).startsWith("One word ").endsWith("and another.");
      assertThat(read.done()).isTrue();
    }
  }

  // ---------------------------------------------------------------- stop and replace

  @Test
  void anExplicitStopEndsTheStreamForAllItsReaders() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      try (var reader = asking(stage)) {
        int port = stage.gateway.port();
        assertThat(JournalRig.request(port, "DELETE", STREAM).status()).isEqualTo(204);
        stage.awaitClosed();
        var read = UiReading.of(unchunked(reader.rest()));
        assertThat(read.types()).endsWith("abort").doesNotContain("finish", "error");
        assertThat(read.done()).isFalse();
        assertThat(RawClient.get(port, STREAM).status()).isEqualTo(204);
        assertThat(JournalRig.request(port, "DELETE", STREAM).status()).isEqualTo(204);
        assertThat(stage.end(reader.id)).isEqualTo("cancelled");
      }
    }
  }

  @Test
  void aNewMessageReplacesTheAnswerThatIsWritten() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      String first;
      try (var reader = asking(stage)) {
        first = reader.id;
      }
      var client = new RawClient(stage.gateway.port());
      client.send(RawClient.request("POST", CHAT, question("And then?")));
      try (var second = new JournalStage.Reader(client, "One word")) {
        stage.awaitEnd(first, "cancelled");
        try (var third = new RawClient(stage.gateway.port())) {
          third.send(RawClient.request("GET", STREAM, ""));
          assertThat(JournalRig.id(third.head())).isEqualTo(second.id);
        }
      }
    }
  }

  @Test
  void aReaderOfTheAnswerBeforeDoesNotEndTheNewOne() throws Exception {
    try (var stage = new JournalStage(directory, ui("m"))) {
      try (var before = asking(stage)) {
        var client = new RawClient(stage.gateway.port());
        client.send(RawClient.request("POST", CHAT, question("And then?")));
        try (var second = new JournalStage.Reader(client, "One word")) {
          assertThat(UiReading.of(unchunked(before.rest())).types()).endsWith("abort");
          // It is in order, and asks again: that shows nothing about the new answer.
          before.client.send(RawClient.request("GET", STREAM, ""));
          assertThat(JournalRig.id(before.client.head())).isEqualTo(second.id);
        }
      }
    }
  }

  // ---------------------------------------------------------------- whose it is

  private static KeyConfig key(String name, String key) {
    return new KeyConfig(
        name, GatewayKey.hash(key), List.of(), List.of(), KeyConfig.KeyLimits.NONE);
  }

  @Test
  void aChatIsItsCallersAlone() throws Exception {
    UnaryOperator<GatewayConfig> change =
        config -> ui("m").apply(config).withKeys(List.of(key("a", KEY_A), key("b", KEY_B)));
    try (var stage = new JournalStage(directory, change)) {
      String a = "Authorization: Bearer " + KEY_A;
      String b = "Authorization: Bearer " + KEY_B;
      int port = stage.gateway.port();
      try (var reader = asking(stage, a)) {
        assertThat(RawClient.get(port, STREAM, b).status()).isEqualTo(204);
        assertThat(JournalRig.request(port, "DELETE", STREAM, b).status()).isEqualTo(204);
        assertThat(RawClient.get(port, STREAM).status()).isEqualTo(401);
        assertThat(RawClient.post(port, CHAT, question("x")).status()).isEqualTo(401);
        stage.go.release();
        assertThat(UiReading.of(unchunked(reader.rest())).done()).isTrue();
      }
      assertThat(stage.asked).hasValue(1);
    }
  }

  // ---------------------------------------------------------------- bad input

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{",
        "{\"id\":\"\",\"messages\":[{}]}",
        "{\"id\":\"c\"}",
        "{\"id\":\"c\",\"messages\":[]}",
        "{\"id\":\"c\",\"messages\":[1]}",
        "{\"id\":\"c\",\"messages\":[{\"role\":\"user\",\"parts\":[]}]}",
        "{\"id\":\"c\",\"messages\":[{\"role\":\"owner\",\"parts\":[]}]}",
        "{\"id\":\"c\",\"messages\":[{\"role\":\"user\",\"parts\":[{\"type\":\"file\","
            + "\"mediaType\":\"image/png\",\"url\":\"file:///etc/passwd\"}]}]}",
        "{\"id\":\"c\",\"temperature\":9,\"messages\":[{\"role\":\"user\","
            + "\"parts\":[{\"type\":\"text\",\"text\":\"x\"}]}]}",
        "{\"id\":\"c\",\"toolChoice\":\"some\",\"messages\":[{\"role\":\"user\","
            + "\"parts\":[{\"type\":\"text\",\"text\":\"x\"}]}]}",
      })
  void aBodyThatIsNoChatIsRefusedWithOneSentence(String body) throws Exception {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, WHOLE, ui("gpt-4.1-mini"))) {
      var response = post(rig.gateway.port(), body);
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.header("x-holdfast-refusal")).isEqualTo("bad-chat");
      assertThat(response.text()).contains("holdfast: ", ": must ");
      assertThat(rig.upstream.received()).isEmpty();
    }
  }

  @Test
  void otherMethodsAreRefused() throws Exception {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, WHOLE, ui("gpt-4.1-mini"))) {
      int port = rig.gateway.port();
      assertThat(RawClient.get(port, CHAT).status()).isEqualTo(405);
      assertThat(JournalRig.request(port, "PUT", STREAM).status()).isEqualTo(405);
    }
  }
}
