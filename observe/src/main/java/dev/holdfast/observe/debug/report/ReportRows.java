package dev.holdfast.observe.debug.report;

import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.facts.Pace;
import dev.holdfast.observe.debug.facts.Reading;
import dev.holdfast.observe.debug.facts.Spread;
import dev.holdfast.observe.debug.rules.Words;
import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.HttpHead;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.Preview;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/** A report in words, for any display. Untrusted texts inside are not safe for a terminal. */
public final class ReportRows {
  private ReportRows() {}

  /**
   * A fact.
   *
   * @param name what it is about
   * @param words what is known
   */
  public record Row(String name, String words) {}

  /**
   * A distribution.
   *
   * @param cells count, least, average, three percentiles and greatest
   */
  public record SpreadRow(String name, List<String> cells) {
    /** Copies the cells. */
    public SpreadRow {
      cells = List.copyOf(cells);
    }
  }

  /** {@return the facts of a report, the important ones first} */
  public static List<Row> of(DebugReport report) {
    var facts = report.facts();
    var exchange = facts.exchange();
    var reading = facts.reading();
    var pace = facts.pace();
    var rows = new ArrayList<Row>();
    var head = exchange.head();
    if (head != null) {
      rows.add(
          new Row(
              "response",
              "HTTP/%s %d %s, %s"
                  .formatted(head.version(), head.status(), head.reason(), framing(exchange))
                  .strip()));
    }
    rows.add(new Row("end", end(exchange)));
    if (pace.known()) {
      rows.add(new Row("times", times(pace)));
    }
    if (pace.chunks().count() > 0) {
      rows.add(
          new Row(
              "body",
              Words.bytes(pace.bodyBytes())
                  + " in "
                  + Words.count(pace.chunks().count(), "chunk")
                  + (exchange.coding().isEmpty() ? "" : ", " + exchange.coding())));
      rows.add(
          new Row(
              "protocol",
              reading.dialect()
                  + (reading.reason().isEmpty() ? "" : " (" + reading.reason() + ")")));
      add(rows, "frames", frames(reading));
      add(rows, "answer", answer(reading));
    }
    var odd = new ArrayList<String>();
    for (Anomaly oddity : Anomaly.values()) {
      int count = facts.count(oddity);
      if (count > 0) {
        odd.add(oddity.words() + (count > 1 ? " (" + count + " times)" : ""));
      }
    }
    if (!odd.isEmpty()) {
      rows.add(new Row("odd", String.join("; ", odd)));
    }
    return rows;
  }

  private static void add(List<Row> rows, String name, String words) {
    if (!words.isEmpty()) {
      rows.add(new Row(name, words));
    }
  }

  private static String frames(Reading reading) {
    var words = new ArrayList<String>();
    if (reading.frames() > 0) {
      words.add(Words.count(reading.frames(), "frame"));
      words.add(Words.count(reading.contentFrames(), "frame") + " of content");
    }
    if (reading.heartbeats() > 0) {
      words.add(Words.count(reading.heartbeats(), "heartbeat"));
    }
    if (reading.parseErrors() > 0) {
      words.add(Words.count(reading.parseErrors(), "parse error"));
    }
    return String.join(", ", words);
  }

  /** {@return what is in the bytes, and how often, for a heading} */
  public static String heading(ClientBreak found) {
    return found.kind()
        + ": "
        + found.words()
        + (found.times() > 1 ? " (" + Words.count(found.times(), "time") + ")" : "");
  }

  /** {@return the clients that break on something, and how} */
  public static List<Row> clients(ClientBreak found) {
    return found.clients().stream().map(client -> new Row(client.name(), client.how())).toList();
  }

  private static String framing(ObservedExchange exchange) {
    return switch (exchange.framing()) {
      case CHUNKED -> "chunked";
      case LENGTH -> "with a length";
      case CLOSE -> "ended by closing";
      case REMOVED -> "framing unknown";
      case NONE -> "no body";
    };
  }

  private static String end(ObservedExchange exchange) {
    String how =
        switch (exchange.end()) {
          case OPEN -> "not yet";
          case FRAMED -> "the body ended as its framing demands";
          case FIN -> "FIN, which is the only end that this body has";
          case EARLY_FIN -> "FIN where more had to come";
          case RESET -> "RST";
          case TIMED_OUT -> "a clock of the debugger's ran out";
          case LINGERED -> "the server kept the connection open; the debugger left";
          case LIMIT -> "a limit of the debugger's was reached";
          case CANCELLED -> "you ended it";
          case UNKNOWN -> "the input does not show it";
          case NO_CONNECTION -> "no connection came about";
          case NOT_HTTP -> "what came is not HTTP/1";
        };
    return exchange.detail().isEmpty() ? how : how + " (" + exchange.detail() + ")";
  }

  private static String times(Pace pace) {
    var words = new ArrayList<String>();
    long request = Math.max(0, pace.requestAt());
    if (pace.headAt() >= 0) {
      words.add("head after " + Words.time(pace.headAt() - request));
    }
    if (pace.firstContentAt() >= 0) {
      words.add("first content after " + Words.time(pace.firstContentAt() - request));
    }
    if (pace.gaps().count() > 0) {
      words.add("longest gap " + Words.time(pace.gaps().max()));
    }
    words.add("silence at the end " + Words.time(pace.silenceAtEnd()));
    words.add("total " + Words.time(Math.max(0, pace.endAt())));
    return String.join(", ", words);
  }

  private static String answer(Reading reading) {
    var usage = reading.usage();
    if (reading.frames() == 0 && reading.textChars() == 0 && reading.toolCalls() == 0) {
      return "";
    }
    return Words.count(reading.textChars(), "character")
        + " of text"
        + (reading.toolCalls() == 0 ? "" : ", " + Words.count(reading.toolCalls(), "tool call"))
        + (reading.finish().isEmpty() ? ", no finish reason" : ", finish: " + reading.finish())
        + (usage == null
            ? ""
            : ", " + known(usage.input()) + " + " + known(usage.output()) + " tokens");
  }

  /** {@return the distributions of sizes and times; those of times only where they are known} */
  public static List<SpreadRow> spreads(Pace pace) {
    var rows = new ArrayList<SpreadRow>();
    rows.add(row("chunk size", pace.chunks(), Words::bytes));
    if (pace.known()) { // Of a time that did not occur there is no row.
      rows.add(row("read time", pace.reads(), Words::time));
      rows.add(row("gap", pace.gaps(), Words::time));
      rows.add(row("content gap", pace.contentGaps(), Words::time));
    }
    rows.removeIf(row -> row.cells().getFirst().equals("0"));
    return rows;
  }

  private static SpreadRow row(String name, Spread spread, LongFunction<String> words) {
    return new SpreadRow(
        name,
        List.of(
            String.format(Locale.ROOT, "%,d", spread.count()),
            words.apply(spread.min()),
            words.apply((long) spread.mean()),
            words.apply(spread.p50()),
            words.apply(spread.p90()),
            words.apply(spread.p99()),
            words.apply(spread.max())));
  }

  /** {@return an event as its name and its content} */
  public static Row event(DebugEvent event) {
    return switch (event) {
      case DebugEvent.RequestSent(var method, var url, var headers, long bytes) ->
          new Row("request", "%s %s, %s".formatted(method, url, Words.bytes(bytes)));
      case DebugEvent.Connected(var address, var tls, long connect, long handshake) ->
          new Row(
              "connected",
              address
                  + " in "
                  + Words.time(connect)
                  + (tls.isEmpty() ? "" : ", " + tls + " in " + Words.time(handshake)));
      case DebugEvent.HeadArrived(HttpHead head, var framing) ->
          new Row("response", response(head));
      case DebugEvent.ChunkArrived(long number, long bytes, long read, var preview) ->
          new Row(
              "chunk " + number,
              "%s in %s  %s".formatted(Words.bytes(bytes), Words.time(read), preview));
      case DebugEvent.FrameArrived frame ->
          new Row(
              "frame " + frame.number(),
              (frame.finish().isEmpty() ? "" : "finish: " + frame.finish() + " ")
                  + (frame.kind().equals("event") && frame.type().equals("message")
                      ? ""
                      : frame.kind() + " " + frame.type() + " ")
                  + frame.preview());
      case DebugEvent.ParseFailed(long frame, var cause, var detail) ->
          new Row("parse error", "frame " + frame + ": " + cause.id() + ": " + detail);
      case DebugEvent.HeartbeatArrived(var kind) -> new Row("heartbeat", kind);
      case DebugEvent.ErrorArrived(var cause, var detail) ->
          new Row("error", cause.id() + ": " + detail);
      case DebugEvent.Completed(var finish) ->
          new Row("completion", "the answer is proven complete: " + finish);
      case DebugEvent.Ended(WireEnd how, var detail) ->
          new Row("end", how.id() + (detail.isEmpty() ? "" : ": " + detail));
      case DebugEvent.Noted(var type, var data) -> new Row(type, data);
    };
  }

  private static String response(HttpHead head) {
    var words = new StringBuilder("HTTP/" + head.version() + " " + head.status());
    if (!head.reason().isEmpty()) {
      words.append(' ').append(head.reason());
    }
    head.headers()
        .forEach(line ->
            words.append("  ").append(line.name()).append(": ").append(Preview.of(line.value())));
    return words.toString();
  }

  private static String known(OptionalLong tokens) {
    return tokens.isPresent() ? Long.toString(tokens.getAsLong()) : "?";
  }
}
