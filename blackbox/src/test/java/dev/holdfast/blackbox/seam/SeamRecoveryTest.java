package dev.holdfast.blackbox.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerGenerator;
import dev.holdfast.testkit.answer.AnswerStyle;
import dev.holdfast.testkit.answer.HardText;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.ScriptedModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Cuts at drawn places of drawn answers, by what the model does when it is asked to go on. */
@Timeout(120)
@Tag("slow")
class SeamRecoveryTest {
  private static final boolean LONG = Boolean.getBoolean("holdfast.long");
  private static final int SEEDS = LONG ? 1500 : 150;

  /** A share that is held to a tenth of a percent needs more of them. */
  private static final int HONEST_SEEDS = LONG ? 1500 : 500;

  /**
   * Of honest continuations, in percent: they are joined at a seam, not replaced. Held by the long
   * form, as a share of half a percent of fewer seeds depends on which they are.
   */
  private static final double LEAST_JOINED = 98.5;

  /** Up to so many characters any answer is requested again: that is cheap. */
  private static final int SHORT_ANSWER = 64;

  private static final List<AnswerStyle> STYLES = List.of(AnswerStyle.values());
  private static final List<Rung> BOTH = List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY);
  private static final List<Rung> ANCHOR = List.of(Rung.ANCHOR, Rung.REPLAY);
  private static final List<Protocol> PROTOCOLS =
      List.of(Protocol.OPENAI_CHAT, Protocol.ANTHROPIC_MESSAGES);

  /** How cuts came out; {@code wrong} were joined to another text than the truth. */
  private static final class Tally {
    private int cuts;
    private int exact;
    private int refused;

    /** Of those refused: all of the text is there, and nothing proves that it is. */
    private int whole;

    private int wrong;

    /** Of those exact: no seam was proven, and the model gave the same long answer again. */
    private int repeated;

    private void count(CutStream stream, String truth) {
      cuts++;
      boolean complete = stream.ending().verdict() instanceof Verdict.Complete;
      if (complete && stream.text().equals(truth)) {
        exact++;
        repeated += isRepeated(stream) ? 1 : 0;
      } else if (!complete && truth.startsWith(stream.text())) {
        refused++;
        whole += stream.text().equals(truth) ? 1 : 0;
      } else {
        wrong++;
      }
    }

    private static boolean isRepeated(CutStream stream) {
      var seams = stream.ending().seams();
      return !seams.isEmpty()
          && seams.getLast().rung() == Rung.REPLAY
          && seams.getLast().offset() > SHORT_ANSWER;
    }

    private double percent() {
      return 100.0 * exact / cuts;
    }

    /** What the scripted model's repeating itself to the letter does not explain. */
    private double joinedPercent() {
      return 100.0 * (exact - repeated) / cuts;
    }

    @Override
    public String toString() {
      return "%d cuts: %.2f %% exact (%d repeated), %d refused (%d with all of the text), %d wrong"
          .formatted(cuts, percent(), repeated, refused, whole, wrong);
    }
  }

  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({
    "exact, prefill, 99.9",
    "exact, anchor, 99.9",
    "overlap:1, prefill, 99.9",
    "overlap:12, prefill, 99.9",
    "overlap:40, prefill, 99.9",
    "overlap:12, anchor, 99.9",
    "restart, prefill, 99.9",
    "restart, anchor, 99.9",
    "refuse-prefill, prefill, 99.9",
    "preamble:0, prefill, 0",
    "preamble:1, anchor, 0",
    "other-text, prefill, 0",
    "other-text, anchor, 0",
    "no-anchor, anchor, 0",
    "stop-at-anchor, anchor, 0",
    "anchor-twice:0, anchor, 0",
    "anchor-twice:1, anchor, 0",
    "anchor-twice:2, anchor, 0",
    "anchor-twice:3, anchor, 0",
    "anchor-twice:4, anchor, 0",
    "anchor-twice:9, anchor, 0",
    "anchor-twice:17, anchor, 0",
    "quoted-anchor:0, anchor, 0",
    "quoted-anchor:1, anchor, 0",
    "quoted-anchor:8, anchor, 0",
    "quoted-anchor:16, anchor, 0",
    "ellipses:0, anchor, 0",
    "ellipses:1, anchor, 0",
    "ellipses:4, anchor, 0",
    "ellipses:7, anchor, 0",
    "ellipses:13, anchor, 0",
    "talk-after:0, anchor, 0",
    "talk-after:2, anchor, 0",
    "talk-after:10, anchor, 0",
    "talk-after:20, anchor, 0",
    "talk-after:30, anchor, 0"
  })
  void aCutIsHealedExactlyOrTruthfullyNot(String behaviour, String rungs, double least) {
    Map<AnswerStyle, Tally> tallies = new LinkedHashMap<>();
    var all = new Tally();
    for (long seed = first(); seed <= last(least > 0 ? HONEST_SEEDS : SEEDS); seed++) {
      var random = new SplittableRandom(seed);
      var style = STYLES.get(random.nextInt(STYLES.size()));
      String truth = AnswerGenerator.text(random.nextLong(), style, 20 + random.nextInt(180));
      var model =
          new ScriptedModel(
              random.nextBoolean() ? Protocol.OPENAI_CHAT : Protocol.ANTHROPIC_MESSAGES,
              Answer.ofText(truth),
              Continuation.parse(behaviour),
              seed);
      int cut = 1 + random.nextInt(CutStream.outputs(model));
      var stream =
          new CutStream(
                  model, rungs.equals("prefill") ? BOTH : ANCHOR, cut, 1 + random.nextInt(400))
              .run();
      var tally = tallies.computeIfAbsent(style, unused -> new Tally());
      int wrong = tally.wrong;
      tally.count(stream, isDone(behaviour, stream, truth) ? stream.text() : truth);
      assertThat(tally.wrong)
          .as(
              "seed %d, %s; replay: ./mvnw -pl blackbox -am test -Dtest=SeamRecoveryTest"
                  + " -Dholdfast.seed=%d%n%s%n%s",
              seed, style, seed, truth, stream.text())
          .isEqualTo(wrong);
      all.count(stream, isDone(behaviour, stream, truth) ? stream.text() : truth);
    }
    System.out.printf("seam, %s by %s: %s%n", behaviour, rungs, all);
    tallies.forEach((style, tally) -> System.out.printf("  %-10s %s%n", style.id(), tally));
    assertThat(all.wrong).isZero();
    assertThat(all.percent()).isGreaterThanOrEqualTo(least);
    assertThat(all.joinedPercent()).isGreaterThanOrEqualTo(LONG && least > 0 ? LEAST_JOINED : 0);
  }

  /** Texts that repeat themselves or are full of marks, with every way to go on in turn. */
  @ParameterizedTest(name = "{0}")
  @EnumSource(HardText.class)
  void aHardTextIsHealedExactlyOrTruthfullyNot(HardText kind) {
    var ways = ways();
    var honest = new Tally();
    var others = new Tally();
    for (long seed = first(); seed <= Math.max(first(), last(SEEDS) / 4); seed++) {
      var random = new SplittableRandom(seed * 31 + kind.name().hashCode());
      String truth = kind.make(random.nextLong());
      var way = random.nextInt(3) == 0 ? ways.getFirst() : ways.get(random.nextInt(ways.size()));
      var model =
          new ScriptedModel(
              PROTOCOLS.get(random.nextInt(PROTOCOLS.size())), Answer.ofText(truth), way, seed);
      int cut = 1 + random.nextInt(CutStream.outputs(model));
      var stream =
          new CutStream(model, random.nextBoolean() ? BOTH : ANCHOR, cut, 1 + random.nextInt(400))
              .run();
      var tally = way instanceof Continuation.Exact ? honest : others;
      tally.count(stream, isDone(way.spec(), stream, truth) ? stream.text() : truth);
      assertThat(tally.wrong)
          .as("seed %d, %s, %s%n%s%n%s", seed, kind, way.spec(), truth, stream.text())
          .isZero();
    }
    System.out.printf("seam, %s: exact %s; others %s%n", kind.id(), honest, others);
  }

  /** Where a sentence ends, a model that says no more cannot be told from one that is done. */
  private static boolean isDone(String way, CutStream stream, String truth) {
    return way.equals("stop-at-anchor")
        && truth.startsWith(stream.text())
        && Continuation.StopAtAnchor.mayBeDone(stream.text());
  }

  private static List<Continuation> ways() {
    var ways = new ArrayList<>(Continuation.examples());
    ways.remove(new Continuation.Drift());
    ways.addAll(Continuation.lookalikes());
    for (int i = 1; i < Continuation.MARKS.size(); i++) {
      ways.add(new Continuation.QuotedAnchor(i));
    }
    for (int i = 1; i < Continuation.TALK.size(); i++) {
      ways.add(new Continuation.TalkAfter(i));
    }
    for (int i = 1; i < Continuation.TWICE.size(); i++) {
      ways.add(new Continuation.AnchorTwice(i));
    }
    for (int i = 1; i < Continuation.DOTS.size(); i++) {
      ways.add(new Continuation.Ellipses(i));
    }
    return ways;
  }

  private static long first() {
    return Long.getLong("holdfast.seed", 1);
  }

  private static long last(int seeds) {
    return Long.getLong("holdfast.seed", Long.getLong("holdfast.seeds", seeds));
  }

  @Test
  void theTallyFindsAWrongSplice() {
    var tally = new Tally();
    var model =
        new ScriptedModel(
            Protocol.OPENAI_CHAT, Answer.ofText("one two three"), new Continuation.Exact(), 1);
    tally.count(new CutStream(model, BOTH, 1, 64).run(), "one two four");
    assertThat(tally.wrong).isEqualTo(1);
  }
}
