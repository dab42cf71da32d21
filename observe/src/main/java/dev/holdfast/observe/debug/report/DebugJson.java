package dev.holdfast.observe.debug.report;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.tools.AssembledCall;
import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.facts.Spread;
import dev.holdfast.observe.debug.rules.Finding;
import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.BodyFraming;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.observe.debug.wire.HttpHead;
import dev.holdfast.observe.debug.wire.Preview;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Events and reports as JSON objects, one to a line. Members are described in docs/debugging.md.
 */
public final class DebugJson {
  private DebugJson() {}

  /** {@return an event: {@code at_ms}, {@code event}, and its content} */
  public static String event(DebugEvent.Timed timed) {
    var line = new LinkedHashMap<String, Json>();
    line.put("at_ms", millis(timed.atNanos()));
    switch (timed.event()) {
      case DebugEvent.RequestSent(var method, var url, var headers, long bodyBytes) -> {
        line.put("event", text("request"));
        line.put("method", text(method));
        line.put("url", text(url));
        line.put("headers", headers(headers));
        line.put("body_bytes", Json.of(bodyBytes));
      }
      case DebugEvent.Connected(var address, var tls, long connect, long handshake) -> {
        line.put("event", text("connected"));
        line.put("address", text(address));
        line.put("tls", text(tls));
        line.put("connect_ms", millis(connect));
        line.put("handshake_ms", millis(handshake));
      }
      case DebugEvent.HeadArrived(HttpHead head, BodyFraming framing) -> {
        line.put("event", text("response"));
        line.put("http", text(head.version()));
        line.put("status", Json.of(head.status()));
        line.put("reason", text(head.reason()));
        line.put("headers", headers(head.headers()));
        line.put("framing", text(framing.id()));
      }
      case DebugEvent.ChunkArrived(long number, long bytes, long read, var preview) -> {
        line.put("event", text("chunk"));
        line.put("number", Json.of(number));
        line.put("bytes", Json.of(bytes));
        line.put("read_ms", millis(read));
        line.put("preview", text(preview));
      }
      case DebugEvent.FrameArrived frame -> {
        line.put("event", text("frame"));
        line.put("number", Json.of(frame.number()));
        line.put("kind", text(frame.kind()));
        line.put("type", text(frame.type()));
        line.put("bytes", Json.of(frame.bytes()));
        line.put("content", new Json.Bool(frame.content()));
        line.put("finish", textOrNull(frame.finish()));
        line.put("preview", text(frame.preview()));
      }
      case DebugEvent.ParseFailed(long frame, var cause, var detail) -> {
        line.put("event", text("parse-error"));
        line.put("frame", Json.of(frame));
        line.put("cause", text(cause.id()));
        line.put("detail", text(detail));
      }
      case DebugEvent.HeartbeatArrived(var kind) -> {
        line.put("event", text("heartbeat"));
        line.put("kind", text(kind));
      }
      case DebugEvent.ErrorArrived(var cause, var detail) -> {
        line.put("event", text("error"));
        line.put("cause", text(cause.id()));
        line.put("detail", text(detail));
      }
      case DebugEvent.Completed(var finish) -> {
        line.put("event", text("completion"));
        line.put("finish", text(finish));
      }
      case DebugEvent.Ended(WireEnd how, var detail) -> {
        line.put("event", text("end"));
        line.put("how", text(how.id()));
        line.put("detail", text(detail));
      }
      case DebugEvent.Noted(var type, var data) -> {
        line.put("event", text("note"));
        line.put("type", text(type));
        line.put("data", text(data));
      }
    }
    return new Json.Obj(line).write();
  }

  /** {@return the report: {@code event} is {@code report}, and what became of the exchange} */
  public static String report(DebugReport report) {
    var facts = report.facts();
    var exchange = facts.exchange();
    var reading = facts.reading();
    var pace = facts.pace();
    var line = new LinkedHashMap<String, Json>();
    line.put("event", text("report"));
    var verdict = report.verdict();
    line.put("verdict", verdict == null ? Json.Null.VALUE : text(verdict.name()));
    var cause = report.cause();
    line.put("cause", cause == null ? Json.Null.VALUE : text(cause.id()));
    var failure = exchange.failure();
    line.put("detail", failure == null ? Json.Null.VALUE : text(failure.detail()));
    line.put("diagnosis", finding(report.diagnosis().main()));
    line.put(
        "notes",
        new Json.Arr(report.diagnosis().notes().stream().<Json>map(DebugJson::finding).toList()));
    line.put("dialect", text(reading.dialect()));
    line.put("dialect_told_by", text(reading.reason()));
    line.put("finish", textOrNull(reading.finish()));
    line.put("status", Json.of(exchange.status()));
    line.put("end", text(exchange.end().id()));
    line.put("framing", text(exchange.framing().id()));
    line.put("duration_ms", millis(Math.max(0, pace.endAt())));
    line.put("head_ms", pace.headAt() < 0 ? Json.Null.VALUE : millis(pace.headAt()));
    line.put(
        "first_content_ms",
        pace.firstContentAt() < 0 ? Json.Null.VALUE : millis(pace.firstContentAt()));
    line.put("times_known", new Json.Bool(pace.known()));
    line.put("bytes", Json.of(pace.bodyBytes()));
    line.put("frames", Json.of(reading.frames()));
    line.put("content_frames", Json.of(reading.contentFrames()));
    line.put("heartbeats", Json.of(reading.heartbeats()));
    line.put("parse_errors", Json.of(reading.parseErrors()));
    line.put("text_chars", Json.of(reading.textChars()));
    line.put("tool_calls", Json.of(reading.toolCalls()));
    line.put(
        "cut_tool_calls",
        new Json.Arr(reading.cutCalls().stream().<Json>map(DebugJson::cutCall).toList()));
    line.put("warnings", texts(reading.warnings().stream().map(w -> w.cause().id()).toList()));
    line.put("usage", usage(reading.usage()));
    line.put("chunk_bytes", spread(pace.chunks(), 1));
    line.put("read_ms", spread(pace.reads(), 1e6));
    line.put("gap_ms", spread(pace.gaps(), 1e6));
    line.put("content_gap_ms", spread(pace.contentGaps(), 1e6));
    line.put("silence_at_end_ms", millis(pace.silenceAtEnd()));
    line.put("oddities", oddities(facts));
    line.put("clients", clients(facts.clients()));
    return new Json.Obj(line).write();
  }

  private static Json finding(Finding finding) {
    var line = new LinkedHashMap<String, Json>();
    line.put("name", text(finding.name()));
    line.put("culprit", text(finding.culprit().name().toLowerCase(Locale.ROOT)));
    line.put("summary", text(finding.summary()));
    line.put("evidence", texts(finding.evidence()));
    line.put("advice", texts(finding.advice()));
    return new Json.Obj(line);
  }

  private static Json clients(List<ClientBreak> breaks) {
    var all = new ArrayList<Json>();
    for (ClientBreak one : breaks) {
      var line = new LinkedHashMap<String, Json>();
      line.put("kind", text(one.kind()));
      line.put("times", Json.of(one.times()));
      line.put("what", text(one.words()));
      line.put("cure", text(one.cure()));
      var clients = new ArrayList<Json>();
      for (ClientBreak.Client client : one.clients()) {
        clients.add(new Json.Obj(Map.of("client", text(client.name()), "how", text(client.how()))));
      }
      line.put("breaks", new Json.Arr(clients));
      all.add(new Json.Obj(line));
    }
    return new Json.Arr(all);
  }

  private static Json cutCall(AssembledCall call) {
    var line = new LinkedHashMap<String, Json>();
    var cut = call.cut();
    line.put("name", text(Preview.of(call.call().name())));
    line.put("reason", text(cut == null ? "" : cut.id()));
    return new Json.Obj(line);
  }

  private static Json usage(@Nullable TokenUsage usage) {
    if (usage == null) {
      return Json.Null.VALUE;
    }
    return new Json.Obj(
        Map.of(
            "input",
            Json.of(usage.input().orElse(-1)),
            "output",
            Json.of(usage.output().orElse(-1))));
  }

  private static Json spread(Spread spread, double unit) {
    var line = new LinkedHashMap<String, Json>();
    line.put("count", Json.of(spread.count()));
    line.put("min", number(spread.min() / unit));
    line.put("average", number(spread.mean() / unit));
    line.put("p50", number(spread.p50() / unit));
    line.put("p90", number(spread.p90() / unit));
    line.put("p99", number(spread.p99() / unit));
    line.put("max", number(spread.max() / unit));
    return new Json.Obj(line);
  }

  private static Json oddities(Facts facts) {
    var line = new LinkedHashMap<String, Json>();
    for (Anomaly oddity : Anomaly.values()) {
      if (facts.count(oddity) > 0) {
        line.put(oddity.id(), Json.of(facts.count(oddity)));
      }
    }
    return new Json.Obj(line);
  }

  private static Json headers(List<HeaderLine> lines) {
    return new Json.Arr(
        lines.stream()
            .<Json>map(h -> new Json.Arr(List.of(text(h.name()), text(Preview.of(h.value())))))
            .toList());
  }

  private static Json millis(long nanos) {
    return number(nanos / 1e6);
  }

  private static Json number(double number) {
    return new Json.Num(String.format(Locale.ROOT, "%.3f", number));
  }

  private static Json text(String text) {
    return new Json.Str(text);
  }

  private static Json textOrNull(String text) {
    return text.isEmpty() ? Json.Null.VALUE : text(text);
  }

  private static Json texts(List<String> texts) {
    return new Json.Arr(texts.stream().<Json>map(Json.Str::new).toList());
  }
}
