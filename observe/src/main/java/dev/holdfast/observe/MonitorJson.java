package dev.holdfast.observe;

import dev.holdfast.core.stream.Cause;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What a monitor knows, as JSON. Names are in snake case, times in milliseconds with fractions,
 * moments in ISO 8601; docs/metrics.md lists them. Readers should ignore members they do not know.
 */
public final class MonitorJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** From here on a number would be written with an exponent. */
  private static final double PLAIN = 1e7;

  private MonitorJson() {}

  private interface Writing {
    void to(JsonGenerator json);
  }

  /** {@return a health report} */
  public static String report(HealthReport report) {
    return object(json -> report(json, report));
  }

  /** {@return one stream with its timeline} */
  public static String stream(StreamMetrics stream) {
    return object(json -> {
      stream(json, stream);
      json.writeName("timeline");
      json.writeStartArray();
      for (TimelineEntry entry : stream.timeline()) {
        json.writeStartObject();
        entry(json, entry);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeNumberProperty("timeline_skipped", stream.timelineSkipped());
    });
  }

  /** {@return all streams, without their timelines: {@code live} and {@code finished}} */
  public static String streams(List<StreamMetrics> live, List<StreamMetrics> finished) {
    return object(json -> {
      streams(json, "live", live);
      streams(json, "finished", finished);
    });
  }

  /**
   * {@return one piece of news of the event stream: {@code report}, {@code live}, {@code finished}
   * and {@code gap}}
   *
   * @param now what is the same for all readers, from {@link #state}
   * @param finished streams that ended since the reader's last news
   * @param gap whether more ended than are kept
   */
  public static String news(String now, List<StreamMetrics> finished, boolean gap) {
    String rest =
        object(json -> {
          streams(json, "finished", finished);
          json.writeBooleanProperty("gap", gap);
        });
    return now.substring(0, now.length() - 1) + "," + rest.substring(1);
  }

  /** {@return a report and the live streams: {@code report} and {@code live}} */
  public static String state(HealthReport report, List<StreamMetrics> live) {
    return object(json -> {
      json.writeName("report");
      json.writeStartObject();
      report(json, report);
      json.writeEndObject();
      streams(json, "live", live);
    });
  }

  /**
   * {@return a history in columns of equal length: {@code minutes}, {@code step_seconds}, {@code
   * at} in seconds since 1970, and one for each number; null where nothing was met}
   */
  public static String history(StreamHistory history) {
    return object(json -> {
      json.writeNumberProperty("minutes", history.length().toMinutes());
      json.writeNumberProperty("step_seconds", history.step().toSeconds());
      column(json, "at", history, point -> point.at().toEpochMilli() / 1e3);
      column(json, "active", history, point -> (double) point.active());
      column(json, "started", history, point -> (double) point.started());
      column(json, "successful", history, point -> (double) point.successful());
      column(json, "truncated", history, point -> (double) point.truncated());
      column(json, "failed", history, point -> (double) point.failed());
      column(json, "cancelled", history, point -> (double) point.cancelled());
      column(json, "bytes_per_second", history, StreamHistory.Point::bytesPerSecond);
      column(json, "tokens_per_second", history, StreamHistory.Point::tokensPerSecond);
      column(json, "retries", history, point -> (double) point.retries());
      column(json, "recoveries", history, point -> (double) point.recoveries());
      column(json, "errors", history, point -> (double) point.errors());
      times(json, "duration", history, StreamHistory.Point::duration);
      times(json, "first_token", history, StreamHistory.Point::timeToFirstToken);
      times(json, "gap", history, StreamHistory.Point::gaps);
    });
  }

  private static void times(
      JsonGenerator json,
      String name,
      StreamHistory history,
      Function<StreamHistory.Point, Distribution> times) {
    column(json, name + "_p50_ms", history, point -> millis(times.apply(point), Distribution::p50));
    column(json, name + "_p95_ms", history, point -> millis(times.apply(point), Distribution::p95));
    column(json, name + "_p99_ms", history, point -> millis(times.apply(point), Distribution::p99));
  }

  private static @Nullable Double millis(Distribution times, Function<Distribution, Duration> one) {
    return times.count() == 0 ? null : (Double) (one.apply(times).toNanos() / 1e6);
  }

  private static void column(
      JsonGenerator json,
      String name,
      StreamHistory history,
      Function<StreamHistory.Point, @Nullable Double> of) {
    json.writeName(name);
    json.writeStartArray();
    for (StreamHistory.Point point : history.points()) {
      Double number = of.apply(point);
      if (number == null || number.isNaN()) {
        json.writeNull();
      } else {
        number(json, number);
      }
    }
    json.writeEndArray();
  }

  private static String object(Writing members) {
    var out = new StringWriter(1024);
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      members.to(json);
      json.writeEndObject();
    }
    return out.toString();
  }

  private static void report(JsonGenerator json, HealthReport report) {
    moment(json, "at", report.at());
    millis(json, "uptime_ms", report.uptime());
    json.writeNumberProperty("active", report.active());
    json.writeNumberProperty("total", report.total());
    json.writeNumberProperty("successful", report.successful());
    json.writeNumberProperty("truncated", report.truncated());
    json.writeNumberProperty("failed", report.failed());
    json.writeNumberProperty("cancelled", report.cancelled());
    json.writeName("windows");
    json.writeStartArray();
    for (WindowReport window : report.windows()) {
      json.writeStartObject();
      window(json, window, report.at());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void window(JsonGenerator json, WindowReport window, Instant at) {
    json.writeNumberProperty("minutes", window.length().toMinutes());
    moment(json, "since", at.minusMillis(window.reach().toMillis()));
    json.writeNumberProperty("started", window.started());
    json.writeNumberProperty("ended", window.ended());
    json.writeNumberProperty("successful", window.successful());
    json.writeNumberProperty("truncated", window.truncated());
    json.writeNumberProperty("failed", window.failed());
    json.writeNumberProperty("cancelled", window.cancelled());
    optional(json, "success_rate", window.successRate());
    json.writeNumberProperty("bytes", window.bytes());
    optional(json, "average_bytes", window.averageBytes());
    json.writeNumberProperty("input_tokens", window.inputTokens());
    json.writeNumberProperty("output_tokens", window.outputTokens());
    json.writeBooleanProperty("tokens_estimated", window.tokensEstimated());
    json.writeNumberProperty("retries", window.retries());
    optional(json, "retries_per_stream", window.retriesPerStream());
    json.writeNumberProperty("recoveries", window.recoveries());
    optional(json, "recoveries_per_stream", window.recoveriesPerStream());
    distribution(json, "duration", window.duration());
    distribution(json, "first_token", window.timeToFirstToken());
    distribution(json, "gaps", window.gaps());
    tallies(json, "errors_by_cause", window.errorsByCause());
    tallies(json, "errors_by_upstream", window.errorsByUpstream());
    groups(json, "by_model", window.byModel());
    groups(json, "by_upstream", window.byUpstream());
  }

  private static void groups(JsonGenerator json, String name, List<GroupReport> groups) {
    json.writeName(name);
    json.writeStartArray();
    for (GroupReport group : groups) {
      json.writeStartObject();
      json.writeStringProperty("name", group.name());
      json.writeNumberProperty("ended", group.ended());
      json.writeNumberProperty("successful", group.successful());
      json.writeNumberProperty("truncated", group.truncated());
      json.writeNumberProperty("failed", group.failed());
      json.writeNumberProperty("cancelled", group.cancelled());
      optional(json, "success_rate", group.successRate());
      json.writeNumberProperty("input_tokens", group.inputTokens());
      json.writeNumberProperty("output_tokens", group.outputTokens());
      json.writeBooleanProperty("tokens_estimated", group.tokensEstimated());
      json.writeNumberProperty("recoveries", group.recoveries());
      json.writeNumberProperty("errors", group.errors());
      distribution(json, "first_token", group.timeToFirstToken());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void streams(JsonGenerator json, String name, List<StreamMetrics> streams) {
    json.writeName(name);
    json.writeStartArray();
    for (StreamMetrics stream : streams) {
      json.writeStartObject();
      stream(json, stream);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void stream(JsonGenerator json, StreamMetrics stream) {
    json.writeStringProperty("id", stream.id());
    json.writeStringProperty("upstream", stream.upstream());
    json.writeStringProperty("dialect", stream.dialect());
    json.writeStringProperty("model", stream.model());
    json.writeStringProperty("state", lower(stream.state()));
    cause(json, stream.cause().orElse(null));
    moment(json, "started_at", stream.startedAt());
    moment(json, "ended_at", stream.endedAt().orElse(null));
    millis(json, "duration_ms", stream.duration());
    json.writeNumberProperty("bytes", stream.bytes());
    json.writeNumberProperty("frames", stream.frames());
    json.writeNumberProperty("events", stream.events());
    if (stream.inputTokens().isEmpty()) {
      json.writeNullProperty("input_tokens");
    } else {
      json.writeNumberProperty("input_tokens", stream.inputTokens().getAsLong());
    }
    json.writeNumberProperty("output_tokens", stream.outputTokens());
    json.writeBooleanProperty("tokens_estimated", stream.tokensEstimated());
    json.writeNumberProperty("wasted_tokens", stream.wastedTokens());
    json.writeNumberProperty("wasted_prompt_tokens", stream.wastedPromptTokens());
    json.writeNumberProperty("attempts", stream.attempts());
    json.writeNumberProperty("retries", stream.retries());
    json.writeNumberProperty("reconnects", stream.reconnects());
    json.writeNumberProperty("recoveries", stream.recoveries());
    json.writeNumberProperty("seams", stream.seams());
    json.writeNumberProperty("errors", stream.errors());
    millis(json, "first_token_ms", stream.timeToFirstToken().orElse(null));
    distribution(json, "gaps", stream.gaps());
    number(json, "tokens_per_second", stream.tokensPerSecond());
  }

  private static void entry(JsonGenerator json, TimelineEntry entry) {
    json.writeNumberProperty("at_ms", entry.atMillis());
    json.writeStringProperty("kind", lower(entry.kind()));
    json.writeNumberProperty("attempt", entry.attempt());
    cause(json, entry.cause());
    if (entry.rung() == null) {
      json.writeNullProperty("rung");
    } else {
      json.writeStringProperty("rung", lower(entry.rung()));
    }
    json.writeNumberProperty("number", entry.number());
    json.writeStringProperty("detail", entry.detail());
    json.writeBooleanProperty("error", entry.isError());
  }

  private static void distribution(JsonGenerator json, String name, Distribution values) {
    json.writeName(name);
    json.writeStartObject();
    json.writeNumberProperty("count", values.count());
    millis(json, "mean_ms", values.mean());
    millis(json, "p50_ms", values.p50());
    millis(json, "p95_ms", values.p95());
    millis(json, "p99_ms", values.p99());
    millis(json, "max_ms", values.max());
    json.writeEndObject();
  }

  private static void tallies(JsonGenerator json, String name, List<WindowReport.Tally> tallies) {
    json.writeName(name);
    json.writeStartArray();
    for (WindowReport.Tally tally : tallies) {
      json.writeStartObject();
      json.writeStringProperty("name", tally.name());
      json.writeNumberProperty("count", tally.count());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void cause(JsonGenerator json, @Nullable Cause cause) {
    if (cause == null) {
      json.writeNullProperty("cause");
    } else {
      json.writeStringProperty("cause", cause.id());
    }
  }

  private static void moment(JsonGenerator json, String name, @Nullable Instant moment) {
    if (moment == null) {
      json.writeNullProperty(name);
    } else {
      json.writeStringProperty(name, moment.toString());
    }
  }

  private static void millis(JsonGenerator json, String name, @Nullable Duration time) {
    if (time == null) {
      json.writeNullProperty(name);
    } else {
      number(json, name, time.toNanos() / 1e6);
    }
  }

  private static void optional(JsonGenerator json, String name, OptionalDouble number) {
    if (number.isPresent()) {
      number(json, name, number.getAsDouble());
    } else {
      json.writeNullProperty(name);
    }
  }

  /** Writes a number with three decimals at most, and none where it has none. */
  private static void number(JsonGenerator json, String name, double number) {
    json.writeName(name);
    number(json, number);
  }

  private static void number(JsonGenerator json, double number) {
    double rounded = Math.rint(number * 1000) / 1000;
    if (rounded == Math.rint(rounded)) {
      json.writeNumber((long) rounded);
    } else if (rounded < PLAIN) {
      json.writeNumber(rounded);
    } else {
      json.writeNumber(String.format(Locale.ROOT, "%.3f", rounded));
    }
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
