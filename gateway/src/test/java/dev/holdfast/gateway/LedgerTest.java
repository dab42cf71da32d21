package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.MemoryLimits;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.message.UsageAsk;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stream has cost is known, and what is kept of a request is bounded. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class LedgerTest {
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  private static final String UNASKED =
      "{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"messages\":"
          + "[{\"role\":\"user\",\"content\":\"What did he write?\"}]}";

  private static String chunk(String choices, String more) {
    return "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
        + "\"choices\":"
        + choices
        + more
        + "}\n\n";
  }

  private static String answer(String more) {
    return chunk(
            "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"One word \"},"
                + "\"finish_reason\":null}]",
            more)
        + chunk("[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]", more);
  }

  private static final String USAGE =
      chunk(
          "[]",
          ",\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,\"total_tokens\":16,"
              + "\"prompt_tokens_details\":{\"cached_tokens\":4},"
              + "\"completion_tokens_details\":{\"reasoning_tokens\":3}}");

  private static final String DONE = "data: [DONE]\n\n";

  /** A gateway before an upstream, with what it logs. */
  private static final class Stage implements AutoCloseable {
    final LinkedBlockingQueue<String> log = new LinkedBlockingQueue<>();
    final ScriptedUpstream upstream;
    final Gateway gateway;

    Stage(ScriptedUpstream.Reply reply, UnaryOperator<GatewayConfig> change) throws IOException {
      Leaks.watch();
      upstream = new ScriptedUpstream(reply);
      gateway =
          Gateway.builder(change.apply(RelayTest.config(upstream, "openai-chat", "/v1")))
              .accessLog(log::add)
              .start();
    }

    RawClient.Response ask(String body) throws IOException {
      return RawClient.post(gateway.port(), "/v1/chat/completions", body);
    }

    Json.Obj line() throws Exception {
      String line = log.poll(60, TimeUnit.SECONDS);
      assertThat(line).isNotNull();
      return (Json.Obj) Json.parse(line);
    }

    @Override
    public void close() {
      gateway.close();
      upstream.close();
    }
  }

  private static ScriptedUpstream.Reply sending(String... responses) {
    var next = new AtomicInteger();
    return (request, connection) -> {
      String response = responses[Math.min(next.getAndIncrement(), responses.length - 1)];
      connection.getOutputStream().write(response.getBytes(StandardCharsets.UTF_8));
      connection.shutdownOutput();
    };
  }

  // ---------------------------------------------------------------- asking, and hiding it

  @Test
  void tokensAreAskedForOnTheClientsBehalfAndHiddenFromIt() throws Exception {
    String asked = answer(",\"usage\":null") + USAGE + DONE;
    try (var stage = new Stage(sending(HEAD + asked), config -> config)) {
      assertThat(stage.ask(UNASKED).text()).isEqualTo(answer("") + DONE);
      assertThat(stage.upstream.requests().getFirst())
          .endsWith("{\"stream_options\":{\"include_usage\":true}," + UNASKED.substring(1));
      var line = stage.line();
      assertThat(line.text("usage")).isEqualTo("reported");
      assertThat(line.number("input_tokens", -1)).isEqualTo(11);
      assertThat(line.number("output_tokens", -1)).isEqualTo(5);
      assertThat(line.number("cached_tokens", -1)).isEqualTo(4);
      assertThat(line.number("reasoning_tokens", -1)).isEqualTo(3);
      assertThat(line.has("cache_write_tokens")).isFalse();
    }
  }

  /** What was read of a cache, written to one, and reasoned, by the names of each protocol. */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "anthropic-messages, 4, 6, -1",
    "openai-responses, 4, -1, 3",
    "gemini-sse, 4, -1, 3",
  })
  void tokensOfCachesAndOfReasoningAreThoseOfTheProtocol(
      String id, long cached, long written, long reasoning) throws Exception {
    var protocol = Protocol.of(id);
    var log = new LinkedBlockingQueue<String>();
    Leaks.watch();
    try (var upstream = new ScriptedUpstream(sending(HEAD + answerOf(protocol)));
        var gateway =
            Gateway.builder(
                    RelayTest.config(
                        upstream, id, protocol.root().isEmpty() ? "" : "/" + protocol.root()))
                .accessLog(log::add)
                .start()) {
      var response = RawClient.post(gateway.port(), Rig.path(protocol), Rig.body(protocol));
      assertThat(response.status()).as(response.text()).isEqualTo(200);
      var line = (Json.Obj) Json.parse(log.poll(60, TimeUnit.SECONDS));
      assertThat(line.text("usage")).isEqualTo("reported");
      assertThat(line.number("output_tokens", -1)).isEqualTo(5);
      assertThat(line.number("cached_tokens", -1)).isEqualTo(cached);
      assertThat(line.number("cache_write_tokens", -1)).isEqualTo(written);
      assertThat(line.number("reasoning_tokens", -1)).isEqualTo(reasoning);
    }
  }

  private static String answerOf(Protocol protocol) {
    return switch (protocol) {
      case ANTHROPIC_MESSAGES ->
          """
          event: message_start
          data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",\
          "model":"c","content":[],"stop_reason":null,"usage":{"input_tokens":11,\
          "cache_creation_input_tokens":6,"cache_read_input_tokens":4,"output_tokens":1}}}

          event: content_block_start
          data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

          event: content_block_delta
          data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"One"}}

          event: content_block_stop
          data: {"type":"content_block_stop","index":0}

          event: message_delta
          data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},\
          "usage":{"output_tokens":5}}

          event: message_stop
          data: {"type":"message_stop"}

          """;
      case OPENAI_RESPONSES ->
          """
          event: response.created
          data: {"type":"response.created","sequence_number":0,"response":{"id":"r","object":\
          "response","status":"in_progress","model":"m","output":[]}}

          event: response.output_text.delta
          data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"i",\
          "output_index":0,"content_index":0,"delta":"One"}

          event: response.completed
          data: {"type":"response.completed","sequence_number":2,"response":{"id":"r","object":\
          "response","status":"completed","model":"m","output":[{"type":"message","id":"i",\
          "role":"assistant","status":"completed","content":[{"type":"output_text","text":"One"}]}],\
          "usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,\
          "output_tokens_details":{"reasoning_tokens":3},"total_tokens":16}}}

          """;
      case GEMINI_SSE ->
          """
          data: {"candidates":[{"content":{"parts":[{"text":"One"}],"role":"model"},\
          "finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":11,\
          "cachedContentTokenCount":4,"candidatesTokenCount":2,"thoughtsTokenCount":3,\
          "totalTokenCount":16},"modelVersion":"g"}

          """;
      case OPENAI_CHAT, GEMINI_JSON_ARRAY, OLLAMA_CHAT ->
          throw new IllegalArgumentException("protocol: must have such tokens, was " + protocol);
    };
  }

  @Test
  void aClientThatAsksReceivesThem() throws Exception {
    String body = answer(",\"usage\":null") + USAGE + DONE;
    try (var stage = new Stage(sending(HEAD + body), config -> config)) {
      assertThat(stage.ask(Rig.body(Protocol.OPENAI_CHAT)).text()).isEqualTo(body);
      assertThat(stage.upstream.requests().getFirst()).endsWith(Rig.body(Protocol.OPENAI_CHAT));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 422})
  void aServerThatRefusesToBeAskedReceivesTheClientsOwnRequest(int status) throws Exception {
    String refusal = "HTTP/1.1 " + status + " No\r\nContent-Length: 5\r\n\r\nextra";
    try (var stage =
        new Stage(
            sending(refusal, HEAD + answer("") + DONE, HEAD + answer("") + DONE),
            config -> config)) {
      var response = stage.ask(UNASKED);
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.text()).isEqualTo(answer("") + DONE);
      assertThat(stage.upstream.requests().get(1)).endsWith("\r\n\r\n" + UNASKED);
      assertThat(stage.line().number("attempts", -1)).isEqualTo(1);
      // It is not asked again.
      assertThat(stage.ask(UNASKED).status()).isEqualTo(200);
      assertThat(stage.upstream.requests()).hasSize(3);
      assertThat(stage.upstream.requests().get(2)).endsWith("\r\n\r\n" + UNASKED);
      // What no provider reported is estimated, and never zero.
      var line = stage.line();
      assertThat(line.text("usage")).isEqualTo("estimated");
      assertThat(line.number("output_tokens", -1)).isEqualTo(3);
      assertThat(line.number("input_tokens", -1)).isEqualTo((UNASKED.length() + 3) / 4);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"error\":{\"message\":\"Unrecognized request argument supplied: stream_options\"}};2",
        "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"stream_options\"]}]};2",
        "{\"error\":\"json: unknown field\"};2",
        "<html>Bad Request</html>;2",
        "``;2",
        "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens.\"}};1",
        "{\"error\":{\"message\":\"messages: must not be empty\",\"param\":\"messages\"}};1",
      })
  void aRefusalForAnotherReasonIsNotAskedTwice(String refusal, int requests) throws Exception {
    String bytes =
        "HTTP/1.1 400 No\r\nContent-Length: " + refusal.length() + "\r\nX-Own: 1\r\n\r\n" + refusal;
    try (var stage = new Stage(sending(bytes, HEAD + answer("") + DONE), config -> config)) {
      var response = stage.ask(UNASKED);
      assertThat(stage.upstream.requests()).hasSize(requests);
      assertThat(response.status()).isEqualTo(requests == 1 ? 400 : 200);
      if (requests == 1) {
        assertThat(response.text()).isEqualTo(refusal);
        assertThat(response.header("x-own")).isEqualTo("1");
      }
    }
  }

  @Test
  void aRefusalOfBothIsThatOfTheClientsOwnRequest() throws Exception {
    String first = "HTTP/1.1 400 No\r\nContent-Length: 5\r\n\r\nextra";
    String second = "HTTP/1.1 400 No\r\nContent-Length: 5\r\nX-Own: 1\r\n\r\nmodel";
    try (var stage = new Stage(sending(first, second), config -> config)) {
      var response = stage.ask(UNASKED);
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.text()).isEqualTo("model");
      assertThat(response.header("x-own")).isEqualTo("1");
      var line = stage.line();
      assertThat(line.text("usage")).isEqualTo("unknown");
      assertThat(line.has("input_tokens")).isFalse();
      assertThat(line.has("output_tokens")).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"a\":1};{\"stream_options\":{\"include_usage\":true},\"a\":1}",
        "{ };{\"stream_options\":{\"include_usage\":true} }",
        "{\"stream_options\":null};{\"stream_options\":{\"include_usage\":true}}",
        "{\"stream_options\": {} ,\"a\":\"}\"};{\"stream_options\": {\"include_usage\":true} ,\"a\":\"}\"}",
        "{\"stream_options\":{\"x\":{\"include_usage\":1}}};"
            + "{\"stream_options\":{\"include_usage\":true,\"x\":{\"include_usage\":1}}}",
        "{\"stream_options\":{\"include_usage\":false}};{\"stream_options\":{\"include_usage\":true}}",
        "{\"m\":{\"stream_options\":1}};"
            + "{\"stream_options\":{\"include_usage\":true},\"m\":{\"stream_options\":1}}",
        "{\"m\":\"stream_options\"};"
            + "{\"stream_options\":{\"include_usage\":true},\"m\":\"stream_options\"}",
        "{\"stream_options\":3};-",
        "{\"stream_options\":{},\"stream_options\":{}};-",
        "[1];-"
      })
  void askingChangesNothingElse(String body, String asking) {
    byte[] changed = UsageAsk.added(body.getBytes(StandardCharsets.UTF_8));
    assertThat(changed == null ? "-" : new String(changed, StandardCharsets.UTF_8))
        .isEqualTo(asking);
  }

  @Test
  void tokensOfEveryAttemptAreCounted() throws Exception {
    try (var rig = new Rig(Protocol.ANTHROPIC_MESSAGES, Script.of("cut-fin@token=12"))) {
      assertThat(rig.ask(Protocol.ANTHROPIC_MESSAGES).status()).isEqualTo(200);
      while (rig.log.isEmpty()) {
        Thread.onSpinWait();
      }
      var line = (Json.Obj) Json.parse(rig.log.remove());
      assertThat(line.text("outcome")).isEqualTo("recovered");
      assertThat(line.number("input_tokens", -1)).isPositive();
      assertThat(line.number("output_tokens", -1)).isPositive();
      String metrics =
          new String(
              rig.gateway.management().resolve("/metrics").toURL().openStream().readAllBytes(),
              StandardCharsets.UTF_8);
      assertThat(metrics)
          .containsPattern("holdfast_gateway_tokens_total\\{kind=\"output\",source=\"[a-z]+\"} \\d")
          .contains("holdfast_gateway_request_bytes 0");
    }
  }

  // ---------------------------------------------------------------- repair

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aServerThatBreaksClientsIsWrittenAnew(boolean repair) throws Exception {
    // Complete, but without the names of its events, and with a doubled start and end.
    String start =
        "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\","
            + "\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,"
            + "\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n";
    String stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    String body =
        "event: message_start\n"
            + start
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
            + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
            + "\"delta\":{\"type\":\"text_delta\",\"text\":\"Once\"},\"extra\":1}\n\n"
            + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
            + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":"
            + "{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\n"
            + stop
            + stop;
    try (var upstream = ScriptedUpstream.answering(HEAD + body);
        var gateway =
            Gateway.start(
                GatewayConfig.DEFAULT.withUpstreams(
                    List.of(
                        UpstreamConfig.parse(
                                "anthropic-messages=http://127.0.0.1:" + upstream.port() + "/v1")
                            .withRepair(repair))))) {
      var response =
          RawClient.post(gateway.port(), "/v1/messages", Rig.body(Protocol.ANTHROPIC_MESSAGES));
      assertThat(Reading.of("anthropic-messages", response.body()).text()).isEqualTo("Once");
      assertThat(response.text().contains("\"extra\":1")).isEqualTo(!repair);
      assertThat(response.text().split("event: message_stop", -1)).hasSize(2);
    }
  }

  // ---------------------------------------------------------------- the memory of requests

  private static UnaryOperator<GatewayConfig> room(long bytes) {
    return config -> config.withLimits(config.limits().withMemory(new MemoryLimits(bytes, 0, 0)));
  }

  @Test
  void aBodyIsKeptOnceOutsideOfTheHeapAndGoneWithItsStream() throws Exception {
    String text = "word ".repeat(20_000);
    String body = UNASKED.replace("What did he write?", text);
    var silent = new CountDownLatch(1);
    try (var stage =
            new Stage(
                (request, connection) -> {
                  connection
                      .getOutputStream()
                      .write((HEAD + answer("")).getBytes(StandardCharsets.UTF_8));
                  connection.getOutputStream().flush();
                  silent.await();
                },
                config -> config);
        var client = new RawClient(stage.gateway.port())) {
      client.send(RawClient.request("POST", "/v1/chat/completions", body));
      assertThat(client.head().status()).isEqualTo(200);
      assertThat(stage.gateway.keptRequestBytes()).isEqualTo(body.length());
      silent.countDown();
      client.socket().close();
      stage.line();
      assertThat(stage.gateway.keptRequestBytes()).isZero();
    }
    assertThat(Leaks.found()).isEmpty();
  }

  @Test
  void overTheCapAStreamRunsWithoutRecoveryAndReportsIt() throws Exception {
    String cut = HEAD + answer("").substring(0, answer("").indexOf("\n\n") + 2);
    try (var stage = new Stage(sending(cut), room(10))) {
      var response = stage.ask(UNASKED);
      assertThat(response.header("x-holdfast-recovery")).isEqualTo("off, memory");
      assertThat(response.text()).contains("One word", "\"error\"").doesNotContain("[DONE]");
      var line = stage.line();
      assertThat(line.text("recovery")).isEqualTo("off, memory");
      assertThat(line.text("outcome")).isEqualTo("truncated");
      assertThat(stage.upstream.requests()).hasSize(1);
      assertThat(stage.gateway.keptRequestBytes()).isZero();
    }
    // A whole answer is as whole as with recovery.
    try (var stage =
        new Stage(sending(HEAD + answer(",\"usage\":null") + USAGE + DONE), room(10))) {
      assertThat(stage.ask(UNASKED).text()).isEqualTo(answer("") + DONE);
    }
  }

  /** An error of the provider may repeat the prompt, which is not there any more. */
  @Test
  void overTheCapNothingOfAnErrorThatMayQuoteThePromptIsShown() throws Exception {
    String error = "data: {\"error\":{\"message\":\"bad: What did he write?\",\"type\":\"x\"}}\n\n";
    String cut = HEAD + answer("").substring(0, answer("").indexOf("\n\n") + 2) + error;
    try (var stage = new Stage(sending(cut), room(10))) {
      assertThat(stage.ask(UNASKED).text()).contains("\"error\"").doesNotContain("What did he");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cut-fin@head",
        "cut-rst@token=5",
        "end-early@finish",
        "error-event@token=3",
        "status@code=401",
        "none"
      })
  void nothingIsKeptAfterAnyKindOfEnd(String fault) throws Exception {
    for (var protocol : List.of(Protocol.OPENAI_CHAT, Protocol.GEMINI_SSE, Protocol.OLLAMA_CHAT)) {
      var script = fault.equals("none") ? Script.healthy() : Script.of(fault);
      try (var rig = new Rig(protocol, script)) {
        assertThat(rig.ask(protocol).status()).isNotZero();
        while (rig.log.isEmpty()) {
          Thread.onSpinWait();
        }
        assertThat(rig.gateway.keptRequestBytes()).isZero();
      }
    }
  }
}
