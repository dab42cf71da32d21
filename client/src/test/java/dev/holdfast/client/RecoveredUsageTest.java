package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.stream.Waste;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tokens of an answer of 140 that was cut and recovered: as many as unbroken, and apart what was
 * paid for besides.
 */
final class RecoveredUsageTest {
  private static final int TOKENS = 140;

  /** A text of exactly as many tokens, no two lines of it alike. */
  private static String story() {
    var text = new StringBuilder();
    List<AnswerPart> parts;
    int word = 0;
    String[] nouns = {"harbour", "ledger", "lantern", "crate", "tide", "captain", "rope", "signal"};
    String[] verbs = {"counts", "carries", "keeps", "finds", "writes", "lights", "lowers"};
    do {
      text.append(word == 0 ? "" : " ")
          .append(nouns[word * 5 % nouns.length])
          .append(' ')
          .append(verbs[word * 3 % verbs.length])
          .append(' ')
          .append(word * 37 % 101)
          .append(word % 4 == 3 ? "," : "");
      word++;
      parts = Answer.tokens(text.toString());
    } while (parts.size() < TOKENS);
    var exact = new StringBuilder();
    for (var part : parts.subList(0, TOKENS)) {
      exact.append(((AnswerPart.Token) part).text());
    }
    return exact.toString();
  }

  private static Outcome ask(String dialect, String rung, String... faults) {
    try (var server =
            FaultServer.builder().answer(Answer.ofText(story())).script(Script.of(faults)).start();
        var client =
            Holdfast.builder()
                .upstream(
                    Upstream.of(dialect, server.baseUrl().toString(), "key")
                        .withCapability(new Capability(List.of(Rung.valueOf(rung)), Prefill.PLAIN)))
                .policy(StreamPolicy.DEFAULT)
                .build()) {
      var request = ChatRequest.to("model").user("Tell me about the harbour.").temperature(0);
      if (dialect.equals("openai-responses") && rung.equals("CURSOR")) {
        request.with("background", "true");
      }
      try (var stream = client.stream(request.build())) {
        return stream.outcome();
      }
    }
  }

  private static long paid(Outcome outcome) {
    return outcome.usage().orElseThrow().output().orElseThrow() + outcome.waste().tokens();
  }

  @ParameterizedTest
  @CsvSource({"openai-chat", "anthropic-messages", "openai-responses", "gemini-sse", "ollama-chat"})
  void anUnbrokenAnswerHasTheProvidersFigures(String dialect) {
    var outcome = ask(dialect, "ANCHOR");
    var usage = outcome.usage().orElseThrow();
    assertThat(usage.output()).hasValue(TOKENS);
    assertThat(usage.input()).isPresent();
    assertThat(usage.isEstimated()).isFalse();
    assertThat(outcome.waste()).isEqualTo(Waste.NONE);
  }

  @ParameterizedTest(name = "{0} by {1} after {2}")
  @CsvSource({
    "openai-chat,        ANCHOR,  cut-rst@token=33",
    "openai-chat,        ANCHOR,  cut-rst@token=100",
    "openai-chat,        PREFILL, cut-fin@token=70",
    "anthropic-messages, ANCHOR,  cut-rst@token=33",
    "anthropic-messages, PREFILL, end-by-close@token=100",
    "openai-responses,   ANCHOR,  cut-rst@token=33",
    "openai-responses,   ANCHOR,  cut-rst@token=100",
    "gemini-sse,         ANCHOR,  cut-rst@token=33",
    "gemini-sse,         PREFILL, cut-rst@token=100",
    "ollama-chat,        ANCHOR,  cut-rst@token=33",
    "ollama-chat,        PREFILL, cut-rst@token=100",
  })
  void aContinuedAnswerHasAboutAsManyAndIsMarked(String dialect, String rung, String fault) {
    var whole = ask(dialect, rung).usage().orElseThrow();
    var outcome = ask(dialect, rung, fault);
    assertThat(outcome.verdict()).isEqualTo(new Verdict.Complete());
    assertThat(outcome.seams()).hasSize(1);
    var usage = outcome.usage().orElseThrow();
    assertThat(usage.output().orElseThrow()).isBetween(TOKENS - 2L, TOKENS + 2L);
    assertThat(usage.isOutputEstimated()).isTrue();
    // The caller's own prompt, not the longer one of the continuation.
    if (!usage.isInputEstimated()) {
      assertThat(usage.input()).isEqualTo(whole.input());
    }
    assertThat(usage.input().orElseThrow()).isBetween(1L, whole.input().orElseThrow() + 20);
    // The repeated piece was paid for, and so was the longer prompt.
    assertThat(outcome.waste().tokens()).isBetween(1L, 30L);
    assertThat(outcome.waste().promptTokens()).isGreaterThan(whole.input().orElseThrow());
    assertThat(outcome.attempts().stream().map(AttemptReport::waste).reduce(Waste::plus))
        .contains(outcome.waste());
  }

  @ParameterizedTest(name = "{0} by {1}")
  @CsvSource({
    "openai-chat,        REPLAY",
    "anthropic-messages, REPLAY",
    "openai-responses,   REPLAY",
    "gemini-sse,         REPLAY",
    "ollama-chat,        REPLAY",
    "openai-responses,   CURSOR",
  })
  void anExactAnswerHasTheProvidersFigures(String dialect, String rung) {
    var whole = ask(dialect, rung).usage().orElseThrow();
    var outcome = ask(dialect, rung, "cut-rst@token=50");
    assertThat(outcome.verdict()).isEqualTo(new Verdict.Complete());
    assertThat(outcome.attempts()).hasSizeGreaterThan(1);
    assertThat(outcome.usage())
        .as(outcome + " " + outcome.usage())
        .map(TokenUsage::output)
        .contains(whole.output());
    assertThat(outcome.usage()).map(TokenUsage::isEstimated).contains(false);
    assertThat(outcome.usage()).map(TokenUsage::input).contains(whole.input());
    if (rung.equals("CURSOR")) {
      assertThat(outcome.waste()).isEqualTo(Waste.NONE); // One prompt, one generation.
    } else {
      assertThat(outcome.waste().tokens()).isBetween(48L, 52L);
      assertThat(outcome.waste().promptTokens()).isEqualTo(whole.input().orElseThrow());
      assertThat(paid(outcome)).isBetween(188L, 192L);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"openai-chat", "anthropic-messages", "openai-responses", "gemini-sse", "ollama-chat"})
  void anAnswerThatIsNotRecoveredCountsWhatWasDelivered(String dialect) {
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText(story()))
                .script(Script.of("cut-rst@token=66"))
                .start();
        var client =
            Holdfast.builder()
                .upstream(
                    Upstream.of(dialect, server.baseUrl().toString(), "key")
                        .withCapability(new Capability(List.of(), Prefill.PLAIN)))
                .policy(StreamPolicy.DEFAULT.withFailover(FailoverPolicy.DEFAULT))
                .build();
        var stream = client.stream(ChatRequest.to("model").user("Tell me.").build())) {
      var outcome = stream.outcome();
      assertThat(outcome.isComplete()).isFalse();
      var usage = outcome.usage().orElseThrow();
      // Without any rate: the larger of the events and a quarter of the characters.
      long quarter = (outcome.text().length() + 3L) / 4;
      boolean reports = dialect.equals("gemini-sse");
      assertThat(usage.output().orElseThrow()).isBetween(66L, Math.max(66, quarter));
      assertThat(usage.isOutputEstimated()).isEqualTo(!reports);
      assertThat(outcome.waste()).isEqualTo(Waste.NONE);
    }
  }

  @ParameterizedTest
  @CsvSource({"openai-chat", "anthropic-messages", "openai-responses", "gemini-sse", "ollama-chat"})
  void withoutAnyReportTheAnswerIsEstimatedAndMarked(String dialect) {
    var outcome = ask(dialect, "ANCHOR", "no-usage");
    var usage = outcome.usage().orElseThrow();
    assertThat(usage.input()).isEmpty();
    assertThat(usage.output().orElseThrow())
        .isBetween((long) TOKENS, Math.max(TOKENS, (story().length() + 3) / 4L));
    assertThat(usage.isOutputEstimated()).isTrue();
    assertThat(usage.raw()).isEmpty();
  }
}
