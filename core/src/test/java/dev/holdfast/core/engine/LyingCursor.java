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
import dev.holdfast.core.stream.Verdict;
import java.util.List;

/** An answer of twenty words, and what its stream comes to over a cursor that lies. */
final class LyingCursor {
  static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  static final List<String> WORDS =
      List.of(
          "Every ",
          "evening ",
          "the ",
          "keeper ",
          "climbed ",
          "the ",
          "tower, ",
          "lit ",
          "the ",
          "lamp ",
          "and ",
          "waited ",
          "until ",
          "the ",
          "boats ",
          "had ",
          "reached ",
          "the ",
          "harbour ",
          "wall.");
  static final String TRUTH = String.join("", WORDS);
  static final String PREFIX = words(0, 9);

  static String words(int from, int to) {
    return String.join("", WORDS.subList(from, to));
  }

  static Driven begun(StreamPolicy policy, String dialect, String body) {
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat(dialect),
                body,
                new Capability(List.of(Rung.CURSOR, Rung.ANCHOR), Prefill.PLAIN),
                policy));
    driven.signal(new Signal.Begin());
    return driven;
  }

  static ProviderRequest last(Driven driven) {
    return driven.calls.getLast();
  }

  static void expectTruth(Driven driven) {
    assertThat(driven.text).hasToString(TRUTH);
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
  }

  static void expectViolation(Driven driven) {
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Failed(Cause.PROTOCOL_VIOLATION));
    assertThat(driven.ending().exactness()).isNotEqualTo(Exactness.EXACT);
  }

  static void expectPrefix(Driven driven) {
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
    assertThat(driven.ending().exactness()).isNotEqualTo(Exactness.EXACT);
  }

  /** What comes after the cut was nothing at all: the model is asked to go on. */
  static void expectNextRung(Driven driven) {
    assertThat(driven.text).hasToString(PREFIX);
    assertThat(driven.ending).isNull();
    assertThat(last(driven).body()).contains("repeat its last characters");
  }

  private LyingCursor() {}
}
