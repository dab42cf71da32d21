package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * llama.cpp reports no token counts in Messages, and a character of another script may be one token
 * or three. Its own count of what was delivered is exact.
 */
class CountedTokensTest {
  private static final int LIMIT = 40;
  private static final int PROMPT = 15;
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");

  /** One event for each, each of them one token although its bytes suggest three. */
  private static final List<String> WORDS =
      "港 湾 灯 塔 守 夜 人 每 天 清 晨 登 上 台 阶 点 亮 油 火 看 海 面 船 只 归 来 他 写 下 风 向 与 潮 汐 然 后 回 屋 喝 茶 睡 去 醒 时 雪 停 了"
          .lines()
          .flatMap(line -> List.of(line.split(" ", -1)).stream())
          .toList();

  private static final String HEAD =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"a","model":"m","usage":{"input_tokens":%d,\
      "cache_read_input_tokens":%d,"output_tokens":0}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      """;

  private static String token(String text) {
    return """
    event: content_block_delta
    data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}

    """
        .formatted(text);
  }

  private static final String END =
      """
      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":9}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private static Driven cutAfter(int tokens, Rung rung) {
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat("anthropic-messages"),
                "{\"model\":\"m\",\"system\":\"s\",\"max_tokens\":%d,\"stream\":true,\"metadata\":{},"
                        .formatted(LIMIT)
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                new Capability(List.of(rung), Prefill.PLAIN, "", TokenCount.TIMINGS),
                StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    // A part of the prompt was in the engine's cache.
    driven.head(200).bytes(HEAD.formatted(PROMPT - 12, 12));
    WORDS.subList(0, tokens).forEach(word -> driven.bytes(token(word)));
    return driven.fail(RESET);
  }

  /** {@return how many words the last request repeats} */
  private static int asked(Driven driven) {
    String request = driven.requests.getLast();
    int from =
        request.indexOf("\"assistant\",\"content\":\"") + "\"assistant\",\"content\":\"".length();
    return request.substring(from, request.indexOf('"', from)).length();
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 30, 37, 38, 39})
  void theContinuationIsGivenTheTokensThatAreLeft(int cut) {
    var driven = cutAfter(cut, Rung.PREFILL);

    assertThat(driven.calls.getLast().path()).isEqualTo("messages/count_tokens");
    assertThat(driven.requests.getLast())
        .contains("\"model\":\"m\"", "\"system\":\"s\"", "\"messages\"")
        .doesNotContain("max_tokens", "stream", "metadata");
    int start = asked(driven);
    driven.head(200).bytes("{\"input_tokens\":%d}".formatted(PROMPT + start)).end();

    assertThat(driven.calls.getLast().path()).isEqualTo("messages");
    assertThat(asked(driven)).isEqualTo(start);
    assertThat(driven.requests.getLast()).contains("\"max_tokens\":" + (LIMIT - start));
    driven.head(200).bytes(HEAD.formatted(1, PROMPT + start - 1));
    WORDS.subList(start, LIMIT).forEach(word -> driven.bytes(token(word)));
    driven.bytes(END);

    assertThat(driven.text.toString()).isEqualTo(String.join("", WORDS.subList(0, LIMIT)));
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(driven.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.LENGTH);
  }

  @ParameterizedTest
  @EnumSource(names = {"PREFILL", "ANCHOR"})
  void aServerThatDoesNotCountIsContinuedByEstimate(Rung rung) {
    var driven = cutAfter(30, rung).head(404).bytes("{\"error\":{\"message\":\"no\"}}").end();

    assertThat(driven.calls.getLast().path()).isEqualTo("messages");
    assertThat(driven.log).noneMatch(Action.DisableRung.class::isInstance);
    assertThat(driven.requests.getLast()).contains("\"assistant\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{}", "[]", "{\"input_tokens\":-1}", "{\"input_tokens\":3}", "", "<html>"})
  void aCountThatIsNoneIsNotBelieved(String answer) {
    var driven = cutAfter(30, Rung.PREFILL).head(200).bytes(answer).end();

    assertThat(driven.calls.getLast().path()).isEqualTo("messages");
  }

  @Test
  void aCountThatIsCutOffIsAskedForAgain() {
    var driven =
        cutAfter(30, Rung.PREFILL).fail(RESET).pass(StreamPolicy.DEFAULT.retry().maxDelay());

    assertThat(driven.calls.getLast().path()).isEqualTo("messages/count_tokens");
    driven.head(200).bytes("{\"input_tokens\":%d}".formatted(PROMPT + asked(driven))).end();
    assertThat(driven.calls.getLast().path()).isEqualTo("messages");
  }

  @Test
  void nothingIsCountedWhereNoPromptWasReported() {
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat("anthropic-messages"),
                "{\"model\":\"m\",\"max_tokens\":40,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                new Capability(List.of(Rung.PREFILL), Prefill.PLAIN, "", TokenCount.TIMINGS),
                StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    driven
        .head(200)
        .bytes(HEAD.formatted(0, 0).replaceAll("\"usage\":\\{[^}]*\\}", "\"usage\":{}"));
    WORDS.subList(0, 30).forEach(word -> driven.bytes(token(word)));
    driven.fail(RESET);

    assertThat(driven.calls.getLast().path()).isEqualTo("messages");
  }
}
