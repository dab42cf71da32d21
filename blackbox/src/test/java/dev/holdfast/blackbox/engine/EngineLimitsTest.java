package dev.holdfast.blackbox.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.proxy.Cut;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The limit of an answer holds over all its attempts, to the token, in scripts of every density. In
 * Messages the engine does not report its tokens while it writes, and a Chinese character may be
 * one or three: there the answer may end before the limit.
 */
@Timeout(120)
@Tag("slow")
final class EngineLimitsTest {
  private static final int LIMIT = 150;

  private static CutStreams streams;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    streams = new CutStreams(Engine.start());
  }

  @AfterAll
  static void end() throws IOException {
    if (streams != null) {
      streams.close();
      streams.engine().close();
    }
  }

  @ParameterizedTest(name = "{0} by {1}")
  @CsvSource({
    "openai-chat, CURSOR",
    "openai-chat, TOKEN_IDS",
    "openai-chat, CONTINUE",
    "openai-chat, PREFILL",
    "openai-chat, REPLAY",
    "anthropic-messages, REPLAY",
    "openai-responses, PREFILL",
    "openai-responses, REPLAY"
  })
  void anAnswerInManyScriptsIsNeverLongerThanItsLimit(String protocol, Rung rung)
      throws IOException, InterruptedException {
    var ask = new Ask(protocol, Ask.WORLD, LIMIT);
    var truth = ask.truth(streams.engine());
    assertThat(truth.limited()).isTrue();
    int[][] all = {{75, 30}, {30, 25}, {110, 6}, {60, 50}};
    for (int[] places : Arrays.copyOf(all, Boolean.getBoolean("holdfast.long") ? all.length : 1)) {
      var cuts = List.of(Cut.after(places[0], Cut.End.FIN), Cut.after(places[1], Cut.End.RST));
      var result = streams.run(ask, List.of(rung), cuts);
      assertThat(result.isCut()).isTrue();
      assertThat(result.outcome().isComplete()).as(result.toString()).isTrue();
      assertThat(result.wrong(truth)).as(result.toString()).isNull();
      assertThat(streams.engine().tokens(result.text())).isLessThanOrEqualTo(LIMIT);
      assertThat(ask.finishes(truth))
          .contains(result.outcome().finish().orElseThrow().reason().name());
    }
  }
}
