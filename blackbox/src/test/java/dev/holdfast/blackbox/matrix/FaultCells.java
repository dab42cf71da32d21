package dev.holdfast.blackbox.matrix;

import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.model.Continuation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Every fault, at every place that makes sense, in every protocol that the client speaks. */
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

  /** Long enough for a busy machine between two bytes, and less than a proven answer waits. */
  private static final Duration IDLE = Duration.ofSeconds(4);

  /** Long enough for it to ask and be answered: the healthy second attempt has this clock too. */
  private static final Duration SHORT = Duration.ofSeconds(5);

  private static final Duration LONG = Duration.ofSeconds(30);

  /** Far above the limits below. */
  private static final long HUGE = 256 << 10;

  private static final int MANY = 20_000;

  private static final FrameLimits LIMITS = new FrameLimits(64 << 10, 64 << 10);

  /** The defaults, but hardly a wait before another attempt. */
  static final RetryPolicy EAGER =
      new RetryPolicy(3, 8, Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(60));

  private FaultCells() {}

  /**
   * {@return the cells that every build runs: all places with retries, one without; -Plong: all}
   */
  static List<Cell> representative() {
    var cells = new ArrayList<>(cells(List.of(EAGER), protocol -> POSITIONS));
    boolean all = Boolean.getBoolean("holdfast.long");
    var alone = all ? POSITIONS : List.<Position>of(Position.token(3));
    cells.addAll(cells(List.of(RetryPolicy.NONE), protocol -> alone));
    return cells;
  }

  /** {@return the cells at every event of the answer; some minutes} */
  static List<Cell> full() {
    return cells(
        List.of(EAGER),
        protocol -> {
          int events = Healthy.events(protocol).size();
          var all = new ArrayList<Position>(POSITIONS);
          IntStream.range(1, events).mapToObj(Position::event).forEach(all::add);
          return all;
        });
  }

  private static List<Cell> cells(
      List<RetryPolicy> retries, Function<Protocol, List<Position>> positions) {
    var cells = new ArrayList<Cell>();
    for (Lane lane : Lane.OF_PROTOCOLS) {
      for (RetryPolicy retry : retries) {
        faults(positions.apply(lane.protocol()))
            .filter(fault -> isMeant(fault, lane.protocol()))
            .filter(fault -> fault.appliesTo(lane.protocol()))
            .forEach(fault -> cells.add(cell(lane, fault, retry)));
      }
    }
    return cells;
  }

  /**
   * Once an answer is proven, text without end contradicts the proof, and whether the client saw
   * the proof before a chunk that is none depends on how TCP cut the bytes.
   */
  private static boolean isMeant(Fault fault, Protocol protocol) {
    int finish = Healthy.events(protocol).indexOf(WireFrame.Kind.FINISH);
    return switch (fault) {
      case Fault.BadChunk(Position at) -> !isBehind(at, finish);
      case Fault.EndlessStream(Position at, long bytes) -> !isBehind(at, finish);
      default -> true;
    };
  }

  private static boolean isBehind(Position at, int finish) {
    return finish >= 0
        && (at instanceof Position.BeforeDone
            || (at instanceof Position.AfterEvents(int events) && events > finish));
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
      case IDLE_TIMEOUT -> patient.withIdle(IDLE);
      // Before the first token it is that clock which runs out.
      case PROGRESS_TIMEOUT ->
          hasSpoken(lane.protocol(), fault)
              ? patient.withProgress(SHORT)
              : patient.withFirstToken(SHORT);
      case null, default -> patient;
    };
  }

  /** {@return whether text comes before the silence} */
  private static boolean hasSpoken(Protocol protocol, Fault fault) {
    return fault instanceof Fault.Stall(Position at, var length, var keepAlive)
        && switch (at) {
          case Position.BeforeHead() -> false;
          case Position.AfterEvents(int events) ->
              Healthy.events(protocol).subList(0, events).contains(WireFrame.Kind.CONTENT);
          case Position.AfterTokens(int tokens) -> tokens > 0;
          case Position.BeforeFinish() -> true;
          case Position.BeforeDone() -> true;
          case Position.AfterBytes bytes ->
              throw new IllegalArgumentException("position: not in the matrix, was " + at);
        };
  }

  static Timeouts patient() {
    return new Timeouts(LONG, LONG, LONG, LONG, LONG.multipliedBy(2));
  }

  /** {@return whether a cell does nothing but wait most of its time} */
  static boolean waits(Cell cell) {
    return cell.fault() instanceof Fault.Stall
        || cell.fault() instanceof Fault.KeepAlivesOnly
        || cell.fault() instanceof Fault.SlowClose;
  }

  /** Those of connections need a server of their own: {@link ConnectionMatrixTest}. */
  private static Stream<Fault> faults(List<Position> positions) {
    return Stream.concat(Fault.examples().stream(), variants().stream())
        .filter(fault -> !ConnectionMatrixTest.FAULTS.contains(fault.id()))
        .filter(FaultCells::isRead)
        .flatMap(fault -> everywhere(fault, positions))
        .distinct();
  }

  /** Nothing is taken up by cursor here; the simulator does that. */
  static boolean isRead(Fault fault) {
    return !(fault instanceof Fault.Shaped shaped && shaped.shape().isOfResumed());
  }

  /** What differs in kind from the examples. */
  private static List<Fault> variants() {
    var more = new ArrayList<Fault>();
    for (Fault.Trouble trouble : Fault.Trouble.values()) {
      more.add(new Fault.ErrorEvent(Position.token(3), trouble));
      more.add(new Fault.ErrorChunk(Position.token(3), trouble));
      more.add(new Fault.ErrorDocument(Position.token(3), trouble));
      more.add(new Fault.FinishThenError(trouble));
    }
    for (int code : new int[] {400, 401, 404, 408, 409, 413, 429, 502, 503, 529}) {
      more.add(new Fault.Status(code, null));
    }
    more.add(new Fault.Status(429, RetryAfterHeader.millis(20)));
    more.add(new Fault.CutHead(20, Fault.Ending.RST));
    more.add(new Fault.CutChunkSize(Position.token(3), Fault.Ending.RST));
    more.add(new Fault.CutTool(1, Fault.Ending.RST));
    more.add(new Fault.HtmlPage(403));
    more.add(new Fault.HtmlPage(502));
    more.add(new Fault.Slices(1));
    more.add(new Fault.Stall(Position.token(3), Duration.ofHours(1), Duration.ofMillis(50)));
    return more;
  }

  private static Stream<Fault> everywhere(Fault fault, List<Position> positions) {
    Supplier<Stream<Position>> inBody =
        () -> positions.stream().filter(place -> !(place instanceof Position.BeforeHead));
    return switch (fault) {
      case Fault.CutFin cut -> positions.stream().map(Fault.CutFin::new);
      case Fault.CutRst cut -> positions.stream().map(Fault.CutRst::new);
      case Fault.Stall(Position at, var length, var keepAlive) ->
          positions.stream().map(place -> new Fault.Stall(place, length, keepAlive));
      case Fault.EndEarly end -> inBody.get().map(Fault.EndEarly::new);
      case Fault.EndByClose end -> inBody.get().map(Fault.EndByClose::new);
      case Fault.MalformedJson json -> inBody.get().map(Fault.MalformedJson::new);
      case Fault.MalformedSse sse -> inBody.get().map(Fault.MalformedSse::new);
      case Fault.GluedEvents glued -> inBody.get().map(Fault.GluedEvents::new);
      case Fault.InvalidUtf8 invalid -> inBody.get().map(Fault.InvalidUtf8::new);
      case Fault.SplitUtf8 split -> inBody.get().map(Fault.SplitUtf8::new);
      case Fault.DuplicateEvent duplicate -> inBody.get().map(Fault.DuplicateEvent::new);
      case Fault.SwapEvents swap -> inBody.get().map(Fault.SwapEvents::new);
      case Fault.DropEvent drop -> inBody.get().map(Fault.DropEvent::new);
      case Fault.SecondMessageStart start -> inBody.get().map(Fault.SecondMessageStart::new);
      case Fault.BadChunk bad -> inBody.get().map(Fault.BadChunk::new);
      case Fault.ErrorEvent(Position at, var trouble) ->
          inBody.get().map(place -> new Fault.ErrorEvent(place, trouble));
      case Fault.ErrorChunk(Position at, var trouble) ->
          inBody.get().map(place -> new Fault.ErrorChunk(place, trouble));
      case Fault.ErrorDocument(Position at, var trouble) ->
          inBody.get().map(place -> new Fault.ErrorDocument(place, trouble));
      case Fault.CutChunkSize(Position at, var by) ->
          inBody.get().map(place -> new Fault.CutChunkSize(place, by));
      case Fault.ShortBody(Position at, long missing) ->
          inBody.get().map(place -> new Fault.ShortBody(place, missing));
      case Fault.TinyEvents tiny -> inBody.get().map(place -> new Fault.TinyEvents(place, MANY));
      case Fault.EndlessLine line -> inBody.get().map(place -> new Fault.EndlessLine(place, HUGE));
      case Fault.EndlessStream s -> inBody.get().map(place -> new Fault.EndlessStream(place, HUGE));
      case Fault.HugeEvent huge -> inBody.get().map(place -> new Fault.HugeEvent(place, HUGE));
      case Fault.CutHead(int bytes, var by) ->
          Stream.of(1, 20, 60, 1000).map(length -> new Fault.CutHead(length, by));
      case Fault.CutTool(int pieces, var by) ->
          IntStream.range(0, 14).mapToObj(whole -> new Fault.CutTool(whole, by));
      case Fault.Slow slow -> Stream.of(new Fault.Slow(Duration.ofMillis(1)));
      case Fault.KeepAlivesOnly only ->
          Stream.of(new Fault.KeepAlivesOnly(Duration.ofMillis(50), Duration.ofHours(1)));
      case Fault.Trickle trickle -> Stream.of(new Fault.Trickle(100, Duration.ofMillis(1)));
      case Fault.Bursts bursts -> Stream.of(new Fault.Bursts(8, Duration.ofMillis(5)));
      case Fault.Bandwidth band -> Stream.of(new Fault.Bandwidth(200 << 10));
      case Fault.MissingDone missing -> Stream.of(missing);
      case Fault.DoneWithoutFinish done -> Stream.of(done);
      case Fault.Slices slices -> Stream.of(slices);
      case Fault.Status status -> Stream.of(status);
      case Fault.HtmlPage page -> Stream.of(page);
      case Fault.WrongContentType type -> Stream.of(type);
      case Fault.Gzip gzip -> Stream.of(gzip);
      case Fault.GzipCut gzip -> Stream.of(gzip);
      case Fault.GzipCorrupt gzip -> Stream.of(gzip);
      case Fault.FinishThenError then -> Stream.of(then);
      case Fault.NoUsage none -> Stream.of(none);
      case Fault.SlowClose slow -> Stream.of(slow);
      case Fault.Refused refused -> Stream.of(refused);
      case Fault.TlsUntrusted untrusted -> Stream.of(untrusted);
      case Fault.TlsWrongHost wrong -> Stream.of(wrong);
      case Fault.TlsCut cut -> Stream.of(cut);
      case Fault.Shaped(Shape shape, Position at) ->
          shape.isPlaced()
              ? inBody.get().map(place -> new Fault.Shaped(shape, place))
              : Stream.of(fault);
    };
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
