package dev.holdfast.testkit.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Faults as text: {@code name@key=value,key=value}. */
final class FaultSpec {
  private static final Position WHERE = Position.token(3);
  private static final Duration LONG = Duration.ofHours(1);

  /** One of each fault, with the defaults of {@link #read}: the catalogue's order. */
  static final List<Fault> EXAMPLES =
      withShapes(
          new Fault.CutFin(WHERE),
          new Fault.CutRst(WHERE),
          new Fault.EndEarly(WHERE),
          new Fault.EndByClose(WHERE),
          new Fault.MissingDone(),
          new Fault.DoneWithoutFinish(),
          new Fault.MalformedJson(WHERE),
          new Fault.MalformedSse(WHERE),
          new Fault.GluedEvents(WHERE),
          new Fault.InvalidUtf8(WHERE),
          new Fault.SplitUtf8(WHERE),
          new Fault.Stall(WHERE, LONG, null),
          new Fault.Slow(Duration.ofMillis(20)),
          new Fault.Slices(7),
          new Fault.ErrorEvent(WHERE, Fault.Trouble.SERVER),
          new Fault.Status(500, null),
          new Fault.EndlessLine(WHERE, 1L << 30),
          new Fault.EndlessStream(WHERE, 2L << 30),
          new Fault.HtmlPage(200),
          new Fault.KeepAlivesOnly(Duration.ofSeconds(1), LONG),
          new Fault.WrongContentType("application/json"),
          new Fault.HugeEvent(WHERE, 32L << 20),
          new Fault.DuplicateEvent(WHERE),
          new Fault.SecondMessageStart(WHERE),
          new Fault.CutHead(20, Fault.Ending.FIN),
          new Fault.CutChunkSize(WHERE, Fault.Ending.FIN),
          new Fault.CutTool(1, Fault.Ending.FIN),
          new Fault.ShortBody(WHERE, 1000),
          new Fault.BadChunk(WHERE),
          new Fault.Gzip(),
          new Fault.GzipCut(),
          new Fault.GzipCorrupt(),
          new Fault.FinishThenError(Fault.Trouble.SERVER),
          new Fault.ErrorChunk(WHERE, Fault.Trouble.SERVER),
          new Fault.ErrorDocument(WHERE, Fault.Trouble.SERVER),
          new Fault.SwapEvents(WHERE),
          new Fault.DropEvent(WHERE),
          new Fault.NoUsage(),
          new Fault.Trickle(1, Duration.ofMillis(1)),
          new Fault.Bursts(8, Duration.ofMillis(50)),
          new Fault.Bandwidth(16 << 10),
          new Fault.TinyEvents(WHERE, 1_000_000),
          new Fault.SlowClose(LONG),
          new Fault.Refused(Duration.ofMillis(500)),
          new Fault.TlsUntrusted(),
          new Fault.TlsWrongHost(),
          new Fault.TlsCut(Fault.Ending.FIN));

  private FaultSpec() {}

  private static List<Fault> withShapes(Fault... faults) {
    var all = new ArrayList<Fault>(List.of(faults));
    for (Shape shape : Shape.values()) {
      all.add(new Fault.Shaped(shape, WHERE));
    }
    return List.copyOf(all);
  }

  static Fault read(String spec) {
    int at = spec.indexOf('@');
    String name = at < 0 ? spec : spec.substring(0, at);
    for (Fault example : EXAMPLES) {
      if (example.id().equals(name)) {
        var arguments = new FaultArguments(name, at < 0 ? "" : spec.substring(at + 1));
        Fault fault = read(example, arguments);
        arguments.allRead();
        return fault;
      }
    }
    List<String> names = EXAMPLES.stream().map(Fault::id).toList();
    throw new IllegalArgumentException(
        "fault: must be one of " + String.join(", ", names) + ", was '" + name + "'");
  }

  private static Fault read(Fault example, FaultArguments with) {
    return switch (example) {
      case Fault.CutFin(Position at) -> new Fault.CutFin(with.anywhere(at));
      case Fault.CutRst(Position at) -> new Fault.CutRst(with.anywhere(at));
      case Fault.EndEarly(Position at) -> new Fault.EndEarly(with.inBody(at));
      case Fault.EndByClose(Position at) -> new Fault.EndByClose(with.inBody(at));
      case Fault.MissingDone missing -> missing;
      case Fault.DoneWithoutFinish done -> done;
      case Fault.MalformedJson(Position at) -> new Fault.MalformedJson(with.inBody(at));
      case Fault.MalformedSse(Position at) -> new Fault.MalformedSse(with.inBody(at));
      case Fault.GluedEvents(Position at) -> new Fault.GluedEvents(with.inBody(at));
      case Fault.InvalidUtf8(Position at) -> new Fault.InvalidUtf8(with.inBody(at));
      case Fault.SplitUtf8(Position at) -> new Fault.SplitUtf8(with.inBody(at));
      case Fault.Stall(Position at, Duration length, var none) ->
          new Fault.Stall(
              with.anywhere(at), with.time("for", length), with.timeOrNull("keep-alive"));
      case Fault.Slow(Duration delay) -> new Fault.Slow(with.time("delay", delay));
      case Fault.Slices(int max) -> new Fault.Slices((int) with.number("max", max));
      case Fault.ErrorEvent(Position at, Fault.Trouble trouble) ->
          new Fault.ErrorEvent(with.inBody(at), with.trouble(trouble));
      case Fault.Status(int code, var none) ->
          new Fault.Status((int) with.number("code", code), with.retryAfter());
      case Fault.EndlessLine(Position at, long bytes) ->
          new Fault.EndlessLine(with.inBody(at), with.size("bytes", bytes));
      case Fault.EndlessStream(Position at, long bytes) ->
          new Fault.EndlessStream(with.inBody(at), with.size("bytes", bytes));
      case Fault.HtmlPage(int code) -> new Fault.HtmlPage((int) with.number("code", code));
      case Fault.KeepAlivesOnly(Duration interval, Duration length) ->
          new Fault.KeepAlivesOnly(with.time("interval", interval), with.time("for", length));
      case Fault.WrongContentType(String type) ->
          new Fault.WrongContentType(with.word("type", type));
      case Fault.HugeEvent(Position at, long bytes) ->
          new Fault.HugeEvent(with.inBody(at), with.size("bytes", bytes));
      case Fault.DuplicateEvent(Position at) -> new Fault.DuplicateEvent(with.inBody(at));
      case Fault.SecondMessageStart(Position at) -> new Fault.SecondMessageStart(with.inBody(at));
      case Fault.CutHead(int bytes, Fault.Ending by) ->
          new Fault.CutHead((int) with.number("bytes", bytes), with.ending(by));
      case Fault.CutChunkSize(Position at, Fault.Ending by) ->
          new Fault.CutChunkSize(with.inBody(at), with.ending(by));
      case Fault.CutTool(int pieces, Fault.Ending by) ->
          new Fault.CutTool((int) with.number("pieces", pieces), with.ending(by));
      case Fault.ShortBody(Position at, long missing) ->
          new Fault.ShortBody(with.inBody(at), with.size("missing", missing));
      case Fault.BadChunk(Position at) -> new Fault.BadChunk(with.inBody(at));
      case Fault.Gzip gzip -> gzip;
      case Fault.GzipCut cut -> cut;
      case Fault.GzipCorrupt corrupt -> corrupt;
      case Fault.FinishThenError(Fault.Trouble trouble) ->
          new Fault.FinishThenError(with.trouble(trouble));
      case Fault.ErrorChunk(Position at, Fault.Trouble trouble) ->
          new Fault.ErrorChunk(with.inBody(at), with.trouble(trouble));
      case Fault.ErrorDocument(Position at, Fault.Trouble trouble) ->
          new Fault.ErrorDocument(with.inBody(at), with.trouble(trouble));
      case Fault.SwapEvents(Position at) -> new Fault.SwapEvents(with.inBody(at));
      case Fault.DropEvent(Position at) -> new Fault.DropEvent(with.inBody(at));
      case Fault.NoUsage none -> none;
      case Fault.Trickle(int bytes, Duration every) ->
          new Fault.Trickle((int) with.number("bytes", bytes), with.time("every", every));
      case Fault.Bursts(int events, Duration every) ->
          new Fault.Bursts((int) with.number("events", events), with.time("every", every));
      case Fault.Bandwidth(long rate) -> new Fault.Bandwidth(with.size("rate", rate));
      case Fault.TinyEvents(Position at, int events) ->
          // The position may be an event, too.
          new Fault.TinyEvents(with.inBody(at), (int) with.number("events", events));
      case Fault.SlowClose(Duration length) -> new Fault.SlowClose(with.time("for", length));
      case Fault.Refused(Duration length) -> new Fault.Refused(with.time("for", length));
      case Fault.TlsUntrusted untrusted -> untrusted;
      case Fault.TlsWrongHost wrong -> wrong;
      case Fault.TlsCut(Fault.Ending by) -> new Fault.TlsCut(with.ending(by));
      case Fault.Shaped(Shape shape, Position at) ->
          new Fault.Shaped(shape, shape.isPlaced() ? with.inBody(at) : at);
    };
  }

  static String write(Fault fault) {
    var parts = new ArrayList<String>();
    switch (fault) {
      case Fault.CutFin(Position at) -> parts.add(at.spec());
      case Fault.CutRst(Position at) -> parts.add(at.spec());
      case Fault.EndEarly(Position at) -> parts.add(at.spec());
      case Fault.EndByClose(Position at) -> parts.add(at.spec());
      case Fault.MissingDone missing -> {}
      case Fault.DoneWithoutFinish done -> {}
      case Fault.MalformedJson(Position at) -> parts.add(at.spec());
      case Fault.MalformedSse(Position at) -> parts.add(at.spec());
      case Fault.GluedEvents(Position at) -> parts.add(at.spec());
      case Fault.InvalidUtf8(Position at) -> parts.add(at.spec());
      case Fault.SplitUtf8(Position at) -> parts.add(at.spec());
      case Fault.Stall(Position at, Duration length, Duration keepAlive) -> {
        parts.add(at.spec());
        parts.add("for=" + time(length));
        if (keepAlive != null) {
          parts.add("keep-alive=" + time(keepAlive));
        }
      }
      case Fault.Slow(Duration delay) -> parts.add("delay=" + time(delay));
      case Fault.Slices(int max) -> parts.add("max=" + max);
      case Fault.ErrorEvent(Position at, Fault.Trouble trouble) -> {
        parts.add(at.spec());
        parts.add("trouble=" + trouble.id());
      }
      case Fault.Status(int code, RetryAfterHeader retryAfter) -> {
        parts.add("code=" + code);
        if (retryAfter != null) {
          parts.add("retry-after=" + time(retryAfter.delay()));
          parts.add("spelling=" + retryAfter.spelling().id());
        }
      }
      case Fault.EndlessLine(Position at, long bytes) -> addSized(parts, at, bytes);
      case Fault.EndlessStream(Position at, long bytes) -> addSized(parts, at, bytes);
      case Fault.HtmlPage(int code) -> parts.add("code=" + code);
      case Fault.KeepAlivesOnly(Duration interval, Duration length) -> {
        parts.add("interval=" + time(interval));
        parts.add("for=" + time(length));
      }
      case Fault.WrongContentType(String type) -> parts.add("type=" + type);
      case Fault.HugeEvent(Position at, long bytes) -> addSized(parts, at, bytes);
      case Fault.DuplicateEvent(Position at) -> parts.add(at.spec());
      case Fault.SecondMessageStart(Position at) -> parts.add(at.spec());
      case Fault.CutHead(int bytes, Fault.Ending by) ->
          parts.addAll(List.of("bytes=" + bytes, by(by)));
      case Fault.CutChunkSize(Position at, Fault.Ending by) ->
          parts.addAll(List.of(at.spec(), by(by)));
      case Fault.CutTool(int pieces, Fault.Ending by) ->
          parts.addAll(List.of("pieces=" + pieces, by(by)));
      case Fault.ShortBody(Position at, long missing) ->
          parts.addAll(List.of(at.spec(), "missing=" + size(missing)));
      case Fault.BadChunk(Position at) -> parts.add(at.spec());
      case Fault.Gzip gzip -> {}
      case Fault.GzipCut cut -> {}
      case Fault.GzipCorrupt corrupt -> {}
      case Fault.FinishThenError(Fault.Trouble trouble) -> parts.add("trouble=" + trouble.id());
      case Fault.ErrorChunk(Position at, Fault.Trouble trouble) ->
          parts.addAll(List.of(at.spec(), "trouble=" + trouble.id()));
      case Fault.ErrorDocument(Position at, Fault.Trouble trouble) ->
          parts.addAll(List.of(at.spec(), "trouble=" + trouble.id()));
      case Fault.SwapEvents(Position at) -> parts.add(at.spec());
      case Fault.DropEvent(Position at) -> parts.add(at.spec());
      case Fault.NoUsage none -> {}
      case Fault.Trickle(int bytes, Duration every) ->
          parts.addAll(List.of("bytes=" + bytes, "every=" + time(every)));
      case Fault.Bursts(int events, Duration every) ->
          parts.addAll(List.of("events=" + events, "every=" + time(every)));
      case Fault.Bandwidth(long rate) -> parts.add("rate=" + size(rate));
      case Fault.TinyEvents(Position at, int events) ->
          parts.addAll(List.of(at.spec(), "events=" + events));
      case Fault.SlowClose(Duration length) -> parts.add("for=" + time(length));
      case Fault.Refused(Duration length) -> parts.add("for=" + time(length));
      case Fault.TlsUntrusted untrusted -> {}
      case Fault.TlsWrongHost wrong -> {}
      case Fault.TlsCut(Fault.Ending by) -> parts.add(by(by));
      case Fault.Shaped(Shape shape, Position at) -> {
        if (shape.isPlaced()) {
          parts.add(at.spec());
        }
      }
    }
    return parts.isEmpty() ? fault.id() : fault.id() + "@" + String.join(",", parts);
  }

  private static String by(Fault.Ending ending) {
    return "by=" + ending.id();
  }

  private static void addSized(List<String> parts, Position at, long bytes) {
    parts.add(at.spec());
    parts.add("bytes=" + size(bytes));
  }

  /** {@return a time as specs write it, down to the microsecond} */
  static String time(Duration time) {
    long micros = time.toNanos() / 1000;
    if (micros % 1000 != 0) {
      return micros + "us";
    }
    if (micros % 1_000_000 != 0) {
      return micros / 1000 + "ms";
    }
    long seconds = micros / 1_000_000;
    return seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds + "s";
  }

  /** {@return a number of bytes as specs write it} */
  static String size(long bytes) {
    if (bytes % (1L << 30) == 0) {
      return (bytes >> 30) + "g";
    }
    if (bytes % (1L << 20) == 0) {
      return (bytes >> 20) + "m";
    }
    return bytes % (1L << 10) == 0 ? (bytes >> 10) + "k" : Long.toString(bytes);
  }
}
