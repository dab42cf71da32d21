package dev.holdfast.blackbox.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Outcome;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.model.Continuation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a model does when asked to go on: the text is exact, or truthfully incomplete. */
@Timeout(120)
class ContinuationMatrixTest {
  private static final String TRUTH = Bench.ANSWER.text();

  /** Up to so many characters the request may just be sent again. */
  private static final int SHORT = 64;

  /** A few words, a sentence's begin, early, late, and all of it but the proof. */
  private static final List<Position> CUTS =
      List.of(
          Position.token(4),
          Position.token(14),
          Position.token(30),
          Position.token(60),
          new Position.BeforeFinish());

  @Test
  void noBehaviourOfAModelMakesAWrongSplice() throws Exception {
    List<Observed> all;
    String other;
    try (var bench = new Bench()) {
      other = bench.otherText();
      all = bench.runAll(cells());
    }
    System.out.println(summary(all));

    assertThat(all)
        .flatExtracting(seen ->
            complaints(seen, other).stream()
                .map(wrong -> seen.cell().id() + " | " + wrong)
                .toList())
        .isEmpty();
  }

  private static List<Cell> cells() {
    var policy = FaultCells.policy(FaultCells.patient(), FaultCells.EAGER);
    var cells = new ArrayList<Cell>();
    for (Lane lane : Lane.ALL) {
      for (Continuation behaviour : Continuation.all()) {
        for (Position cut : CUTS) {
          String id = "%s, %s, cut at %s".formatted(lane.name(), behaviour.spec(), cut.spec());
          cells.add(new Cell(id, lane, new Fault.CutFin(cut), behaviour, policy));
        }
      }
    }
    return cells;
  }

  private static String summary(List<Observed> cells) {
    long complete = cells.stream().filter(seen -> seen.outcome().isComplete()).count();
    long exact =
        cells.stream().filter(seen -> seen.outcome().exactness() == Exactness.EXACT).count();
    return "continuation matrix: %d cells, %d recovered (%d of them by replay), %d refused"
        .formatted(cells.size(), complete, exact, cells.size() - complete);
  }

  private static List<String> complaints(Observed seen, String other) {
    var wrong = new ArrayList<String>();
    Outcome outcome = seen.outcome();
    String text = outcome.text();
    if (!seen.endedOnce() || !text.equals(seen.streamed())) {
      wrong.add("told twice, or otherwise than streamed");
    }
    if (!(seen.cell().continuation() instanceof Continuation.Drift)
        && outcome.isComplete() != heals(seen)) {
      wrong.add("complete: must be " + heals(seen) + ", was " + outcome);
    }
    if (outcome.isComplete()) {
      if (!text.equals(TRUTH) && !isDriftedAnswer(seen, other)) {
        wrong.add("COMPLETE with '" + text + "'");
      }
      if (outcome.seams().isEmpty()) {
        wrong.add("two attempts joined without a mark");
      }
    } else {
      incomplete(outcome, wrong);
    }
    return wrong;
  }

  private static void incomplete(Outcome outcome, List<String> wrong) {
    if (!TRUTH.startsWith(outcome.text())) {
      wrong.add("no prefix: '" + outcome.text() + "'");
    }
    // The cut made it necessary to go on; that it could not be done is told beside it.
    if (!outcome.verdict().equals(new Verdict.Truncated(Cause.CONNECTION_LOST))) {
      wrong.add("verdict: was " + outcome.verdict());
    }
    // Where three rungs were tried and none gave a word, that is as many as are allowed in a row.
    // A seam was refused only where a continuation was compared.
    boolean compared =
        outcome.attempts().stream()
            .map(AttemptReport::failure)
            .flatMap(Optional::stream)
            .anyMatch(failure -> failure.cause() == Cause.SEAM_REFUSED);
    Cause unfit = compared ? Cause.SEAM_REFUSED : Cause.NO_RUNG;
    Cause stop = outcome.attempts().size() == 4 ? Cause.RETRIES_EXHAUSTED : unfit;
    if (!outcome.stoppedBy().equals(Optional.of(stop))) {
      wrong.add("stopped by: must be " + stop + ", was " + outcome.stoppedBy());
    }
  }

  /** Whether docs/recovery.md has a rung that a model of this behaviour satisfies. */
  private static boolean heals(Observed seen) {
    Lane lane = seen.cell().lane();
    return switch (seen.cell().continuation()) {
      // The upstream refuses to continue: no seam was refused, so an answer by chance is no way
      // out.
      case Continuation.RefuseAll() ->
          lane.deterministic() || delivered(seen.cell().fault()) <= SHORT;
      // Joined, or refused at the seam and then answered again from the start.
      case Continuation.Exact exact -> true;
      case Continuation.Overlap overlap -> true;
      case Continuation.Restart restart -> true;
      case Continuation.RefusePrefill refuse -> true;
      case Continuation.NoAnchor anchor -> true;
      case Continuation.AnchorTwice twice -> true;
      case Continuation.QuotedAnchor quoted -> true;
      case Continuation.Ellipses ellipses -> true;
      case Continuation.TalkAfter talk -> true;
      case Continuation.StopAtAnchor stop -> true;
      case Continuation.Preamble preamble -> true;
      case Continuation.OtherText other -> true;
      case Continuation.Drift() -> throw new IllegalArgumentException("drift: is up to chance");
    };
  }

  private static int delivered(Fault fault) {
    return fault instanceof Fault.CutFin(Position.AfterTokens(int tokens))
        ? FaultJudge.upTo(tokens).length()
        : TRUTH.length();
  }

  /** Asked again it gave another answer, which began like the first one further than was told. */
  private static boolean isDriftedAnswer(Observed seen, String other) {
    String text = seen.outcome().text();
    return seen.cell().continuation() instanceof Continuation.Drift
        && seen.outcome().exactness() == Exactness.EXACT
        && text.endsWith(" " + other)
        && TRUTH.startsWith(text.substring(0, text.length() - other.length() - 1));
  }
}
