package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.continuation.TokenMeter;
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
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An output limit holds for the whole answer: a model of one token per event, which keeps to the
 * limit of each request, is cut and goes on where the answer's own words are repeated.
 */
class OutputLimitTest {
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final Pattern LIMIT =
      Pattern.compile(
          "\"(?:max_(?:completion_|output_)?tokens|maxOutputTokens|num_predict)\":(\\d+)");

  /** Tokens of an answer in short words, which are more than a quarter of its characters. */
  private static final List<String> SHORT =
      tokens("I am in it as we go up to an ox by my id on no so if at us or ");

  /** Tokens of letters that are not Latin: fewer characters than tokens times four by far. */
  private static final List<String> GREEK = tokens("εν δε τω και αν ου μη γαρ επι συν προ υπο ");

  private static List<String> tokens(String words) {
    var tokens = new ArrayList<String>();
    for (int i = 0; i < 8; i++) {
      for (String word : words.strip().split(" ", -1)) {
        // Numbers in words keep the text from repeating itself.
        tokens.add(tokens.isEmpty() ? word : " " + word);
        if (tokens.size() % 5 == 0) {
          tokens.add("" + (char) ('a' + i) + (char) ('a' + tokens.size() % 23));
        }
      }
    }
    return List.copyOf(tokens);
  }

  static Stream<Arguments> cuts() {
    var all = new ArrayList<Arguments>();
    for (String dialect : SpokenEvents.ALL) {
      for (var rung : List.of(Rung.ANCHOR, Rung.PREFILL)) {
        for (var count : List.of(TokenCount.ESTIMATED, TokenCount.EVENTS, TokenCount.TIMINGS)) {
          for (int cut : new int[] {20, 47, 58, 59, 60}) {
            all.add(Arguments.of(dialect, rung, count, cut));
          }
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void noMoreIsDeliveredThanTheLimitAllows(String dialect, Rung rung, TokenCount count, int cut) {
    var stream = run(dialect, rung, count, SHORT, 60, cut);

    assertThat(stream.text.toString()).isEqualTo(String.join("", SHORT.subList(0, 60)));
    assertThat(stream.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(stream.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.LENGTH);
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void lettersThatAreNotLatinCountAsTheirEvents(
      String dialect, Rung rung, TokenCount count, int cut) {
    var stream = run(dialect, rung, count, GREEK, 60, cut);

    assertThat(stream.text.toString()).isEqualTo(String.join("", GREEK.subList(0, 60)));
    assertThat(stream.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.LENGTH);
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void anAnswerBelowItsLimitStopsByItself(String dialect, Rung rung, TokenCount count, int cut) {
    var stream = run(dialect, rung, count, SHORT.subList(0, 75), 90, cut);

    assertThat(stream.text.toString()).isEqualTo(String.join("", SHORT.subList(0, 75)));
    assertThat(stream.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.STOP);
  }

  static Stream<String> dialects() {
    return SpokenEvents.ALL.stream();
  }

  /** It begins anew where it was asked to continue, and the server calls its limit a stop. */
  @ParameterizedTest
  @MethodSource("dialects")
  void anAnswerThatALowerLimitEndedIsNotCalledStopped(String dialect) {
    var wire = new SpokenEvents(dialect);
    var driven = begun(wire, 90, Rung.ANCHOR, TokenCount.ESTIMATED);
    feed(driven, wire, SHORT, 0, 40);
    driven.fail(RESET).head(200).bytes(wire.head());
    int lowered = limit(driven);
    assertThat(lowered).isBetween(45, 80);
    feed(driven, wire, SHORT, 0, lowered);
    driven.bytes(wire.end(false)).end();

    assertThat(driven.text.toString()).isEqualTo(String.join("", SHORT.subList(0, lowered)));
    assertThat(driven.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.LENGTH);
  }

  /** The model ignores the limits of its requests. */
  @Test
  void whatGoesBeyondTheLimitIsCutOffInTheMiddleOfAnEvent() {
    var wire = new SpokenEvents("openai-chat");
    var driven = begun(wire, 30, Rung.PREFILL, TokenCount.ESTIMATED);
    feed(driven, wire, SHORT, 0, 28);
    driven.fail(RESET).head(200);
    int start = startOf(driven, SHORT);
    feed(driven, wire, SHORT, start, 28);
    driven.bytes(wire.token(String.join("", SHORT.subList(28, 90))));

    assertThat(driven.text.toString()).isEqualTo(String.join("", SHORT.subList(0, 28)));
    assertThat(driven.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.LENGTH);
  }

  @Test
  void whatIsReportedCountsMoreThanEvents() {
    var wire = new SpokenEvents("openai-chat");
    var driven = begun(wire, 100, Rung.PREFILL, TokenCount.TIMINGS);
    assertThat(driven.requests.getFirst()).contains("\"timings_per_token\":true");
    for (int i = 0; i < 30; i++) {
      // Each of them holds three tokens.
      driven.bytes(
          wire.token(SHORT.get(i))
              .replace("}]}", "}],\"timings\":{\"predicted_n\":" + 3 * (i + 1) + "}}"));
    }
    driven.fail(RESET);

    // Before the place from which it repeats were 30 events less those that are repeated.
    int repeated = 30 - startOf(driven, SHORT);
    assertThat(limit(driven)).isBetween(100 - 3 * (30 - repeated), 100 - 3 * (30 - repeated) + 10);
  }

  /** An event with the last byte of a character held four tokens, as llama.cpp sends them. */
  @Test
  void tokensThatEndWithinACharacterCount() {
    var meter = new TokenMeter();
    for (int i = 0; i < 10; i++) {
      meter.text(" \uD83D\uDE00");
    }
    assertThat(meter.total(TokenMeter.Measure.LEAST)).isEqualTo(10);
    assertThat(meter.total(TokenMeter.Measure.MOST)).isEqualTo(40);
  }

  /** Some gateways cut text into single letters, which are no tokens. */
  @Test
  void singleLettersAreNoTokens() {
    var meter = new TokenMeter();
    for (int i = 0; i < 40; i++) {
      for (char letter : "wonderful ".toCharArray()) {
        meter.text(String.valueOf(letter));
      }
    }
    assertThat(meter.total(TokenMeter.Measure.LIKELY)).isEqualTo(100);
    assertThat(meter.total(TokenMeter.Measure.LEAST)).isZero();
  }

  /** A document that is read while it is written comes as one event, each time from its start. */
  @Test
  void theTokensOfALongEventAreSpreadOverItsCharacters() {
    var meter = new TokenMeter();
    meter.text("x".repeat(400));
    assertThat(meter.before(200, TokenMeter.Measure.LIKELY)).isEqualTo(50);
    meter.reported(80);
    assertThat(meter.before(100, TokenMeter.Measure.LIKELY)).isEqualTo(20);
    assertThat(meter.before(399, TokenMeter.Measure.LIKELY)).isEqualTo(79);
  }

  @Test
  void whatIsForgottenIsCountedTooHigh() {
    var meter = new TokenMeter();
    for (int i = 0; i < 3000; i++) {
      meter.text("ab");
    }
    assertThat(meter.before(5998, TokenMeter.Measure.LIKELY)).isEqualTo(2999);
    assertThat(meter.before(10, TokenMeter.Measure.LIKELY)).isGreaterThan(5);
  }

  // ---------------------------------------------------------------- the model

  private static Driven run(
      String dialect, Rung rung, TokenCount count, List<String> answer, int limit, int cut) {
    var wire = new SpokenEvents(dialect);
    var driven = begun(wire, limit, rung, count);
    feed(driven, wire, answer, 0, cut);
    driven.fail(RESET);
    if (driven.ending != null) {
      return driven;
    }
    driven.head(200).bytes(wire.head());
    int start = startOf(driven, answer);
    int end = Math.min(answer.size(), start + limit(driven));
    for (int i = start; i < end && driven.ending == null; i++) {
      driven.bytes(wire.token(answer.get(i)));
    }
    if (driven.ending == null) {
      driven.bytes(wire.end(end < answer.size() || end == start + limit(driven)));
      if (driven.ending == null) {
        driven.end();
      }
    }
    return driven;
  }

  private static Driven begun(SpokenEvents wire, int limit, Rung rung, TokenCount count) {
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat(wire.dialect()),
                wire.request(limit, ""),
                new Capability(List.of(rung), Prefill.PLAIN, "", count),
                StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    return driven.head(200).bytes(wire.head());
  }

  private static void feed(
      Driven driven, SpokenEvents wire, List<String> answer, int from, int to) {
    for (int i = from; i < to; i++) {
      driven.bytes(wire.token(answer.get(i)));
    }
  }

  private static int limit(Driven driven) {
    Matcher found = LIMIT.matcher(driven.requests.getLast());
    assertThat(found.find()).isTrue();
    return Integer.parseInt(found.group(1));
  }

  /** {@return the token from which the last request makes the model go on} */
  private static int startOf(Driven driven, List<String> answer) {
    String request = driven.requests.getLast();
    int quoted = request.indexOf("«");
    String whole = driven.text.toString();
    int at;
    if (quoted >= 0) {
      String anchor = request.substring(quoted + 1, request.indexOf("»"));
      at = whole.lastIndexOf(anchor);
    } else {
      at = whole.length();
      while (!request.contains("\"" + whole.substring(0, at) + "\"")) {
        at--;
      }
    }
    int start = 0;
    for (int length = 0; length < at - 1; length += answer.get(start++).length()) {}
    return start;
  }
}
