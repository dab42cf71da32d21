package dev.holdfast.blackbox.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Tool;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.testkit.proxy.Cut;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tool calls that the engine's grammar makes: its schema allows one spelling of the arguments, so
 * that the call is known to the letter.
 */
@Timeout(120)
@Tag("slow")
final class EngineToolsTest {
  private static final String SCHEMA =
      """
      {"type":"object","properties":{\
      "city":{"type":"string","enum":["Lisbon on the Tagus"]},\
      "unit":{"type":"string","enum":["celsius"]}},\
      "required":["city","unit"],"additionalProperties":false}\
      """;

  private static final String ARGUMENTS = "{\"city\":\"Lisbon on the Tagus\",\"unit\":\"celsius\"}";

  private static final int CUTS = Boolean.getBoolean("holdfast.long") ? 8 : 2;

  /**
   * The template allows any number of calls in a row: the limit ends the answer after the first.
   */
  private static final int LIMIT = 33;

  private static final long SEED = Long.getLong("holdfast.seed", 1);

  private static CutStreams streams;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    streams =
        new CutStreams(
            Engine.start(
                "-m",
                "gpt-2.gguf",
                "--jinja",
                "--chat-template-file",
                "llama.cpp/models/templates/meetkai-functionary-medium-v3.2.jinja"));
  }

  @AfterAll
  static void end() throws IOException {
    if (streams != null) {
      streams.close();
      streams.engine().close();
    }
  }

  private static ChatRequest request(int limit) {
    return ChatRequest.to("gpt-2.gguf")
        .user("What is the weather in Lisbon?")
        .tool(new Tool("get_weather", "The weather in a city", SCHEMA))
        .toolChoice(ToolChoice.required())
        .parallelToolCalls(false)
        .temperature(0)
        .maxTokens(limit)
        .build();
  }

  private static Outcome run(String protocol, int limit, List<Cut> cuts) {
    var rungs = List.of(Rung.REPLAY);
    var plan = streams.plan(rungs, cuts);
    try (Holdfast holdfast = streams.client(protocol, CutStreams.able(rungs), plan.baseUrl());
        var stream = holdfast.stream(request(limit))) {
      return stream.outcome();
    }
  }

  /** {@return how many calls were handed over, each of which is right} */
  private static int whole(Outcome outcome) throws Json.MalformedException {
    for (ToolCall call : outcome.toolCalls()) {
      assertThat(call.name()).isEqualTo("get_weather");
      assertThat(Json.parse(call.arguments())).isEqualTo(Json.parse(ARGUMENTS));
    }
    return outcome.toolCalls().size();
  }

  @ParameterizedTest
  @ValueSource(strings = {Ask.CHAT, Ask.MESSAGES, Ask.RESPONSES})
  void aCallThatWasCutAnywhereIsHandedOverWholeAndOnce(String protocol)
      throws Json.MalformedException {
    var uncut = run(protocol, LIMIT, List.of());
    assertThat(whole(uncut)).as("%s", uncut).isEqualTo(1);

    var random = new SplittableRandom(SEED);
    for (int i = 0; i < CUTS; i++) {
      var end = random.nextBoolean() ? Cut.End.FIN : Cut.End.RST;
      var cuts = List.of(Cut.atByte(random.nextLong(1, 3000), end));
      var outcome = run(protocol, LIMIT, cuts);
      assertThat(outcome.isComplete()).as("%s, seed %d: %s", cuts, SEED, outcome).isTrue();
      assertThat(whole(outcome)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Ask.CHAT, Ask.MESSAGES, Ask.RESPONSES})
  void aCallThatTheLimitEndedIsNotHandedOver(String protocol) {
    for (int limit : new int[] {6, 10, 15, 20}) {
      var outcome = run(protocol, limit, List.of());

      assertThat(outcome.toolCalls()).as("%d tokens: %s", limit, outcome).isEmpty();
      // In Responses the server calls the answer completed, and its arguments are no JSON.
      assertThat(outcome.isComplete()).isEqualTo(!protocol.equals(Ask.RESPONSES));
      if (outcome.isComplete()) {
        assertThat(outcome.finish().orElseThrow().reason()).isEqualTo(Finish.Reason.LENGTH);
      }
    }
  }
}
