package dev.holdfast.gateway.ui;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.json.Json;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Chats in the words of a provider's protocol. */
class UiRequestTest {
  private static final List<UpstreamConfig> OPENAI =
      List.of(UpstreamConfig.parse("openai-chat=http://127.0.0.1:9/v1"));
  private static final List<UpstreamConfig> ANTHROPIC =
      List.of(UpstreamConfig.parse("anthropic-messages=http://127.0.0.1:9/v1"));
  private static final UiConfig CONFIG = UiConfig.DEFAULT.withModel("m");

  private static final String CHAT =
      """
      {"id":"c","trigger":"submit-message","temperature":0.5,"maxOutputTokens":100,
       "toolChoice":{"type":"tool","toolName":"tide"},
       "tools":[{"name":"tide","description":"when","inputSchema":{"type":"object"}}],
       "messages":[
        {"id":"s","role":"system","parts":[{"type":"text","text":"Be brief."}]},
        {"id":"u","role":"user","parts":[
          {"type":"text","text":"What is this?"},
          {"type":"data-note","data":1},
          {"type":"file","mediaType":"image/png","url":"data:image/png;base64,AAAA"}]},
        {"id":"a","role":"assistant","parts":[
          {"type":"step-start"},
          {"type":"reasoning","text":"Hm."},
          {"type":"dynamic-tool","toolName":"tide","toolCallId":"t1","state":"output-available",
           "input":{"port":1},"output":"low",
           "callProviderMetadata":{"holdfast":{"signature":"[]"}}},
          {"type":"step-start"},
          {"type":"text","text":"A harbour."}]},
        {"id":"v","role":"user","parts":[{"type":"text","text":"Which?"}]}]}
      """;

  private static UiRequest of(String chat, UiConfig config, List<UpstreamConfig> upstreams) {
    return UiRequest.of(chat.getBytes(StandardCharsets.UTF_8), config, upstreams);
  }

  private static Json.Obj body(UiRequest request) throws Json.MalformedException {
    return (Json.Obj) Json.parse(new String(request.body(), StandardCharsets.UTF_8));
  }

  @Test
  void aChatBecomesChatCompletions() throws Exception {
    var request = of(CHAT, CONFIG, OPENAI);
    assertThat(request.path().path()).isEqualTo("/v1/chat/completions");
    var body = body(request);
    assertThat(body.text("model")).isEqualTo("m");
    assertThat(body.get("stream")).isEqualTo(new Json.Bool(true));
    assertThat(body.number("max_tokens", 0)).isEqualTo(100);
    assertThat(body.get("tool_choice"))
        .isEqualTo(Json.parse("{\"type\":\"function\",\"function\":{\"name\":\"tide\"}}"));
    assertThat(body.get("messages"))
        .isEqualTo(
            Json.parse(
                """
                [{"role":"system","content":"Be brief."},
                 {"role":"user","content":[
                  {"type":"text","text":"What is this?"},
                  {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
                 {"role":"assistant","content":null,"tool_calls":[
                  {"id":"t1","type":"function",
                   "function":{"name":"tide","arguments":"{\\"port\\":1}"}}]},
                 {"role":"tool","tool_call_id":"t1","content":"low"},
                 {"role":"assistant","content":"A harbour."},
                 {"role":"user","content":"Which?"}]
                """));
  }

  @Test
  void aChatBecomesMessages() throws Exception {
    var request = of(CHAT, CONFIG, ANTHROPIC);
    assertThat(request.path().path()).isEqualTo("/v1/messages");
    var body = body(request);
    assertThat(body.text("system")).isEqualTo("Be brief.");
    assertThat(body.number("max_tokens", 0)).isEqualTo(100);
    assertThat(request.headers(new DefaultHttpHeaders()).get("anthropic-version")).isNotBlank();
    assertThat(requireNonNull(body.array("messages")).items()).hasSize(5);
  }

  @Test
  void aProviderReceivesNothingOfTheBrowser() {
    var posted =
        new DefaultHttpHeaders()
            .set("authorization", "Bearer sk-1")
            .set("cookie", "session=1")
            .set("origin", "http://page")
            .set("referer", "http://page/chat")
            .set("user-agent", "Mozilla")
            .set("sec-fetch-mode", "cors")
            .set("accept-encoding", "br")
            .set("traceparent", "00-1");
    var sent = of(CHAT, CONFIG, OPENAI).headers(posted);
    assertThat(sent.names())
        .containsExactlyInAnyOrder("authorization", "traceparent", "content-type", "accept");
  }

  @Test
  void theGatewaysSystemPromptIsTheOnlyOne() throws Exception {
    var config = CONFIG.withSystem("Ours.");
    assertThatThrownBy(() -> of(CHAT, config, OPENAI))
        .hasMessage("system: must be left to the gateway, which has one, was in the request");
    var body =
        body(
            of(
                "{\"id\":\"c\",\"messages\":[{\"role\":\"user\","
                    + "\"parts\":[{\"type\":\"text\",\"text\":\"x\"}]}]}",
                config,
                OPENAI));
    assertThat(requireNonNull(body.array("messages")).items().getFirst())
        .isEqualTo(Json.parse("{\"role\":\"system\",\"content\":\"Ours.\"}"));
  }

  @Test
  void noModelIsAnErrorOfOneSentence() {
    assertThatThrownBy(() -> of(CHAT, UiConfig.DEFAULT, OPENAI))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("model: must not be blank, was ''");
  }
}
