package dev.holdfast.observe.server;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.StreamMetrics;
import dev.holdfast.observe.TimelineEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Streams as comma-separated values (RFC 4180), for a spreadsheet. Names are untrusted: a text that
 * a spreadsheet would take for a formula gets an apostrophe in front.
 */
final class MonitorCsv {
  private static final String STREAMS =
      "id,state,cause,model,upstream,dialect,started_at,ended_at,duration_ms,first_token_ms,"
          + "input_tokens,output_tokens,tokens_estimated,tokens_per_second,bytes,frames,events,"
          + "attempts,retries,recoveries,seams,errors,gap_p50_ms,gap_p95_ms,gap_p99_ms,gap_max_ms";
  private static final String TIMELINE = "id,at,at_ms,kind,attempt,cause,rung,number,detail,error";

  private MonitorCsv() {}

  /** {@return a line for each stream, after a line of names} */
  static String streams(List<StreamMetrics> live, List<StreamMetrics> finished) {
    var out = new StringBuilder(STREAMS).append("\r\n");
    live.forEach(stream -> line(out, stream));
    finished.forEach(stream -> line(out, stream));
    return out.toString();
  }

  private static void line(StringBuilder out, StreamMetrics stream) {
    var gaps = stream.gaps();
    row(
        out,
        text(stream.id()),
        lower(stream.state()),
        stream.cause().map(Cause::id).orElse(""),
        text(stream.model()),
        text(stream.upstream()),
        text(stream.dialect()),
        stream.startedAt().toString(),
        stream.endedAt().map(Instant::toString).orElse(""),
        millis(stream.duration()),
        millis(stream.timeToFirstToken()),
        stream.inputTokens().isPresent() ? "" + stream.inputTokens().getAsLong() : "",
        "" + stream.outputTokens(),
        "" + stream.tokensEstimated(),
        number(stream.tokensPerSecond()),
        "" + stream.bytes(),
        "" + stream.frames(),
        "" + stream.events(),
        "" + stream.attempts(),
        "" + stream.retries(),
        "" + stream.recoveries(),
        "" + stream.seams(),
        "" + stream.errors(),
        gaps.count() == 0 ? "" : millis(gaps.p50()),
        gaps.count() == 0 ? "" : millis(gaps.p95()),
        gaps.count() == 0 ? "" : millis(gaps.p99()),
        gaps.count() == 0 ? "" : millis(gaps.max()));
  }

  /** {@return a line for each entry of a stream's timeline, after a line of names} */
  static String timeline(StreamMetrics stream) {
    var out = new StringBuilder(TIMELINE).append("\r\n");
    for (TimelineEntry entry : stream.timeline()) {
      Cause cause = entry.cause();
      row(
          out,
          text(stream.id()),
          stream.startedAt().plusMillis(entry.atMillis()).toString(),
          "" + entry.atMillis(),
          lower(entry.kind()),
          "" + entry.attempt(),
          cause == null ? "" : cause.id(),
          lower(entry.rung()),
          "" + entry.number(),
          text(entry.detail()),
          "" + entry.isError());
    }
    return out.toString();
  }

  private static void row(StringBuilder out, String... cells) {
    out.append(String.join(",", cells)).append("\r\n");
  }

  private static String text(String untrusted) {
    boolean formula = !untrusted.isEmpty() && "=+-@\t\r".indexOf(untrusted.charAt(0)) >= 0;
    String plain = formula ? "'" + untrusted : untrusted;
    boolean quoted = plain.chars().anyMatch(unit -> ",\"\r\n;".indexOf(unit) >= 0);
    return quoted ? '"' + plain.replace("\"", "\"\"") + '"' : plain;
  }

  private static String millis(Optional<Duration> time) {
    return time.map(MonitorCsv::millis).orElse("");
  }

  private static String millis(Duration time) {
    return number(time.toNanos() / 1e6);
  }

  private static String number(double number) {
    return String.format(Locale.ROOT, "%.3f", number);
  }

  private static String lower(@Nullable Enum<?> constant) {
    return constant == null ? "" : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
