package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tool calls at the endpoint for the AI SDK. */
@Timeout(120)
class UiToolsTest {
  private static final String CHAT = "/ui/chat";
  private static final String STREAM = "/ui/chat/c/stream";
  private static final Answer CALLS =
      new Answer(
          List.of(
              new AnswerPart.Token("I look "),
              new AnswerPart.Token("it up."),
              new AnswerPart.Tool("call_1", "weather", List.of("{\"city\":", "\"Brest\"}")),
              new AnswerPart.Tool("call_2", "tide", List.of("{\"port\":1", "2}"))));
  private static final String QUESTION =
      "{\"id\":\"u1\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"Can we sail?\"}]}";

  @TempDir private Path directory;

  private UnaryOperator<GatewayConfig> ui(Protocol protocol) {
    String model = protocol == Protocol.OPENAI_CHAT ? "gpt-4.1-mini" : "claude-haiku-4-5";
    return config ->
        JournalRig.journal(directory).apply(config).withUi(UiConfig.DEFAULT.withModel(model));
  }

  private static String posted(String messages) {
    return "{\"id\":\"c\",\"messages\":[" + messages + "]}";
  }

  private static UiReading post(int port, String messages) throws IOException {
    var response = RawClient.post(port, CHAT, posted(messages));
    assertThat(response.status()).as(response.text()).isEqualTo(200);
    return UiReading.of(response.text());
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"OPENAI_CHAT", "ANTHROPIC_MESSAGES"})
  void aToolIsCalledOnceItsAnswerIsWhole(Protocol protocol) throws Exception {
    var server = FaultServer.builder().answer(CALLS).start();
    try (var rig = new Rig(server, protocol, ui(protocol))) {
      var read = post(rig.gateway.port(), QUESTION);
      assertThat(read.types())
          .containsExactly(
              "start",
              "start-step",
              "text-start",
              "text-delta",
              "text-end",
              "tool-input-start",
              "tool-input-delta",
              "tool-input-start",
              "tool-input-delta",
              "tool-input-available",
              "tool-input-available",
              "finish-step",
              "finish");
      var weather = read.first("tool-input-available");
      assertThat(weather.text("toolCallId")).isEqualTo("call_1");
      assertThat(weather.text("toolName")).isEqualTo("weather");
      assertThat(weather.get("input")).isEqualTo(Json.parse("{\"city\":\"Brest\"}"));
      assertThat(read.joined("tool-input")).isEqualTo("{\"city\":\"Brest\"}{\"port\":12}");
      assertThat(read.first("finish").text("finishReason")).isEqualTo("tool-calls");
      assertThat(read.done()).isTrue();
    }
  }

  @Test
  void aToolWhoseAnswerIsCutIsNeverCalled() throws Exception {
    var faults = new ArrayList<String>();
    for (int i = 0; i < 20; i++) {
      faults.add("cut-tool@pieces=1");
    }
    var server =
        FaultServer.builder()
            .answer(CALLS)
            .script(Script.of(faults.toArray(String[]::new)))
            .start();
    try (var rig = new Rig(server, Protocol.OPENAI_CHAT, ui(Protocol.OPENAI_CHAT))) {
      var read = post(rig.gateway.port(), QUESTION);
      assertThat(read.types())
          .contains("text-delta")
          .endsWith("error")
          .doesNotContain("tool-input-available", "tool-input-error", "finish");
    }
  }

  private static final String ANSWERED =
      "{\"id\":\"msg-7\",\"role\":\"assistant\",\"parts\":[{\"type\":\"step-start\"},"
          + "{\"type\":\"text\",\"text\":\"I look it up.\",\"state\":\"done\"},"
          + "{\"type\":\"tool-weather\",\"toolCallId\":\"call_1\",\"state\":\"output-available\","
          + "\"input\":{\"city\":\"Brest\"},\"output\":{\"wind\":3}},"
          + "{\"type\":\"tool-tide\",\"toolCallId\":\"call_2\",\"state\":\"output-error\","
          + "\"input\":{\"port\":12},\"errorText\":\"no such port\"},"
          + "{\"type\":\"tool-map\",\"toolCallId\":\"call_3\",\"state\":\"input-available\","
          + "\"input\":{}}]}";

  @Test
  void anAnswerAfterToolsContinuesTheirMessage() throws Exception {
    var server = FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).start();
    try (var rig = new Rig(server, Protocol.OPENAI_CHAT, ui(Protocol.OPENAI_CHAT))) {
      var read = post(rig.gateway.port(), QUESTION + "," + ANSWERED);
      assertThat(read.first("start").text("messageId")).isEqualTo("msg-7");
      assertThat(read.types()).startsWith("start", "start-step", "text-start");
      String sent = rig.upstream.received().getFirst().body();
      assertThat(((Json.Obj) Json.parse(sent)).array("messages"))
          .isEqualTo(
              Json.parse(
                  """
                  [{"role":"user","content":"Can we sail?"},
                   {"role":"assistant","content":"I look it up.","tool_calls":[
                     {"id":"call_1","type":"function",
                      "function":{"name":"weather","arguments":"{\\"city\\":\\"Brest\\"}"}},
                     {"id":"call_2","type":"function",
                      "function":{"name":"tide","arguments":"{\\"port\\":12}"}}]},
                   {"role":"tool","tool_call_id":"call_1","content":"{\\"wind\\":3}"},
                   {"role":"tool","tool_call_id":"call_2","content":"no such port"}]
                  """));
    }
  }

  @Test
  void aPageThatIsReloadedAfterToolsReceivesTheWholeMessage() throws Exception {
    UnaryOperator<GatewayConfig> change = ui(Protocol.OPENAI_CHAT);
    try (var stage = new JournalStage(directory, change)) {
      var client = new RawClient(stage.gateway.port());
      client.send(RawClient.request("POST", CHAT, posted(QUESTION + "," + ANSWERED)));
      String id;
      try (var first = new JournalStage.Reader(client, "One word")) {
        id = first.id;
      }
      stage.go.release();
      stage.awaitEnd(id, "complete");
      var read = UiReading.of(RawClient.get(stage.gateway.port(), STREAM).text());
      assertThat(read.types())
          .containsExactly(
              "start",
              "start-step",
              "text-start",
              "text-delta",
              "text-end",
              "tool-input-start",
              "tool-input-delta",
              "tool-output-available",
              "tool-input-start",
              "tool-input-delta",
              "tool-output-error",
              "start-step",
              "text-start",
              "text-delta",
              "text-end",
              "finish-step",
              "finish");
      assertThat(read.first("start").text("messageId")).isEqualTo("msg-7");
      assertThat(read.text()).isEqualTo("I look it up." + JournalStage.TEXT);
      assertThat(read.first("tool-output-available").get("output"))
          .isEqualTo(Json.parse("{\"wind\":3}"));
    }
  }
}
