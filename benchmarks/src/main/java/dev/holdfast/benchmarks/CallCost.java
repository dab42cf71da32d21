package dev.holdfast.benchmarks;

import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.metrics.MicrometerObserver;
import dev.holdfast.observe.metrics.OpenTelemetryObserver;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Objects;

/** What each observer's two calls for a piece of a body cost by themselves, in CPU time. */
public final class CallCost {
  private static final int ROUNDS = 20;
  private static final int CALLS = 200_000;
  private static final int[] EVENTS = {1, 2, 49};

  private CallCost() {}

  /** Prints it for each observer and for pieces of one, two and 49 events. */
  public static void main(String[] args) {
    var observers = new LinkedHashMap<String, StreamObserver>();
    observers.put("StreamMonitor", new StreamMonitor());
    observers.put(
        "MicrometerObserver, Prometheus",
        new MicrometerObserver(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)));
    observers.put("OpenTelemetryObserver, SDK", new OpenTelemetryObserver(telemetry()));
    for (int events : EVENTS) {
      observers.forEach((name, observer) -> {
        double nanos = of(observer, events);
        System.out.printf(
            Locale.ROOT,
            "%s: %.0f ns for a piece of %d events, %.1f ns an event%n",
            name,
            nanos,
            events,
            nanos / events);
      });
    }
  }

  private static OpenTelemetrySdk telemetry() {
    var metrics = SdkMeterProvider.builder().registerMetricReader(InMemoryMetricReader.create());
    return OpenTelemetrySdk.builder().setMeterProvider(metrics.build()).build();
  }

  /** {@return nanoseconds of CPU that the calls for a piece of so many events take} */
  static double of(StreamObserver observer, int events) {
    var start = new StreamObserver.Target("u", "localhost", 80, "openai-chat", "m");
    var threads = ManagementFactory.getThreadMXBean();
    var nanos = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      var watch = Objects.requireNonNull(observer.begun(start, 0));
      int calls = CALLS / events;
      long before = threads.getCurrentThreadCpuTime();
      for (int i = 0; i < calls; i++) {
        watch.received(1, 200 * events, events, i * 20_000L);
        watch.delivered(events, 5L * events, i * 20_000L);
      }
      nanos[round] = (double) (threads.getCurrentThreadCpuTime() - before) / calls;
    }
    var settled = Arrays.copyOfRange(nanos, ROUNDS / 2, ROUNDS);
    Arrays.sort(settled);
    return settled[settled.length / 2];
  }
}
