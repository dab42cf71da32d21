package dev.holdfast.blackbox.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.blackbox.sim.Mutant;
import dev.holdfast.core.seam.Evidence;
import dev.holdfast.core.seam.Stitcher;
import dev.holdfast.core.seam.TextIndex;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.HardText;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.ScriptedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each check of what follows a repetition is taken out once, and a wrong answer must come of it.
 */
@Timeout(300)
@Tag("slow")
class PlantedSeamBugsTest {
  private static final long SEEDS = 4000;
  private static final List<HardText> KINDS = List.of(HardText.values());

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
            "if (end < 0) {"),
        new Bug(
            "the text's own closing mark is swallowed",
            "behind++;\n        closed.append(c);",
            "behind++;"),
        new Bug(
            "an ellipsis is handed on",
            "return new Decision.Refuse(\n            \"an ellipsis behind",
            "if (seam != null) break;\n        return new Decision.Refuse(\n            \"an ellipsis"),
        new Bug(
            "three points that are no full stops are handed on",
            "first = first == 0 ? c : first;",
            "first = first == 0 ? c : first;\n        if (first != '.') return NONE;"),
        new Bug("a dash is handed on", "if (DASHES.indexOf(c) >= 0) {", "if (c == 0) {"),
        new Bug(
            "a second repetition behind a word is handed on",
            "behindBracket(fresh, marked) + MAX_GAP",
            "marked"),
        new Bug(
            "talk behind a mark is handed on",
            "at - visible <= HEAD && !isOfWord(text.charAt(at))",
            "at < visible"),
        new Bug(
            "talk in words of its own is handed on",
            "if (isRemark(words, language)) {",
            "if (words == null) {"),
        new Bug(
            "a mark of the model is the text's though white space is between",
            "char own = direct ? tail.before(from) : 0;",
            "char own = tail.before(from);"),
        new Bug(
            "a period is a repetition",
            "var other = settle(others, last, true);",
            "Decision other = null;"
                + " for (var one : others) {"
                + " if (one.advance(held) == Match.FULL) {"
                + " other = new Decision.Join(held.substring(one.consumed()), one.consumed()); } }"
                + " other = other == null ? settle(others, last, true) : other;"),
        new Bug(
            "the next part is a repetition",
            "if (isNextPart(held, full, echoed, fresh) || ",
            "if ("),
        new Bug(
            "what is open is not looked at",
            "&& !OpenMarks.isAnyOpen(text, end)\n        && !Unfinished.is(text, end, fences)",
            "&& !OpenMarks.isAnyOpen(text, end)"),
        new Bug(
            "an abbreviation ends a sentence",
            "return !initial && !isShort(letters);",
            "return true;"),
        new Bug(
            "an address ends a sentence",
            "if (token.matches(",
            "if (token.isEmpty() && token.matches("));
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
      for (int i = 1; i < Continuation.TALK.size(); i++) {
        ways.add(new Continuation.TalkAfter(i));
      }
      for (int i = 1; i < Continuation.TWICE.size(); i++) {
        ways.add(new Continuation.AnchorTwice(i));
      }
      for (int i = 1; i < Continuation.DOTS.size(); i++) {
        ways.add(new Continuation.Ellipses(i));
      }
      for (long seed = first; seed < first + count; seed++) {
        var random = new SplittableRandom(seed);
        var kind = KINDS.get(random.nextInt(KINDS.size()));
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
                && Continuation.StopAtAnchor.mayBeDone(stream.text());
        if (complete ? !stream.text().equals(truth) && !stops : !truth.startsWith(stream.text())) {
          return "seed " + seed + ", " + kind + ", " + way.spec();
        }
        String wrong = byHand(random, kind, truth);
        if (!wrong.isEmpty()) {
          return "seed " + seed + ", " + wrong;
        }
      }
      return "";
    }

    /**
     * Ways to go on that look like others by what the text is: an ellipsis; a quotation that only
     * opens, where the mark after the repetition is the text's; no repetition at all, in the second
     * of two parts that are the same; and marks around all of what is said.
     */
    private static String byHand(SplittableRandom random, HardText kind, String truth) {
      boolean enclosed = kind == HardText.ENCLOSED;
      int way = enclosed ? 3 : random.nextInt(5);
      String[] marks =
          Continuation.MARKS.get(random.nextInt(Continuation.MARKS.size())).split(" ", -1);
      int cut = 1 + random.nextInt(truth.length());
      if (way == 1) {
        cut = truth.indexOf(marks[1], cut);
      } else if (way == 2) {
        int period = truth.indexOf(truth.substring(0, Math.min(truth.length(), 20)), 1);
        cut = period < 0 ? cut : Math.min(truth.length(), period + random.nextInt(40));
      } else if (way == 3) {
        // Where a sentence seems to end, or a part of the text.
        int dot = truth.indexOf(enclosed || random.nextBoolean() ? '.' : '\u3002', cut);
        cut = dot < 0 ? cut : dot + (enclosed ? 1 : random.nextInt(3));
      }
      cut = Math.min(cut, truth.length());
      if (cut < 0 || (cut < truth.length() && Character.isLowSurrogate(truth.charAt(cut)))) {
        return "";
      }
      String delivered = truth.substring(0, cut);
      String rest = truth.substring(cut);
      var index = TextIndex.of(delivered);
      var rung = way == 2 && random.nextBoolean() ? Rung.PREFILL : Rung.ANCHOR;
      int start =
          Evidence.startFor(
              delivered, index, rung == Rung.PREFILL ? Evidence.MIN_VISIBLE : Evidence.MIN_ANCHOR);
      if (start < 0) {
        return "";
      }
      String anchor = delivered.substring(start).strip();
      String said =
          switch (way) {
            case 0 -> "\u2026" + anchor + "\u2026" + rest;
            case 1 -> marks[0] + anchor + rest;
            case 2 -> rest;
            case 3 -> !enclosed && random.nextBoolean() ? rest : anchor;
            default -> marks[0] + anchor + rest + marks[1];
          };
      var stitcher = new Stitcher(delivered, index, rung, start, 240);
      var decision = stitcher.feed(said);
      if (decision instanceof Stitcher.Decision.Hold) {
        decision = stitcher.end(true);
      }
      return decision instanceof Stitcher.Decision.Join(var text, int overlap)
              && !rest.equals(text)
              && !(text.isBlank() && Continuation.StopAtAnchor.mayBeDone(delivered))
          ? kind + ", " + said
          : "";
    }
  }
}
