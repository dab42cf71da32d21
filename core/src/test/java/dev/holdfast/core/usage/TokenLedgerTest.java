package dev.holdfast.core.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Waste;
import dev.holdfast.core.usage.AttemptTokens.Kind;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a stream cost, attempt by attempt. Each word of these answers has five characters. */
class TokenLedgerTest {
  private static final String WORD = "word ";

  private final TokenLedger ledger = new TokenLedger();

  private AttemptTokens answered(Kind kind, OutputTally output) {
    var attempt = ledger.opened(kind, 0, 0, 0, output, null);
    attempt.answered();
    return attempt;
  }

  private AttemptTokens answered(Kind kind) {
    return answered(kind, new OutputTally());
  }

  /** Some words come, of which the last ones are handed on. */
  private static void words(AttemptTokens attempt, int words, int delivered) {
    for (int i = 0; i < words; i++) {
      attempt.wrote(WORD);
    }
    attempt.delivered(delivered * WORD.length());
    attempt.frameRead();
  }

  private static void reports(AttemptTokens attempt, long input, long output, String raw) {
    attempt.reported(TokenUsage.of(input, output, raw));
    attempt.frameRead();
  }

  private TokenUsage usage() {
    return Objects.requireNonNull(ledger.account().usage());
  }

  private Waste waste() {
    return ledger.account().waste().stream().reduce(Waste.NONE, Waste::plus);
  }

  private void expect(long input, long output, boolean estimated, Waste waste) {
    var usage = usage();
    assertThat(usage.input().orElse(-1)).as("input").isEqualTo(input);
    assertThat(usage.output().orElse(-1)).as("output").isEqualTo(output);
    assertThat(usage.isOutputEstimated()).as("estimated").isEqualTo(estimated);
    assertThat(waste()).isEqualTo(waste);
  }

  /** Anthropic: a place holder before the content, the whole count after it. */
  @Test
  void theFirstReportOfAnAnswerIsNoCount() {
    var first = answered(Kind.ANSWER);
    reports(first, 9, 1, "{}");
    words(first, 30, 30);
    expect(9, 38, true, Waste.NONE); // A quarter of 150 characters.
  }

  @Test
  void aReportCoversTheFrameThatItCameIn() {
    var first = answered(Kind.ANSWER);
    first.reported(TokenUsage.of(3, 40, "{}")); // Gemini writes it before the text.
    words(first, 30, 30);
    expect(3, 40, false, Waste.NONE);
    words(first, 30, 30);
    expect(3, 80, true, Waste.NONE); // The rest at the same rate.
  }

  @Test
  void aContinuationAddsWhatIsNew() {
    var first = answered(Kind.ANSWER);
    words(first, 30, 30);
    var second = answered(Kind.CONTINUATION);
    words(second, 50, 40);
    reports(second, 60, 50, "{}");
    second.whole();
    expect(60, 70, true, new Waste(50, 10, 60));
    assertThat(usage().isInputEstimated()).isTrue();
  }

  @Test
  void aRefusedContinuationIsWaste() {
    var first = answered(Kind.ANSWER);
    reports(first, 9, 1, "{}");
    words(first, 30, 30);
    var second = answered(Kind.CONTINUATION);
    words(second, 20, 0);
    reports(second, 50, 20, "{}");
    var third = answered(Kind.CONTINUATION);
    words(third, 44, 40);
    reports(third, 50, 44, "{}");
    third.whole();
    expect(9, 70, true, new Waste(120, 24, 100));
    assertThat(ledger.account().waste())
        .containsExactly(new Waste(0, 0, 0), new Waste(100, 20, 50), new Waste(20, 4, 50));
  }

  @Test
  void aReplayCoversWhatItRepeats() {
    var first = answered(Kind.ANSWER);
    words(first, 30, 30);
    var second = answered(Kind.REPLAY);
    second.joined(150);
    words(second, 80, 50);
    reports(second, 9, 84, "{}");
    second.whole();
    expect(9, 84, false, new Waste(150, 30, 9)); // Nearly one for each event.
  }

  @Test
  void aReplayThatIsAnotherAnswerIsWaste() {
    var first = answered(Kind.ANSWER);
    words(first, 30, 30);
    var second = answered(Kind.REPLAY);
    words(second, 80, 0);
    reports(second, 9, 80, "{}");
    expect(9, 30, true, new Waste(400, 80, 9));
  }

  /** OpenAI Responses by cursor: one generation, one report, no second prompt. */
  @Test
  void whatIsTakenUpByCursorCountsOnce() {
    var generation = new OutputTally();
    var first = answered(Kind.ANSWER, generation);
    words(first, 30, 30);
    var rest = answered(Kind.REST, generation);
    words(rest, 50, 50);
    reports(rest, 9, 81, "{}");
    rest.whole();
    expect(9, 81, false, Waste.NONE);
  }

  @Test
  void aDocumentOfTheSameGenerationCostsNothing() {
    var generation = new OutputTally();
    var first = answered(Kind.ANSWER, generation);
    words(first, 30, 30);
    var document = ledger.opened(Kind.DOCUMENT, 0, 0, 0, new OutputTally(), generation);
    document.answered();
    words(document, 80, 50);
    reports(document, 9, 81, "{}");
    document.whole();
    expect(9, 81, false, Waste.NONE);
  }

  @Test
  void callsThatWereHeldAreWasteUntilTheyAreHandedOn() {
    var generation = new OutputTally();
    var first = answered(Kind.ANSWER, generation);
    first.wroteCall("{\"city\":", 20);
    first.held(20);
    expect(-1, 0, false, new Waste(20, 5, 0));
    var rest = answered(Kind.REST, generation);
    rest.wroteCall("\"Oslo\"}", 7);
    rest.held(7);
    reports(rest, 9, 11, "{}");
    rest.whole();
    rest.deliveredCalls();
    expect(9, 11, false, Waste.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"completion_tokens_details":{"reasoning_tokens":60}}
          {"output_tokens_details":{"reasoning_tokens":60}}
          {"thoughtsTokenCount":60}
          {"total_thought_tokens":60}
          """)
  void hiddenReasoningBelongsToTheAnswerThatBeganIt(String raw) {
    var first = answered(Kind.ANSWER);
    words(first, 30, 30);
    reports(first, 9, 90, raw);
    expect(9, 90, false, Waste.NONE);
    var second = answered(Kind.CONTINUATION);
    words(second, 50, 40);
    reports(second, 60, 110, raw);
    second.whole();
    expect(9, 130, true, new Waste(50, 70, 60)); // It reasoned again.
  }

  @Test
  void reasoningThatIsCountedBesideTheOutputIsNoPartOfIt() {
    var first = answered(Kind.ANSWER);
    words(first, 30, 30);
    reports(first, 9, 30, "{\"total_tokens\":99,\"reasoning_tokens\":60}");
    first.whole();
    expect(9, 30, false, Waste.NONE);
  }

  @Test
  void reasoningOfAContinuationIsWaste() {
    var first = answered(Kind.ANSWER);
    first.reasoned(100);
    first.deliveredReasoning(100);
    words(first, 30, 30);
    var second = answered(Kind.CONTINUATION);
    second.reasoned(100);
    words(second, 50, 40);
    reports(second, 60, 70, "{}"); // 20 for the reasoning, 50 for the words.
    second.whole();
    var usage = usage();
    assertThat(usage.output().orElseThrow()).isBetween(90L, 96L);
    assertThat(waste().tokens()).isEqualTo(30);
  }

  @Test
  void anUpstreamWithHiddenReasoningDoesNotInflateAnEstimate() {
    var first = answered(Kind.ANSWER);
    words(first, 30, 30);
    var second = answered(Kind.CONTINUATION);
    words(second, 50, 50);
    reports(second, 60, 240, "{}"); // Thinking that is not shown, and not reported apart.
    second.whole();
    assertThat(usage().output().orElseThrow()).isLessThanOrEqualTo(240 + 2 * 38);
  }

  @Test
  void theReportOfAnUnbrokenAnswerIsTakenAsItIs() {
    var first = answered(Kind.ANSWER);
    words(first, 1000, 1000);
    reports(first, 9, 3, "{\"x\":1}");
    first.whole();
    expect(9, 3, false, Waste.NONE);
    assertThat(usage().raw()).isEqualTo("{\"x\":1}");
  }

  @Test
  void withoutAnyReportTheAnswerIsEstimated() {
    var first = answered(Kind.ANSWER);
    words(first, 40, 40);
    first.whole();
    expect(-1, 50, true, Waste.NONE);
    assertThat(ledger.account().isReported()).isFalse();
  }

  @Test
  void withoutAnythingThereIsNoUsage() {
    var first = answered(Kind.ANSWER);
    assertThat(ledger.account().usage()).isNull();
    reports(first, -1, -1, "{}");
    assertThat(ledger.account().usage()).isNull();
  }

  @Test
  void lettersOneByOneAreNoTokens() {
    var first = answered(Kind.ANSWER);
    for (int i = 0; i < 400; i++) {
      first.wrote("x");
      first.delivered(1);
    }
    expect(-1, 100, true, Waste.NONE);
  }

  @Test
  void aScriptWithoutLettersHasMoreTokens() {
    var first = answered(Kind.ANSWER);
    for (int i = 0; i < 20; i++) {
      first.wrote("\u6e2f\u53e3\u7684\u9818\u822a"); // Five characters in each event.
      first.delivered(5);
    }
    expect(-1, 66, true, Waste.NONE);
  }

  @Test
  void theSecondPromptOfAHedgeIsWaste() {
    var slow = answered(Kind.ANSWER);
    var fast = answered(Kind.ANSWER);
    words(fast, 40, 40);
    reports(fast, 9, 40, "{}");
    fast.whole();
    expect(9, 40, false, new Waste(0, 0, 9));
    assertThat(ledger.account().waste()).first().isEqualTo(new Waste(0, 0, 9));
    assertThat(slow.isAnswered()).isTrue();
  }

  @Test
  void aRequestThatWasNotTakenCostsNothing() {
    var refused = ledger.opened(Kind.ANSWER, 0, 0, 0, new OutputTally(), null);
    var second = answered(Kind.ANSWER);
    words(second, 40, 40);
    reports(second, 9, 40, "{}");
    second.whole();
    expect(9, 40, false, Waste.NONE);
    assertThat(refused.isAnswered()).isFalse();
  }
}
