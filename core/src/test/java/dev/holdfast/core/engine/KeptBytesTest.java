package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cursor of servers that keep the bytes of an answer under a name: llama.cpp. */
class KeptBytesTest {
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final String START = "Once upon a time there was a small stream that ran down";

  private static Driven begun(String dialect, String body, Rung... rungs) {
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat(dialect),
                body,
                new Capability(List.of(rungs), Prefill.PLAIN),
                StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    return driven;
  }

  private static ProviderRequest last(Driven driven) {
    return driven.calls.getLast();
  }

  private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";

  private String chunk(String text) {
    return "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n"
        .formatted(text);
  }

  private static final String END =
      """
      data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  @ParameterizedTest
  @CsvSource({"0", "1", "20", "80", "90"})
  void theBodyContinuesAfterTheLastWholeFrame(int beyond) {
    var driven = begun("openai-chat", BODY, Rung.CURSOR, Rung.ANCHOR);
    String name = last(driven).headers().get("X-Conversation-Id");
    assertThat(name).matches("[0-9a-f]{32}");
    String body = chunk("Hel") + chunk("lo ") + chunk("the") + chunk("re") + END;
    int whole = (chunk("Hel") + chunk("lo ")).length();
    int cut = Math.min(whole + beyond, whole + chunk("the").length() - 1);

    driven.head(200).bytes(body.substring(0, cut)).fail(RESET);
    assertThat(last(driven).path()).isEqualTo("stream?conv_id=" + name + "&from=0");
    driven.head(200).bytes(body.substring(0, body.length() - 20)).fail(RESET);
    String path = last(driven).path();
    int from = Integer.parseInt(path.substring(path.lastIndexOf('=') + 1));
    driven.head(200).bytes(body.substring(from));

    assertThat(driven.text).hasToString("Hello there");
    assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
  }

  /** Enough bytes to be sure of the place, and no more. */
  @Test
  void theLastBytesMustComeAgain() {
    var driven = begun("openai-chat", BODY, Rung.CURSOR, Rung.ANCHOR);
    var words = new StringBuilder();
    var said = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      words.append("word ").append(i).append(' ');
      said.append(chunk("word " + i + " "));
    }

    driven.head(200).bytes(said.toString()).fail(RESET);
    assertThat(last(driven).path()).endsWith("&from=" + (said.length() - 1024));
    driven.head(200).bytes(said.substring(said.length() - 1024) + chunk("there") + END);

    assertThat(driven.text).hasToString(words + "there");
  }

  /** What comes again proves the place. A break in it proves nothing against the cursor. */
  @Test
  void aBodyThatBreaksInWhatComesAgainIsAskedForOnceMore() {
    var driven = begun("openai-chat", BODY, Rung.CURSOR);
    String said = chunk("Hello ");

    driven.head(200).bytes(said).fail(RESET);
    driven.head(200).bytes(said.substring(0, 20)).fail(RESET);
    driven.pass(Duration.ofSeconds(30));
    driven.head(200).bytes(said + chunk("there") + END);

    assertThat(driven.text).hasToString("Hello there");
    assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
  }

  /** Somebody on the way puts in signs of life, which the server does not count. */
  @Test
  void otherBytesThanBeforeAreNotGoneOnWith() {
    var driven = begun("openai-chat", BODY, Rung.CURSOR, Rung.ANCHOR);
    String said = chunk("Hello ") + chunk("there, ") + chunk("friend, how are ");

    driven
        .head(200)
        .bytes(chunk("Hello ") + ": ping\n\n" + said.substring(chunk("Hello ").length()))
        .fail(RESET);
    driven.head(200).bytes(said + chunk("you?") + END);

    assertThat(driven.text).hasToString("Hello there, friend, how are ");
    assertThat(driven.requests).hasSizeGreaterThan(2);
  }

  /** The server keeps the bad bytes too, and what came behind them was not read. */
  @Test
  void aFrameThatCannotBeReadEndsTheName() {
    var driven = begun("openai-chat", BODY, Rung.CURSOR, Rung.ANCHOR);

    driven.head(200).bytes(chunk("Hello ") + "data: {oops\n\n" + chunk("there"));

    assertThat(last(driven).path()).doesNotContain("stream?");
  }

  @Test
  void aFrameThatOnlyLacksItsBlankLineIsNotReadTwice() {
    var driven = begun("openai-chat", BODY, Rung.CURSOR, Rung.ANCHOR);
    String body = chunk("Hel") + chunk("lo ") + chunk("there") + END;
    int cut = (chunk("Hel") + chunk("lo ")).length() - 2;

    driven.head(200).bytes(body.substring(0, cut)).end();
    assertThat(last(driven).path()).endsWith("&from=0");
    driven.head(200).bytes(body);

    assertThat(driven.text).hasToString("Hello there");
  }

  @Test
  void whatAnotherRungBringsIsNotLookedForUnderTheName() {
    var driven =
        begun("openai-chat", BODY, Rung.CURSOR, Rung.PREFILL)
            .head(200)
            .bytes(chunk(START))
            .bytes("data: {\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\n\n");
    String body = last(driven).body();
    int from = body.indexOf("Once upon");
    String repeated = START.substring(body.indexOf('"', from) - from);
    driven.head(200).bytes(chunk(repeated + " the hill and on")).fail(RESET);

    assertThat(driven.text).hasToString(START + " the hill and on");
    assertThat(last(driven).method()).isEqualTo(ProviderRequest.Method.POST);
  }

  @Test
  void aLostOffsetLeavesTheNextRung() {
    var driven =
        begun("openai-chat", "{\"messages\":[]}", Rung.CURSOR, Rung.PREFILL)
            .head(200)
            .bytes(chunk(START))
            .fail(RESET)
            .head(400)
            .end();
    assertThat(last(driven).body()).contains("\"role\":\"assistant\"");
  }
}
