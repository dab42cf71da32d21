package dev.holdfast.blackbox.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.blackbox.sim.Mutant;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.Answer;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.HardText;
import dev.holdfast.testkit.Protocol;
import dev.holdfast.testkit.ScriptedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each check of what follows a repetition is taken out once, and a wrong answer must come of it.
 */
@Timeout(300)
class PlantedSeamBugsTest {
  private static final long SEEDS = 4000;

  /** A line of the seam, and what is put in its place. */
  record Bug(String what, String healthy, String sick) {}

  static List<Bug> bugs() {
    return List.of(
        new Bug(
            "a second repetition is handed on",
            "case REPEATS -> {\n        return",
            "case REPEATS -> {\n        if (seam == null) return"),
        new Bug(
            "talk is handed on",
            "case REMARK -> {\n        return",
            "case REMARK -> {\n        if (seam == null) return"),
        new Bug(
            "a half answer is whole",
            "if (!TextEnd.isPossible(delivered, end, fences)) {",
            "if (end < 0) {"));
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void isCaught(Bug bug) throws IOException {
    assertThat(Mutant.of(bug.healthy(), bug.sick()).run(Probe.class, 1, SEEDS))
        .as(bug.what())
        .isNotEmpty();
  }

  @Test
  void theHealthySeamIsNotAccused() {
    assertThat(new Probe().apply(1L, 500L)).isEmpty();
  }

  /** Cuts hard texts, with every way to go on; names the first wrong answer. */
  public static final class Probe implements BiFunction<Long, Long, String> {
    /** For the loader. */
    public Probe() {}

    @Override
    public String apply(Long first, Long count) {
      var ways = new ArrayList<>(Continuation.lookalikes());
      for (int i = 1; i < Continuation.MARKS.size(); i++) {
        ways.add(new Continuation.QuotedAnchor(i));
      }
      for (long seed = first; seed < first + count; seed++) {
        var random = new SplittableRandom(seed);
        var kind = HardText.values()[random.nextInt(HardText.values().length)];
        String truth = kind.make(seed);
        var way = ways.get(random.nextInt(ways.size()));
        var model = new ScriptedModel(Protocol.OPENAI_CHAT, Answer.ofText(truth), way, seed);
        var stream =
            new CutStream(
                    model, List.of(Rung.ANCHOR), 1 + random.nextInt(CutStream.outputs(model)), 64)
                .run();
        boolean complete = stream.ending().verdict() instanceof Verdict.Complete;
        boolean stops =
            way instanceof Continuation.StopAtAnchor
                && stream.text().matches("(?s).*(\\p{Po}|```)[\"'*_`\\p{Pe}\\p{Pf}]*\\s*");
        if (complete ? !stream.text().equals(truth) && !stops : !truth.startsWith(stream.text())) {
          return "seed " + seed + ", " + kind + ", " + way.spec();
        }
      }
      return "";
    }
  }
}
