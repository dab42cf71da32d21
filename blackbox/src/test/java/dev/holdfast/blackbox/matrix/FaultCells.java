package dev.holdfast.blackbox.matrix;

import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.Fault;
import dev.holdfast.testkit.Position;
import dev.holdfast.testkit.RetryAfter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Every fault, at every place that makes sense, in both protocols, with and without recovery. */
final class FaultCells {
  /** Right after the head, before any text, early, in the middle, and at both ends. */
  static final List<Position> POSITIONS =
      List.of(
          new Position.BeforeHead(),
          Position.event(0),
          Position.token(0),
          Position.token(3),
          Position.token(40),
          new Position.BeforeFinish(),
          new Position.BeforeDone());

  /** Long enough for a busy machine between two events, short enough to wait for. */
  private static final Duration SHORT = Duration.ofMillis(700);

  private static final Duration LONG = Duration.ofSeconds(20);

  /** Far above the limits below. */
  private static final long HUGE = 256 << 10;

  private static final FrameLimits LIMITS = new FrameLimits(64 << 10, 64 << 10);

  /** The defaults, but hardly a wait before another attempt. */
  static final RetryPolicy EAGER =
      new RetryPolicy(3, 8, Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(60));

  private FaultCells() {}

  /** {@return the cells, those that wait for a clock first} */
  static List<Cell> all() {
    var cells = new ArrayList<Cell>();
    for (Lane lane : List.of(Lane.CHAT_ANCHOR, Lane.CLAUDE_PREFILL)) {
      for (RetryPolicy retry : List.of(EAGER, RetryPolicy.NONE)) {
        faults()
            .filter(fault -> fault.appliesTo(lane.protocol()))
            .forEach(fault -> cells.add(cell(lane, fault, retry)));
      }
    }
    cells.sort(Comparator.comparing(cell -> !waits(cell.fault())));
    return cells;
  }

  private static Cell cell(Lane lane, Fault fault, RetryPolicy retry) {
    String id =
        "%s, %s, %s"
            .formatted(
                lane.protocol(), fault.spec(), retry.equals(EAGER) ? "recover" : "no retries");
    return new Cell(id, lane, fault, new Continuation.Exact(), policy(clocks(lane, fault), retry));
  }

  static StreamPolicy policy(Timeouts clocks, RetryPolicy retry) {
    return StreamPolicy.DEFAULT.withTimeouts(clocks).withRetry(retry).withLimits(LIMITS);
  }

  /** Only the clock that has to find the fault is short: a busy machine is not a fault. */
  private static Timeouts clocks(Lane lane, Fault fault) {
    Timeouts patient = patient();
    return switch (fault.cause(lane.protocol())) {
      case FIRST_TOKEN_TIMEOUT -> patient.withFirstToken(SHORT);
      case IDLE_TIMEOUT -> patient.withIdle(SHORT);
      case PROGRESS_TIMEOUT -> patient.withProgress(SHORT);
      case null, default -> patient;
    };
  }

  static Timeouts patient() {
    return new Timeouts(LONG, LONG, LONG, LONG, LONG.multipliedBy(2));
  }

  private static boolean waits(Fault fault) {
    return fault instanceof Fault.Stall || fault instanceof Fault.KeepAlivesOnly;
  }

  private static Stream<Fault> faults() {
    return Stream.concat(Fault.examples().stream(), variants().stream())
        .flatMap(FaultCells::everywhere)
        .distinct();
  }

  /** What differs in kind from the examples. */
  private static List<Fault> variants() {
    var more = new ArrayList<Fault>();
    for (Fault.Trouble trouble : Fault.Trouble.values()) {
      more.add(new Fault.ErrorEvent(Position.token(3), trouble));
    }
    for (int code : new int[] {400, 401, 404, 408, 409, 413, 429, 502, 503, 529}) {
      more.add(new Fault.Status(code, null));
    }
    more.add(new Fault.Status(429, RetryAfter.millis(20)));
    more.add(new Fault.HtmlPage(403));
    more.add(new Fault.HtmlPage(502));
    more.add(new Fault.Slices(1));
    more.add(new Fault.Stall(Position.token(3), Duration.ofHours(1), Duration.ofMillis(50)));
    return more;
  }

  private static Stream<Fault> everywhere(Fault fault) {
    return switch (fault) {
      case Fault.CutFin cut -> POSITIONS.stream().map(Fault.CutFin::new);
      case Fault.CutRst cut -> POSITIONS.stream().map(Fault.CutRst::new);
      case Fault.Stall(Position at, Duration length, Duration keepAlive) ->
          POSITIONS.stream().map(place -> new Fault.Stall(place, length, keepAlive));
      case Fault.EndEarly end -> inBody().map(Fault.EndEarly::new);
      case Fault.EndByClose end -> inBody().map(Fault.EndByClose::new);
      case Fault.MalformedJson json -> inBody().map(Fault.MalformedJson::new);
      case Fault.MalformedSse sse -> inBody().map(Fault.MalformedSse::new);
      case Fault.GluedEvents glued -> inBody().map(Fault.GluedEvents::new);
      case Fault.InvalidUtf8 invalid -> inBody().map(Fault.InvalidUtf8::new);
      case Fault.SplitUtf8 split -> inBody().map(Fault.SplitUtf8::new);
      case Fault.DuplicateEvent duplicate -> inBody().map(Fault.DuplicateEvent::new);
      case Fault.SecondMessageStart start -> inBody().map(Fault.SecondMessageStart::new);
      case Fault.ErrorEvent(Position at, Fault.Trouble trouble) ->
          inBody().map(place -> new Fault.ErrorEvent(place, trouble));
      case Fault.EndlessLine line -> inBody().map(place -> new Fault.EndlessLine(place, HUGE));
      case Fault.EndlessStream s -> inBody().map(place -> new Fault.EndlessStream(place, HUGE));
      case Fault.HugeEvent huge -> inBody().map(place -> new Fault.HugeEvent(place, HUGE));
      case Fault.Slow slow -> Stream.of(new Fault.Slow(Duration.ofMillis(1)));
      case Fault.KeepAlivesOnly only ->
          Stream.of(new Fault.KeepAlivesOnly(Duration.ofMillis(50), Duration.ofHours(1)));
      case Fault.MissingDone missing -> Stream.of(missing);
      case Fault.DoneWithoutFinish done -> Stream.of(done);
      case Fault.Slices slices -> Stream.of(slices);
      case Fault.Status status -> Stream.of(status);
      case Fault.HtmlPage page -> Stream.of(page);
      case Fault.WrongContentType type -> Stream.of(type);
    };
  }

  private static Stream<Position> inBody() {
    return POSITIONS.stream().filter(place -> !(place instanceof Position.BeforeHead));
  }

  /** {@return whether a client that named this cause says that somebody did wrong} */
  static boolean isFault(Cause cause) {
    return switch (cause) {
      case CONNECTION_FAILED,
          PROVIDER_ERROR,
          PROTOCOL_VIOLATION,
          RATE_LIMITED,
          OVERLOADED,
          REJECTED ->
          true;
      default -> false;
    };
  }
}
