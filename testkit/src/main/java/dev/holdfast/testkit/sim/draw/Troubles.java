package dev.holdfast.testkit.sim.draw;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import dev.holdfast.testkit.fault.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Draws what goes wrong with one attempt. */
public final class Troubles {
  /** Longer than every clock of an upstream. */
  public static final Duration SILENCE = Duration.ofMinutes(2);

  private static final List<Integer> STATUSES =
      List.of(429, 500, 502, 503, 504, 529, 408, 400, 401, 404, 413, 422);

  /** What a provider could report inside a stream in the first edition; {@code values()} grows. */
  private static final List<Fault.Trouble> TROUBLES =
      List.of(
          Fault.Trouble.SERVER,
          Fault.Trouble.OVERLOADED,
          Fault.Trouble.RATE_LIMITED,
          Fault.Trouble.INVALID_REQUEST);

  /** The shapes of the third edition; those of one protocol more than once. */
  private static final List<Shape> SHAPES =
      List.of(
          Shape.MISNUMBERED_CALLS,
          Shape.MISNUMBERED_CALLS,
          Shape.NAMELESS_FRAGMENTS,
          Shape.NAMELESS_FRAGMENTS,
          Shape.ONE_INDEX,
          Shape.CUMULATIVE_ARGUMENTS,
          Shape.IDLESS_CALLS,
          Shape.CALL_AT_LIMIT,
          Shape.BLANK_CALL_AT_LIMIT,
          Shape.OBJECT_ARGUMENTS,
          Shape.EMPTY_OBJECT_OPENING,
          Shape.EMPTY_OBJECT_OPENING,
          Shape.EMPTY_OBJECT_OPENING,
          Shape.UNOPENED_BLOCK,
          Shape.UNOPENED_BLOCK,
          Shape.FAILED_FINISH,
          Shape.NETWORK_ERROR_FINISH,
          Shape.NATIVE_ERROR_FINISH,
          Shape.MALFORMED_CALL_FINISH,
          Shape.EMPTY_ANSWER,
          Shape.SECOND_ANSWER,
          Shape.TEXT_AT_END,
          Shape.TEXT_AT_END,
          Shape.TEXT_AT_END,
          Shape.MISLABELLED_ERROR,
          Shape.GLUED_DONE,
          Shape.EMPTY_PING);

  private Troubles() {}

  static List<Fault> draw(RandomGenerator random, Answer answer) {
    var faults = new ArrayList<Fault>();
    if (Draw.oneIn(random, 4)) {
      faults.add(new Fault.Slices(1 + random.nextInt(Draw.oneIn(random, 2) ? 40 : 600)));
    }
    faults.add(one(random, answer));
    if (Draw.oneIn(random, 3)) {
      faults.add(new Fault.Slow(Duration.ofNanos(100_000 + random.nextLong(60_000_000))));
    }
    return faults;
  }

  private static Fault one(RandomGenerator random, Answer answer) {
    Position at = token(random, answer);
    Position byteAt = Position.bytes(random.nextInt(400 + 150 * answer.parts().size()));
    return switch (random.nextInt(27)) {
      case 0 -> new Fault.CutFin(byteAt);
      case 1 -> new Fault.CutFin(at);
      case 2 -> new Fault.CutRst(byteAt);
      case 3 -> new Fault.CutRst(at);
      case 4 -> new Fault.CutRst(new Position.BeforeHead());
      case 5 -> new Fault.EndEarly(byteAt);
      case 6 -> new Fault.EndEarly(new Position.BeforeFinish());
      case 7 -> new Fault.EndByClose(at);
      case 8 -> new Fault.MissingDone();
      case 9 -> new Fault.DoneWithoutFinish();
      case 10 -> new Fault.MalformedJson(at);
      case 11 -> new Fault.MalformedSse(at);
      case 12 -> new Fault.InvalidUtf8(at);
      case 13 -> new Fault.SplitUtf8(at);
      case 14 -> new Fault.Stall(at, SILENCE, null);
      case 15 -> new Fault.Stall(at, SILENCE, Duration.ofSeconds(3));
      case 16 -> new Fault.Stall(new Position.BeforeHead(), SILENCE, null);
      case 17 -> new Fault.ErrorEvent(at, Draw.pick(random, TROUBLES));
      case 18 -> new Fault.Status(Draw.pick(random, STATUSES), retryAfter(random));
      case 19 -> new Fault.HtmlPage(random.nextBoolean() ? 200 : 502);
      case 20 -> new Fault.KeepAlivesOnly(Duration.ofSeconds(2), SILENCE);
      case 21 -> new Fault.EndlessLine(at, 20_000 + random.nextInt(60_000));
      case 22 -> new Fault.HugeEvent(at, 20_000 + random.nextInt(60_000));
      case 23 -> new Fault.WrongContentType("text/plain");
      case 24 -> new Fault.GluedEvents(at);
      case 25 -> new Fault.CutFin(new Position.BeforeDone());
      default -> new Fault.SecondMessageStart(at);
    };
  }

  /**
   * {@return what goes wrong with one attempt, as the third edition draws it}
   *
   * @param protocol how the reply is written
   * @param shapes whether the reply may be written in a way outside its protocol
   */
  static List<Fault> third(
      RandomGenerator random, Protocol protocol, Answer answer, boolean shapes) {
    var faults = new ArrayList<Fault>();
    if (Draw.oneIn(random, 4)) {
      faults.add(new Fault.Slices(1 + random.nextInt(Draw.oneIn(random, 2) ? 40 : 600)));
    }
    Position at = token(random, answer);
    Fault drawn = thirdOne(random, at);
    Fault shape = Draw.pick(random, shapes(random, protocol, answer, at));
    faults.add(shapes && !Draw.oneIn(random, 3) ? shape : drawn);
    return faults;
  }

  /** Those that a reply of the answer can have: of one with calls mostly those of calls. */
  private static List<Fault> shapes(
      RandomGenerator random, Protocol protocol, Answer answer, Position at) {
    boolean calls = !answer.tools().isEmpty();
    boolean ofCalls = calls && !Draw.oneIn(random, 3);
    return SHAPES.stream()
        .filter(shape -> ofCalls ? shape.isOfCalls() : calls || !shape.isOfCalls())
        .<Fault>map(shape -> new Fault.Shaped(shape, at))
        .filter(fault -> fault.appliesTo(protocol))
        .toList();
  }

  private static Fault thirdOne(RandomGenerator random, Position at) {
    var by = random.nextBoolean() ? Fault.Ending.FIN : Fault.Ending.RST;
    var trouble = Draw.pick(random, TROUBLES);
    return switch (random.nextInt(5)) {
      case 0 -> new Fault.CutTool(random.nextInt(8), by);
      case 1 -> new Fault.CutHead(1 + random.nextInt(80), by);
      case 2 -> new Fault.ErrorChunk(at, trouble);
      case 3 -> new Fault.ErrorDocument(at, trouble);
      default -> new Fault.FinishThenError(trouble);
    };
  }

  private static Position token(RandomGenerator random, Answer answer) {
    return Position.token(random.nextInt(answer.parts().size() + 1));
  }

  private static @Nullable RetryAfterHeader retryAfter(RandomGenerator random) {
    return random.nextBoolean()
        ? null
        : new RetryAfterHeader(
            Draw.pick(random, List.of(RetryAfterHeader.Spelling.values())),
            Duration.ofMillis(random.nextInt(90_000)));
  }
}
