package dev.holdfast.testkit.link;

import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.wire.EventFraming;
import dev.holdfast.testkit.wire.WireTemplates;
import dev.holdfast.testkit.wire.WireTemplates.ErrorKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A bad network and a bad provider, as a pure function of reply, faults, seed and time. The fault
 * server and the simulation run the same one.
 *
 * <p>Faults are worked in one after the other, and a position counts what the ones before have
 * left. A fault whose position the reply does not reach does not strike.
 *
 * @param protocol of the replies
 * @param seed of everything drawn at random
 */
public record FaultyLink(Protocol protocol, long seed) {
  private static final String NONSENSE = "It is not the client's fault.";

  /**
   * {@return what reaches the client, when}
   *
   * @param reply what a healthy provider would send
   * @param faults what goes wrong, in the order it is worked in
   * @param nowNanos the time the request arrived, on any clock
   * @param epochMillis the same on the wall clock, for {@code Retry-After} dates
   */
  public Transmission carry(Reply reply, List<Fault> faults, long nowNanos, long epochMillis) {
    return carry(new StepList(reply), reply, faults, nowNanos, epochMillis);
  }

  private Transmission carry(
      StepList program, Reply reply, List<Fault> faults, long nowNanos, long epochMillis) {
    for (Fault fault : faults) {
      if (fault.appliesTo(protocol)) {
        work(fault, program, reply, epochMillis);
      }
    }
    return new Transmission(
        protocol,
        program.head(),
        program.closeDelimited(),
        program.sliceMax(),
        program.pace(),
        program.steps(),
        nowNanos,
        seed);
  }

  /**
   * {@return what reaches a client that takes a kept reply up again}
   *
   * @param all the whole reply
   * @param rest what was asked for
   */
  public Transmission carryRest(
      Reply all, Reply rest, List<Fault> faults, long nowNanos, long epochMillis) {
    Reply sent = rest;
    var marks = new ArrayList<Step>();
    for (Fault fault : faults) {
      if (fault instanceof Fault.Shaped(Shape lie, Position at)
          && lie.isOfResumed()
          && fault.appliesTo(protocol)
          && rest.isStream()) {
        sent = new Reply(rest.head(), CursorLies.of(lie, protocol, all.frames(), rest.frames()));
        marks.add(new Step.Mark(fault));
      }
    }
    var program = new StepList(sent);
    program.insert(0, marks.toArray(Step[]::new));
    return carry(program, sent, faults, nowNanos, epochMillis);
  }

  private void work(Fault fault, StepList program, Reply reply, long epochMillis) {
    switch (fault) {
      case Fault.CutFin(Position at) -> end(fault, program, at, new Step.Fin());
      case Fault.CutRst(Position at) -> end(fault, program, at, new Step.Rst());
      case Fault.EndEarly(Position at) -> end(fault, program, at, new Step.End());
      case Fault.EndByClose(Position at) -> {
        if (end(fault, program, at, new Step.End())) {
          program.delimitByClose();
        }
      }
      case Fault.MissingDone missing -> {
        int done = program.find(new Position.BeforeDone());
        if (done >= 0) {
          program.insert(done, new Step.Mark(fault));
          program.removeEvents(kind -> kind == Kind.DONE);
        }
      }
      case Fault.DoneWithoutFinish without -> {
        int finish = program.find(new Position.BeforeFinish());
        if (finish >= 0) {
          WireFrame done = WireTemplates.of(protocol).bareDone();
          program.endAt(finish, new Step.Mark(fault), Step.Event.of(done), new Step.End());
        }
      }
      case Fault.MalformedJson(Position at) -> damage(fault, program, at);
      case Fault.MalformedSse(Position at) -> damage(fault, program, at);
      case Fault.InvalidUtf8(Position at) -> damage(fault, program, at);
      case Fault.HugeEvent(Position at, long bytes) -> damage(fault, program, at);
      case Fault.GluedEvents(Position at) ->
          glue(fault, WireTemplates.of(protocol).framing(), program, at);
      case Fault.SplitUtf8(Position at) -> {
        int event = program.nextEvent(program.find(at), Damage::hasJson);
        if (program.find(at) >= 0 && event >= 0) {
          byte[] part = Damage.insideCharacter(((Step.Event) program.step(event)).bytes());
          program.endAt(event, new Step.Mark(fault), new Step.Piece(part), new Step.Fin());
        }
      }
      case Fault.Stall stall -> stall(stall, program);
      case Fault.Slow(var delay) -> {
        program.insert(0, new Step.Mark(fault));
        for (int i = program.nextEvent(0, event -> true);
            i >= 0;
            i = program.nextEvent(i + 2, event -> true)) {
          program.insert(i, new Step.Wait(delay));
        }
      }
      case Fault.Slices(int max) -> {
        program.insert(0, new Step.Mark(fault));
        program.slice(max);
      }
      case Fault.ErrorEvent(Position at, Fault.Trouble trouble) -> {
        if (reply.isStream()) {
          int number = program.eventsBefore(program.find(at));
          String error =
              WireTemplates.of(protocol).errorEvent(ErrorKind.of(trouble), NONSENSE, number);
          end(fault, program, at, Step.Event.of(Kind.STRUCTURE, error), new Step.End());
        }
      }
      case Fault.Status(int code, RetryAfterHeader retryAfter) -> {
        String document =
            WireTemplates.of(protocol).errorDocument(ErrorKind.ofStatus(code), code, NONSENSE);
        instead(
            fault,
            program,
            code,
            "application/json",
            retryAfter == null ? document : retryAfter.in(document));
        if (retryAfter != null) {
          program.head(with(program.head(), retryAfter.headers(epochMillis)));
        }
      }
      case Fault.HtmlPage(int code) ->
          instead(fault, program, code, "text/html; charset=utf-8", page(code));
      case Fault.EndlessLine(Position at, long bytes) ->
          end(
              fault,
              program,
              at,
              new Step.Piece(Damage.ascii(lineBegin())),
              new Step.Fill(Damage.ascii("x".repeat(8192)), bytes),
              new Step.End());
      case Fault.EndlessStream(Position at, long bytes) -> endless(fault, program, at, bytes);
      case Fault.KeepAlivesOnly(var interval, var length) -> {
        byte[] ping = WireTemplates.of(protocol).keepAlive().bytes();
        end(
            fault,
            program,
            Position.event(0),
            new Step.KeepAlives(ping, interval, length),
            new Step.End());
      }
      case Fault.WrongContentType(String type) -> {
        program.insert(0, new Step.Mark(fault));
        program.head(with(program.head(), Map.of("content-type", List.of(type))));
      }
      case Fault.DuplicateEvent(Position at) -> {
        int from = program.find(at);
        int event = program.nextEvent(from, StepList::isOutput);
        if (from >= 0 && event >= 0) {
          program.insert(event, program.step(event), new Step.Mark(fault));
        }
      }
      case Fault.SecondMessageStart(Position at) -> {
        int from = program.find(at);
        int start = program.nextEvent(0, event -> event.kind() == Kind.START);
        if (from >= 0 && start >= 0) {
          WireFrame second = WireTemplates.of(protocol).secondStart("another-model");
          program.insert(Math.max(from, start + 1), new Step.Mark(fault), Step.Event.of(second));
        }
      }
      case Fault.CutHead cut -> FramingFaults.work(cut, program);
      case Fault.CutChunkSize cut -> FramingFaults.work(cut, program);
      case Fault.CutTool cut -> FramingFaults.work(cut, program);
      case Fault.ShortBody body -> FramingFaults.work(body, program);
      case Fault.BadChunk bad -> FramingFaults.work(bad, program);
      case Fault.Gzip gzip -> FramingFaults.compress(gzip, program);
      case Fault.GzipCut gzip -> FramingFaults.compress(gzip, program);
      case Fault.GzipCorrupt gzip -> FramingFaults.compress(gzip, program);
      case Fault.Refused refused -> program.endAt(0, new Step.Mark(refused), new Step.Rst());
      case Fault.FinishThenError then -> content().work(then, program);
      case Fault.ErrorChunk chunk -> content().work(chunk, program);
      case Fault.ErrorDocument document -> content().work(document, program);
      case Fault.SwapEvents swap -> content().work(swap, program);
      case Fault.DropEvent drop -> content().work(drop, program);
      case Fault.NoUsage none -> content().work(none, program);
      case Fault.TinyEvents tiny -> content().work(tiny, program);
      case Fault.Trickle(int bytes, var every) -> {
        program.insert(0, new Step.Mark(fault));
        program.pace(bytes, every);
      }
      case Fault.Bandwidth(long rate) -> {
        program.insert(0, new Step.Mark(fault));
        // Fifty times a second, as much as it may be.
        program.pace((int) Math.min(1 << 20, rate / 50), Duration.ofMillis(20));
      }
      case Fault.Bursts(int events, var every) -> bursts(fault, program, events, every);
      case Fault.SlowClose(var length) -> {
        int end = program.first(Step.End.class);
        if (end >= 0) {
          program.insert(end, new Step.Mark(fault), new Step.Wait(length));
        }
      }
      case Fault.Shaped shaped -> new ShapeFaults(protocol).work(shaped, program);
      // There is no handshake here: they strike connections, not replies.
      case Fault.TlsUntrusted untrusted -> {}
      case Fault.TlsWrongHost wrong -> {}
      case Fault.TlsCut cut -> {}
    }
  }

  private ContentFaults content() {
    return new ContentFaults(WireTemplates.of(protocol), NONSENSE);
  }

  private static void bursts(Fault fault, StepList program, int events, Duration every) {
    program.insert(0, new Step.Mark(fault));
    int count = 0;
    for (int i = program.nextEvent(0, event -> true);
        i >= 0;
        i = program.nextEvent(i + 1, event -> true)) {
      if (count++ % events == 0) {
        program.insert(i++, new Step.Wait(every));
      }
    }
  }

  /** What makes the bytes that follow a line, or another wait of the protocol. */
  private String lineBegin() {
    return switch (WireTemplates.of(protocol).framing()) {
      case EVENTS, CRLF_EVENTS -> "data: ";
      case LINES -> "{\"model\":\"";
      case ARRAY -> "{\n  \"modelVersion\": \"";
    };
  }

  private static boolean end(Fault fault, StepList program, Position at, Step... rest) {
    int index = program.find(at);
    if (index < 0) {
      return false;
    }
    program.endAt(index, rest);
    program.insert(index, new Step.Mark(fault));
    return true;
  }

  private void damage(Fault fault, StepList program, Position at) {
    int from = program.find(at);
    int index = program.nextEvent(from, Damage::hasJson);
    if (from >= 0 && index >= 0) {
      Step.Event event = (Step.Event) program.step(index);
      program.replace(index, Damage.of(fault, WireTemplates.of(protocol).framing(), event));
      program.insert(index, new Step.Mark(fault));
    }
  }

  private static void glue(Fault fault, EventFraming framing, StepList program, Position at) {
    int from = program.find(at);
    if (from < 0) {
      return;
    }
    for (int i = program.nextEvent(from, Damage::hasJson);
        i >= 0;
        i = program.nextEvent(i + 1, Damage::hasJson)) {
      // A comment between them would leave the first event as it was.
      if (program.step(i + 1) instanceof Step.Event(var kind, var bytes)
          && kind != Kind.KEEP_ALIVE
          // The bracket of an array has no comma before it that could be lost.
          && (framing != EventFraming.ARRAY || Damage.hasJson((Step.Event) program.step(i + 1)))) {
        program.replace(i + 1, new Step.Event(Kind.STRUCTURE, bytes));
        program.replace(i, Damage.glued(framing, (Step.Event) program.step(i)));
        program.insert(i, new Step.Mark(fault));
        return;
      }
    }
  }

  private void stall(Fault.Stall stall, StepList program) {
    int index = program.find(stall.at());
    if (index < 0) {
      return;
    }
    boolean silent = stall.keepAlive() == null || stall.at() instanceof Position.BeforeHead;
    byte[] ping = WireTemplates.of(protocol).keepAlive().bytes();
    program.insert(
        index,
        new Step.Mark(stall),
        silent || stall.keepAlive() == null
            ? new Step.Wait(stall.length())
            : new Step.KeepAlives(ping, stall.keepAlive(), stall.length()));
  }

  private static void endless(Fault fault, StepList program, Position at, long bytes) {
    int first = program.nextEvent(0, event -> event.kind() == Kind.CONTENT);
    int from = program.find(at);
    if (first >= 0 && from >= 0) {
      // The reply's own first event of text: its block and its id are the right ones.
      byte[] event = ((Step.Event) program.step(first)).bytes();
      long whole = (bytes + event.length - 1) / event.length * event.length;
      int index = Math.max(from, first);
      program.endAt(index, new Step.Mark(fault), new Step.Fill(event, whole), new Step.End());
    }
  }

  private static void instead(
      Fault fault, StepList program, int code, String type, String document) {
    program.head(new ResponseHead(code, Map.of("content-type", List.of(type))));
    program.endAt(
        0,
        new Step.Mark(fault),
        new Step.Head(),
        Step.Event.of(Kind.DOCUMENT, document),
        new Step.End());
  }

  private static ResponseHead with(ResponseHead head, Map<String, List<String>> more) {
    var headers = new TreeMap<>(head.headers());
    headers.putAll(more);
    return new ResponseHead(head.status(), headers);
  }

  private static String page(int code) {
    return """
    <!DOCTYPE html>
    <html><head><title>%d</title></head>
    <body><h1>The service cannot be reached</h1></body></html>
    """
        .formatted(code);
  }
}
