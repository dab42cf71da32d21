package dev.holdfast.observe.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.MonitorJson;
import dev.holdfast.observe.StreamMonitor;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.semconv.incubating.GenAiIncubatingAttributes;
import io.opentelemetry.semconv.incubating.GenAiIncubatingMetrics;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/metrics.md to what is measured, and that to the semantic conventions. */
class MetricsPageTest {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern MEMBER = Pattern.compile("\"([a-z0-9_]+)\":");
  private static final long MILLI = 1_000_000;

  private static final StreamObserver.Target START =
      new StreamObserver.Target("east", "api.openai.com", 443, "openai-chat", "gpt-4.1");

  private static final StreamObserver.Target SECOND =
      new StreamObserver.Target("west", "api.anthropic.com", 8443, "anthropic-messages", "claude");

  /** A stream that is cut, continued over a seam, and ends complete. */
  private static void cutAndContinued(StreamObserver observer) {
    var watch = Objects.requireNonNull(observer.begun(START, 0));
    watch.observed(new Observation.AttemptOpened(1, START), 0);
    watch.received(1, 100, 2, 400 * MILLI);
    watch.delivered(1, 10, 400 * MILLI);
    watch.delivered(1, 10, 420 * MILLI);
    watch.observed(new Observation.FrameRejected(Cause.MALFORMED_JSON), 430 * MILLI);
    var lost =
        new Observation.FailureSummary(
            Cause.OVERLOADED, "provider answered 529", 529, "overloaded");
    watch.observed(new Observation.AttemptClosed(1, lost), 500 * MILLI);
    watch.observed(new Observation.Retrying(1, 3, Duration.ofMillis(80), Rung.ANCHOR), 500 * MILLI);
    watch.observed(new Observation.AttemptOpened(2, SECOND), 580 * MILLI);
    watch.observed(new Observation.SeamMarked(new Seam(20, Rung.ANCHOR, 2, 5)), 900 * MILLI);
    watch.delivered(1, 4, 900 * MILLI);
    watch.observed(new Observation.AttemptClosed(2, null), 1000 * MILLI);
    watch.observed(
        new Observation.Ended(
            new Verdict.Complete(),
            null,
            null,
            Exactness.CONTINUED,
            List.of(Finish.Reason.STOP),
            7,
            12,
            2,
            1),
        1000 * MILLI);
  }

  private static void refused(StreamObserver observer) {
    var watch = Objects.requireNonNull(observer.begun(START, 0));
    watch.observed(new Observation.AttemptOpened(1, START), 0);
    var refused =
        new Observation.FailureSummary(Cause.RATE_LIMITED, "provider answered 429", 429, "");
    watch.observed(new Observation.AttemptClosed(1, refused), 50 * MILLI);
    watch.observed(
        new Observation.Ended(
            new Verdict.Failed(Cause.RATE_LIMITED),
            refused,
            Cause.RETRIES_EXHAUSTED,
            Exactness.UNBROKEN,
            List.of(),
            -1,
            -1,
            1,
            0),
        50 * MILLI);
  }

  private static String page() throws IOException {
    var root = Path.of(Objects.requireNonNull(System.getProperty("holdfast.root")));
    // Without the examples, whose fences would pair with the code marks.
    return Files.readString(root.resolve("docs/metrics.md")).replaceAll("(?s)```.*?```", "");
  }

  /** {@return all words in code marks of the page or a section of it} */
  private static Set<String> words(String text) {
    return CODE.matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String section(String heading) throws IOException {
    String page = page();
    int start = page.indexOf("\n## " + heading + "\n");
    assertThat(start).as(heading).isNotNegative();
    int end = page.indexOf("\n## ", start + 1);
    return page.substring(start, end < 0 ? page.length() : end);
  }

  @Test
  void everyMeterStandsOnThePageWithItsTagsAndNoOther() throws IOException {
    var registry = new SimpleMeterRegistry();
    var observer = new MicrometerObserver(registry);
    cutAndContinued(observer);
    refused(observer);
    var rows =
        registry.getMeters().stream()
            .map(Meter::getId)
            .map(id ->
                id.getName()
                    + " "
                    + id.getTags().stream().map(tag -> tag.getKey()).sorted().toList())
            .collect(Collectors.toCollection(TreeSet::new));
    var documented =
        section("Micrometer")
            .lines()
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.split("\\|", -1))
            .map(cells -> cells[1].strip().replace("`", "") + " " + List.copyOf(words(cells[3])))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(rows).isEqualTo(documented);
    assertThat(registry.get(MicrometerObserver.ACTIVE).gauge().value()).isZero();
    assertThat(registry.get(MicrometerObserver.RECOVERIES).counter().count()).isEqualTo(1);
    assertThat(
            registry.get(MicrometerObserver.FIRST_TOKEN).timer().totalTime(TimeUnit.MILLISECONDS))
        .isEqualTo(400);
  }

  @Test
  void prometheusScrapesThem() {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    cutAndContinued(new MicrometerObserver(registry));
    assertThat(registry.scrape())
        .contains(
            "holdfast_stream_duration_seconds_count{cause=\"none\",dialect=\"anthropic-messages\","
                + "model=\"claude\",upstream=\"west\",verdict=\"complete\"} 1")
        .contains("holdfast_streams_active 0");
  }

  @Test
  void namesOfStrangersMakeABoundedNumberOfMeters() {
    var registry = new SimpleMeterRegistry();
    var observer = new MicrometerObserver(registry);
    for (int i = 0; i < 1000; i++) {
      var start = new StreamObserver.Target("", "", 0, "openai-chat", "\u001b[2Jmodel-" + i);
      var unused = observer.begun(start, 0);
    }
    var models =
        registry.find(MicrometerObserver.GAP).timers().stream()
            .map(timer -> timer.getId().getTag("model"))
            .collect(Collectors.toSet());
    assertThat(models).hasSizeLessThanOrEqualTo(Names.MAX + 1).contains(Names.OTHER);
    assertThat(models).noneMatch(model -> model.contains("\u001b"));
  }

  @Test
  void everySpanAndMetricOfOpenTelemetryStandsOnThePageAndNoOther() throws IOException {
    var spans = InMemorySpanExporter.create();
    var metrics = InMemoryMetricReader.create();
    try (var tracing =
            SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(spans))
                .build();
        var metering = SdkMeterProvider.builder().registerMetricReader(metrics).build()) {
      var telemetry =
          OpenTelemetrySdk.builder().setTracerProvider(tracing).setMeterProvider(metering).build();
      var observer = new OpenTelemetryObserver(telemetry);
      cutAndContinued(observer);
      refused(observer);
      var finished = spans.getFinishedSpanItems();
      var names = new TreeSet<String>();
      for (SpanData span : finished) {
        names.addAll(keys(span.getAttributes().asMap().keySet().stream()));
        for (EventData event : span.getEvents()) {
          names.add(event.getName());
          names.addAll(keys(event.getAttributes().asMap().keySet().stream()));
        }
      }
      for (MetricData metric : metrics.collectAllMetrics()) {
        names.add(metric.getName());
        metric
            .getData()
            .getPoints()
            .forEach(point -> names.addAll(keys(point.getAttributes().asMap().keySet().stream())));
      }
      names.add(OpenTelemetryObserver.ATTEMPT_SPAN);
      var documented =
          words(section("OpenTelemetry")).stream()
              .filter(word -> word.matches("(gen_ai|holdfast|server|error|http)\\..*"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(names).isEqualTo(documented);
      attemptsAreChildrenAndSeamsEvents(finished);
    }
  }

  private static Set<String> keys(Stream<AttributeKey<?>> keys) {
    return keys.map(AttributeKey::getKey).collect(Collectors.toCollection(TreeSet::new));
  }

  private static void attemptsAreChildrenAndSeamsEvents(List<SpanData> spans) {
    assertThat(spans.stream().map(SpanData::getName))
        .containsExactly(
            "holdfast.attempt",
            "holdfast.attempt",
            "chat gpt-4.1",
            "holdfast.attempt",
            "chat gpt-4.1");
    var stream = spans.get(2);
    assertThat(stream.getKind()).isEqualTo(SpanKind.CLIENT);
    assertThat(stream.getStatus()).isEqualTo(StatusData.unset());
    assertThat(stream.getEvents().stream().map(EventData::getName))
        .containsExactly("holdfast.retry", "holdfast.seam");
    assertThat(spans.subList(0, 2))
        .allSatisfy(span ->
            assertThat(span.getParentSpanId()).isEqualTo(stream.getSpanContext().getSpanId()));
    assertThat(spans.get(4).getAttributes().get(AttributeKey.stringKey("error.type")))
        .isEqualTo("rate-limited");
  }

  @Test
  @SuppressWarnings("deprecation") // Its deprecation says that the conventions moved house.
  void namesThatTheConventionsKnowAreTheirs() throws IllegalAccessException {
    var theirs = new TreeSet<String>();
    for (var field : GenAiIncubatingAttributes.class.getFields()) {
      if (field.get(null) instanceof AttributeKey<?> key) {
        theirs.add(key.getKey());
      }
    }
    for (var field : GenAiIncubatingMetrics.class.getFields()) {
      theirs.add(text(field));
    }
    var ours =
        Arrays.stream(GenAi.class.getDeclaredFields())
            .filter(field -> Modifier.isStatic(field.getModifiers()))
            .filter(field -> field.getType() == String.class)
            .map(MetricsPageTest::text)
            .filter(name -> name.startsWith("gen_ai."))
            .toList();
    assertThat(ours).hasSizeGreaterThan(11).isSubsetOf(theirs);
  }

  private static String text(Field field) {
    try {
      return String.valueOf(field.get(null));
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyMemberOfTheJsonStandsOnThePage() throws IOException {
    var monitor = new StreamMonitor();
    cutAndContinued(monitor);
    refused(monitor);
    var finished = monitor.finishedAfter(0).streams();
    String state = MonitorJson.state(monitor.getHealthReport(), monitor.liveStreams());
    String json =
        MonitorJson.news(state, finished, false) + MonitorJson.stream(finished.getFirst());
    var members = new TreeSet<String>();
    MEMBER.matcher(json).results().forEach(found -> members.add(found.group(1)));
    assertThat(members).hasSizeGreaterThan(40);
    var undocumented = new TreeSet<>(members);
    undocumented.removeAll(words(page()));
    assertThat(undocumented).isEmpty();
  }
}
