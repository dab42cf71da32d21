package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A server may repeat the words to go on from; the request may have begun the answer itself. */
class PrefillEchoTest {
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final String BEGUN = "Once upon a";
  private static final String FIRST =
      " time there was a small stream that ran down the hill past seven mills";
  private static final String REST = " and nobody had counted the stones in it.";

  static Stream<Arguments> protocols() {
    return SpokenEvents.ALL.stream()
        .flatMap(
            each -> Stream.of(Rung.PREFILL, Rung.CONTINUE).map(rung -> Arguments.of(each, rung)));
  }

  /** As llama.cpp's first delta does after a long prefill. */
  @ParameterizedTest
  @MethodSource("protocols")
  void anEchoOfThePrefillIsNeitherOverlapNorWaste(String dialect, Rung rung) {
    var wire = new SpokenEvents(dialect);
    var driven = begun(wire, "", rung, TokenCount.ESTIMATED);
    String delivered =
        (FIRST + ", " + FIRST.toUpperCase(Locale.ROOT)).repeat(3).strip() + " until the end";
    driven.bytes(wire.token(delivered)).fail(RESET).head(200).bytes(wire.head());
    int start = delivered.length();
    while (!driven.requests.getLast().contains("\"" + delivered.substring(0, start) + "\"")) {
      start--;
    }
    // The echo and the first token are one event.
    driven.bytes(wire.token(delivered + REST)).bytes(wire.end(false));
    if (driven.ending == null) {
      driven.end();
    }

    assertThat(driven.text.toString()).isEqualTo(delivered + REST);
    assertThat(driven.ending().seams().getFirst().overlap()).isEqualTo(delivered.length() - start);
    assertThat(driven.ending().waste().characters()).isEqualTo(delivered.length() - start);
  }

  /**
   * A request that begins the answer, to a server that repeats its words and to one that does not.
   */
  @ParameterizedTest
  @CsvSource({
    "openai-chat,true", "openai-chat,false",
    "anthropic-messages,true", "anthropic-messages,false",
    "openai-responses,true", "openai-responses,false",
    "gemini-sse,true", "gemini-sse,false",
    "gemini-interactions,true", "gemini-interactions,false",
    "ollama-chat,true", "ollama-chat,false",
  })
  void theRequestsOwnWordsAreAskedForOnce(String dialect, boolean echoes) {
    for (boolean parts : new boolean[] {false, true}) {
      var wire = new SpokenEvents(dialect);
      var count = echoes ? TokenCount.TIMINGS : TokenCount.ESTIMATED;
      var driven = begun(wire, turn(dialect, parts), Rung.PREFILL, count);
      String shown = echoes ? BEGUN : "";
      driven.bytes(wire.token(shown + " time")).bytes(wire.token(FIRST.substring(5)));
      driven.fail(RESET).head(200).bytes(wire.head());

      String request = driven.requests.getLast();
      String words = parts ? request.replace("\"},{\"text\":\"", "") : request;
      assertThat(words).contains(BEGUN + FIRST.substring(0, 20)).doesNotContain(BEGUN + BEGUN);
      assertThat(words.split(BEGUN, -1)).hasSize(2);

      int start = FIRST.length();
      while (!request.contains(FIRST.substring(1, start) + "\"")) {
        start--;
      }
      String echo = echoes ? BEGUN + FIRST.substring(0, start) : "";
      driven.bytes(wire.token(echo + FIRST.substring(start) + REST)).bytes(wire.end(false));
      if (driven.ending == null) {
        driven.end();
      }
      assertThat(driven.text.toString()).isEqualTo(shown + FIRST + REST);
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().seams().getFirst().overlap()).isEqualTo(FIRST.length() - start);
    }
  }

  private static Driven begun(SpokenEvents wire, String turn, Rung rung, TokenCount count) {
    String body = wire.request(10_000, "");
    if (!turn.isEmpty()) {
      body =
          body.contains("\"input\":\"Tell\"")
              ? body.replace("\"input\":\"Tell\"", "\"input\":[" + turn + "]")
              : body.substring(0, body.lastIndexOf(']'))
                  + ","
                  + turn
                  + body.substring(body.lastIndexOf(']'));
    }
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat(wire.dialect()),
                body,
                new Capability(List.of(rung), Prefill.PLAIN, "", count),
                StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    return driven.head(200).bytes(wire.head());
  }

  private static String turn(String dialect, boolean parts) {
    String one = "[{\"type\":\"text\",\"text\":\"" + BEGUN + "\"}]";
    String content = parts ? one : "\"" + BEGUN + "\"";
    return switch (dialect) {
      case "openai-responses" ->
          "{\"type\":\"message\",\"role\":\"assistant\",\"content\":" + content + "}";
      case "gemini-sse" ->
          parts
              ? "{\"role\":\"model\",\"parts\":[{\"text\":\"Once \"},{\"text\":\"upon a\"}]}"
              : "{\"role\":\"model\",\"parts\":[{\"text\":\"" + BEGUN + "\"}]}";
      case "gemini-interactions" -> "{\"type\":\"model_output\",\"content\":" + one + "}";
      default -> "{\"role\":\"assistant\",\"content\":" + content + "}";
    };
  }
}
