package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.LyingCursor.PREFIX;
import static dev.holdfast.core.engine.LyingCursor.RESET;
import static dev.holdfast.core.engine.LyingCursor.WORDS;
import static dev.holdfast.core.engine.LyingCursor.begun;
import static dev.holdfast.core.engine.LyingCursor.expectTruth;
import static dev.holdfast.core.engine.LyingCursor.last;
import static dev.holdfast.core.engine.LyingCursor.words;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A llama.cpp server whose cursor lies: the bytes before the cut must come again. */
class FromByteWitnessTest {
  private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";

  private String chunk(String id, String text) {
    return "data: {\"id\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n"
        .formatted(id, text);
  }

  private static final String END =
      """
      data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  private List<String> frames(List<String> words) {
    var frames = new ArrayList<>(words.stream().map(word -> chunk("a", word)).toList());
    frames.add(END);
    return frames;
  }

  private Driven cut(List<String> frames, int at) {
    var driven =
        begun(StreamPolicy.DEFAULT, "openai-chat", BODY)
            .head(200)
            .bytes(String.join("", frames.subList(0, at)))
            .fail(RESET);
    assertThat(last(driven).path()).startsWith("stream?conv_id=");
    return driven.head(200);
  }

  private int from(Driven driven) {
    String path = last(driven).path();
    return Integer.parseInt(path.substring(path.lastIndexOf('=') + 1));
  }

  @Test
  void theRestIsJoined() {
    var frames = frames(WORDS);
    var driven = cut(frames, 9);
    expectTruth(driven.bytes(String.join("", frames).substring(from(driven))));
  }

  @ParameterizedTest(name = "{0} bytes off")
  @ValueSource(ints = {-70, -1, 1, 71, 210})
  void otherBytesAreNot(int off) {
    var frames = frames(WORDS);
    var driven = cut(frames, 15);
    String all = String.join("", frames);
    driven.bytes(all.substring(Math.max(0, from(driven) + off)));
    assertThat(driven.text).hasToString(words(0, 15));
    assertThat(last(driven).method()).isEqualTo(ProviderRequest.Method.POST);
  }

  @Test
  void theEndAloneIsNot() {
    var driven = cut(frames(WORDS), 9).bytes(END).end();
    assertThat(driven.text).hasToString(PREFIX);
    assertThat(driven.ending).isNull();
  }

  @Test
  void anotherAnswerIsNot() {
    var driven = cut(frames(WORDS), 9);
    driven.bytes(chunk("b", "Every ") + chunk("b", "evening "));
    assertThat(driven.text).hasToString(PREFIX);
    assertThat(last(driven).method()).isEqualTo(ProviderRequest.Method.POST);
  }

  /** Among equal chunks no place looks like itself alone, so that all bytes must come again. */
  @ParameterizedTest(name = "{0} chunks too late")
  @ValueSource(ints = {1, 3})
  void equalChunksNeedAllBytesAgain(int missing) {
    var equal = new ArrayList<String>();
    equal.add("Line ");
    IntStream.range(0, 60).forEach(i -> equal.add("tick "));
    var frames = frames(equal);
    var driven = cut(frames, 40);
    assertThat(from(driven)).isZero();
    // A server that is off by whole chunks.
    driven.bytes(String.join("", frames.subList(missing, frames.size())));
    assertThat(driven.text).hasToString(String.join("", equal.subList(0, 40)));
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
  }

  @Test
  void equalChunksAreJoinedBehindAllBytes() {
    var equal = new ArrayList<String>();
    IntStream.range(0, 60).forEach(i -> equal.add("tick "));
    var frames = frames(equal);
    var driven = cut(frames, 40);
    String all = String.join("", frames);
    driven.bytes(all.substring(0, 1500)).bytes(all.substring(1500));
    assertThat(driven.text).hasToString("tick ".repeat(60));
    assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
  }
}
