package dev.holdfast.blackbox.matrix;

import dev.holdfast.client.Outcome;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Fault.Remedy;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says what is wrong with how a cell of the fault matrix went. */
final class FaultJudge {
  private static final String TRUTH = Bench.ANSWER.text();
  private static final List<String> TOKENS =
      Bench.ANSWER.parts().stream().map(part -> ((AnswerPart.Token) part).text()).toList();

  /** Shapes of calls that a reader puts together again, with a warning. */
  private static final Map<Protocol, Set<Shape>> MENDED =
      Map.of(
          Protocol.OPENAI_CHAT,
          EnumSet.of(
              Shape.MISNUMBERED_CALLS,
              Shape.NAMELESS_FRAGMENTS,
              Shape.ONE_INDEX,
              Shape.CUMULATIVE_ARGUMENTS,
              Shape.IDLESS_CALLS),
          Protocol.ANTHROPIC_MESSAGES,
          EnumSet.of(Shape.CUMULATIVE_ARGUMENTS));

  private final Observed seen;
  private final Outcome outcome;
  private final Fault fault;
  private final List<String> wrong = new ArrayList<>();

  private FaultJudge(Observed seen) {
    this.seen = seen;
    this.outcome = seen.outcome();
    this.fault = seen.cell().fault();
  }

  /** {@return what is wrong; empty if nothing is} */
  static List<String> complaints(Observed seen) {
    var judge = new FaultJudge(seen);
    judge.judge();
    return judge.wrong;
  }

  private void judge() {
    expect("ended once", true, seen.endedOnce());
    expect("text as streamed", outcome.text(), seen.streamed());
    expect("finishes told", outcome.isComplete() ? 1L : 0L, seen.finishes());
    expect("attempts", seen.received().size(), outcome.attempts().size());
    Cause injected = seen.injected();
    Cause blamed = injected == Cause.MISSING_DONE ? null : injected;
    if (!Objects.equals(blamed, cause(outcome.attempts().getFirst()))) {
      wrong.add("attempt 1: " + outcome.attempts().getFirst().failure());
    }
    expect("cause of attempt 1", blamed, cause(outcome.attempts().getFirst()));
    expect(
        "warned of missing-done",
        injected == Cause.MISSING_DONE,
        outcome.warnings().contains(Cause.MISSING_DONE));
    expect("warned of a gap", tellsOfGaps(), outcome.warnings().contains(Cause.PROTOCOL_VIOLATION));
    if (fault instanceof Fault.CutTool) {
      int calls = outcome.isComplete() ? 1 : 0;
      expect("tool calls, whole or not at all", calls, outcome.toolCalls().size());
    }
    if (seen.cell().prompt().equals(Bench.TOOLS_PROMPT)) {
      var calls =
          !outcome.isComplete()
              ? List.<AnswerPart.Tool>of()
              : isCutByLimit() ? Bench.WITH_TOOL.tools() : Bench.WITH_TOOLS.tools();
      expect(
          "tool calls, whole or not at all",
          calls.stream().map(call -> call.name() + call.argumentsJson()).toList(),
          outcome.toolCalls().stream().map(call -> call.name() + call.arguments()).toList());
    }
    if (blamed == null) {
      whole(1, seen.struck() ? said() : TRUTH);
    } else if (mayHeal() && recovers()) {
      whole(2, TRUTH);
      expect("cause of attempt 2", null, cause(outcome.attempts().getLast()));
    } else {
      cut(blamed);
    }
  }

  /** Responses counts its events; elsewhere calls that had to be put together are worth a word. */
  private boolean tellsOfGaps() {
    if (!seen.struck()) {
      return false;
    }
    boolean responses = seen.cell().lane().protocol() == Protocol.OPENAI_RESPONSES;
    return switch (fault) {
      case Fault.DuplicateEvent again -> responses;
      case Fault.SwapEvents swap -> responses;
      case Fault.DropEvent drop -> responses;
      case Fault.EndlessStream repeats -> responses;
      // A second head before the first word.
      case Fault.SecondMessageStart start -> seen.injected() == null;
      case Fault.Shaped(Shape shape, Position at) when shape == Shape.SECOND_ANSWER ->
          seen.injected() == null && seen.cell().lane().protocol() != Protocol.OPENAI_CHAT;
      case Fault.Shaped(Shape shape, Position at) ->
          MENDED.getOrDefault(seen.cell().lane().protocol(), Set.of()).contains(shape);
      default -> false;
    };
  }

  /** The finish says that the limit came; the call that it cut is not handed on. */
  private boolean isCutByLimit() {
    return fault instanceof Fault.Shaped shaped
        && (shaped.shape() == Shape.CALL_AT_LIMIT || shaped.shape() == Shape.BLANK_CALL_AT_LIMIT);
  }

  private boolean recovers() {
    return seen.cell().policy().retry().equals(FaultCells.EAGER);
  }

  private boolean mayHeal() {
    if (isReport()) {
      return seen.injected() != Cause.REJECTED;
    }
    return fault.remedy(seen.cell().lane().protocol()) == Remedy.RECOVER;
  }

  /** Whether the request is at fault depends on what was said before the report. */
  private boolean isReport() {
    return switch (fault) {
      case Fault.ErrorEvent report -> true;
      case Fault.ErrorChunk report -> true;
      case Fault.ErrorDocument report -> true;
      case Fault.FinishThenError report -> true;
      case Fault.Shaped shaped -> shaped.shape() == Shape.MISLABELLED_ERROR;
      default -> false;
    };
  }

  private void whole(int attempts, String text) {
    expect("verdict", new Verdict.Complete(), outcome.verdict());
    expect("attempts made", attempts, outcome.attempts().size());
    expect("text", text, outcome.text());
    expect("unbroken", outcome.seams().isEmpty(), outcome.exactness() == Exactness.UNBROKEN);
    if (attempts == 1) {
      expect("seams", List.of(), outcome.seams());
    }
  }

  private void cut(Cause blamed) {
    Verdict verdict =
        FaultCells.isFault(blamed) ? new Verdict.Failed(blamed) : new Verdict.Truncated(blamed);
    expect("verdict", verdict, outcome.verdict());
    expect("attempts made", 1, outcome.attempts().size());
    expect("failure", blamed, outcome.failure().map(Failure::cause).orElse(null));
    // What java.net.http read together with a chunk that is none, it does not hand on.
    boolean lossy = fault instanceof Fault.BadChunk && said().startsWith(outcome.text());
    expect("text", lossy ? outcome.text() : said(), outcome.text());
  }

  /** What the first reply says before the fault, and with it where no client can know. */
  private String said() {
    return switch (fault) {
      case Fault.DuplicateEvent(Position at) -> {
        int token = tokensBefore(at);
        yield upTo(token) + TOKENS.get(token) + TRUTH.substring(upTo(token).length());
      }
      case Fault.DropEvent(Position at) -> {
        int token = tokensBefore(at);
        yield upTo(token) + TRUTH.substring(upTo(token + 1).length());
      }
      case Fault.SwapEvents(Position at) -> {
        int token = tokensBefore(at);
        String swapped = TOKENS.get(token + 1) + TOKENS.get(token);
        yield upTo(token) + swapped + TRUTH.substring(upTo(token + 2).length());
      }
      case Fault.EndlessStream(Position at, long bytes) -> {
        String rest = outcome.text().substring(Math.min(length(at), outcome.text().length()));
        String first = TOKENS.getFirst();
        // How many there are depends on the size of an event; what they say does not.
        yield upTo(tokensBefore(at)) + first.repeat(Math.max(1, rest.length() / first.length()));
      }
      case Fault.CutFin(Position at) -> upTo(tokensBefore(at));
      case Fault.CutRst(Position at) -> upTo(tokensBefore(at));
      case Fault.EndEarly(Position at) -> upTo(tokensBefore(at));
      case Fault.EndByClose(Position at) -> upTo(tokensBefore(at));
      case Fault.MalformedJson(Position at) -> upTo(tokensBefore(at));
      case Fault.MalformedSse(Position at) -> upTo(tokensBefore(at));
      case Fault.InvalidUtf8(Position at) -> upTo(tokensBefore(at));
      case Fault.SplitUtf8(Position at) -> upTo(tokensBefore(at));
      case Fault.Stall(Position at, var length, var keepAlive) -> upTo(tokensBefore(at));
      case Fault.ErrorEvent(Position at, var trouble) -> upTo(tokensBefore(at));
      case Fault.EndlessLine(Position at, long bytes) -> upTo(tokensBefore(at));
      case Fault.HugeEvent(Position at, long bytes) -> upTo(tokensBefore(at));
      case Fault.SecondMessageStart(Position at) ->
          seen.injected() == null ? TRUTH : upTo(tokensBefore(at));
      case Fault.Shaped(Shape shape, Position at) -> shaped(shape, at);
      case Fault.Status status -> "";
      case Fault.HtmlPage page -> "";
      case Fault.KeepAlivesOnly only -> "";
      case Fault.CutChunkSize(Position at, var by) -> upTo(tokensBefore(at));
      case Fault.ShortBody(Position at, long missing) -> upTo(tokensBefore(at));
      case Fault.BadChunk(Position at) -> upTo(tokensBefore(at));
      case Fault.ErrorChunk(Position at, var trouble) -> upTo(tokensBefore(at));
      case Fault.ErrorDocument(Position at, var trouble) -> upTo(tokensBefore(at));
      case Fault.CutHead cut -> "";
      case Fault.Gzip gzip -> "";
      case Fault.GzipCut gzip -> "";
      case Fault.GzipCorrupt gzip -> "";
      case Fault.Refused refused -> "";
      case Fault.TlsUntrusted untrusted -> "";
      case Fault.TlsWrongHost wrong -> "";
      case Fault.TlsCut cut -> "";
      case Fault.CutTool cut -> TRUTH;
      case Fault.FinishThenError then -> TRUTH;
      case Fault.NoUsage none -> TRUTH;
      case Fault.Trickle trickle -> TRUTH;
      case Fault.Bursts bursts -> TRUTH;
      case Fault.Bandwidth band -> TRUTH;
      case Fault.TinyEvents tiny -> TRUTH;
      case Fault.SlowClose slow -> TRUTH;
      case Fault.MissingDone missing -> TRUTH;
      case Fault.DoneWithoutFinish done -> TRUTH;
      case Fault.GluedEvents glued -> TRUTH;
      case Fault.Slow slow -> TRUTH;
      case Fault.Slices slices -> TRUTH;
      case Fault.WrongContentType type -> TRUTH;
    };
  }

  private String shaped(Shape shape, Position at) {
    return switch (shape) {
      case EMPTY_ANSWER -> "";
      case FAILED_FINISH, NETWORK_ERROR_FINISH, NATIVE_ERROR_FINISH, MISLABELLED_ERROR ->
          upTo(tokensBefore(at));
      // Before any word of the first answer it is the only one.
      case SECOND_ANSWER -> tokensBefore(at) == 0 ? TRUTH : upTo(tokensBefore(at));
      case MISNUMBERED_CALLS,
          NAMELESS_FRAGMENTS,
          ONE_INDEX,
          CUMULATIVE_ARGUMENTS,
          IDLESS_CALLS,
          CALL_AT_LIMIT,
          BLANK_CALL_AT_LIMIT,
          OBJECT_ARGUMENTS,
          EMPTY_OBJECT_OPENING,
          UNOPENED_BLOCK,
          MALFORMED_CALL_FINISH,
          TEXT_AT_END,
          GLUED_DONE,
          EMPTY_PING,
          RESUMED_AT_THE_END,
          RESUMED_AT_AN_EMPTY_END,
          RESUMED_ONE_TOO_LOW,
          RESUMED_IN_ANOTHER_ANSWER,
          RESUMED_BEHIND_A_GAP,
          RESUMED_FROM_THE_START ->
          TRUTH;
    };
  }

  private int length(Position at) {
    return upTo(tokensBefore(at)).length();
  }

  /** {@return the first tokens of the answer} */
  static String upTo(int tokens) {
    return String.join("", TOKENS.subList(0, tokens));
  }

  private int tokensBefore(Position at) {
    return switch (at) {
      case Position.BeforeHead() -> 0;
      case Position.AfterEvents(int events) ->
          (int)
              Healthy.events(seen.cell().lane().protocol()).subList(0, events).stream()
                  .filter(kind -> kind == WireFrame.Kind.CONTENT)
                  .count();
      case Position.AfterTokens(int tokens) -> tokens;
      case Position.BeforeFinish() -> TOKENS.size();
      case Position.BeforeDone() -> TOKENS.size();
      case Position.AfterBytes bytes ->
          throw new IllegalArgumentException("position: not in the matrix, was " + at);
    };
  }

  private static @Nullable Cause cause(AttemptReport attempt) {
    return attempt.failure().map(Failure::cause).orElse(null);
  }

  private void expect(String what, @Nullable Object expected, @Nullable Object was) {
    if (!Objects.equals(expected, was)) {
      wrong.add("%s: must be %s, was %s".formatted(what, shown(expected), shown(was)));
    }
  }

  /** The ends of long texts; a whole answer in every line would hide what is wrong. */
  private static String shown(@Nullable Object value) {
    String text = String.valueOf(value);
    return text.length() <= 60
        ? text
        : text.length() + " characters.." + text.substring(text.length() - 30);
  }
}
