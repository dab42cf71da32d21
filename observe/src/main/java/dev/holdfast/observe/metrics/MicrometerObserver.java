package dev.holdfast.observe.metrics;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps meters of every stream in a registry; docs/metrics.md lists them. Names that strangers
 * choose are bounded, so the number of meters is too. Thread-safe; one per registry.
 */
public final class MicrometerObserver implements StreamObserver {
  static final String ACTIVE = "holdfast.streams.active";
  static final String DURATION = "holdfast.stream.duration";
  static final String FIRST_TOKEN = "holdfast.stream.first.token";
  static final String GAP = "holdfast.stream.gap";
  static final String BYTES = "holdfast.stream.bytes";
  static final String EVENTS = "holdfast.stream.events";
  static final String TOKENS = "holdfast.stream.tokens";
  static final String ATTEMPTS = "holdfast.attempts";
  static final String RETRIES = "holdfast.retries";
  static final String RECOVERIES = "holdfast.recoveries";
  static final String SEAMS = "holdfast.seams";
  static final String FRAMES_REJECTED = "holdfast.frames.rejected";

  private final MeterRegistry registry;
  private final AtomicInteger active;
  private final Names names = new Names();

  /** An observer that keeps its meters in {@code registry}. */
  public MicrometerObserver(MeterRegistry registry) {
    this.registry = registry;
    active = new AtomicInteger();
    // Strong, or the page says NaN once nobody but the registry is left.
    Gauge.builder(ACTIVE, active, AtomicInteger::get).strongReference(true).register(registry);
  }

  @Override
  public boolean neverBlocks() {
    return true;
  }

  @Override
  public Watch begun(Start start, long nanos) {
    active.incrementAndGet();
    return new Meters(start, nanos);
  }

  /** The meters of one stream, looked up once. */
  private final class Meters implements Watch {
    private final Tags tags;
    private final Timer gap;
    private final Counter bytes;
    private final Counter events;
    private final long startNanos;
    private String upstream;
    private long lastNanos = -1;
    private boolean broken;

    Meters(Start start, long nanos) {
      startNanos = nanos;
      upstream = names.bounded(start.upstream());
      tags =
          Tags.of(
              "upstream", upstream,
              "dialect", names.bounded(start.dialect()),
              "model", names.bounded(start.model()));
      gap = registry.timer(GAP, tags);
      bytes = registry.counter(BYTES, tags);
      events = registry.counter(EVENTS, tags);
    }

    @Override
    public void received(int attempt, int count, int frames, long nanos) {
      bytes.increment(count);
    }

    @Override
    public void delivered(int count, long characters, long nanos) {
      events.increment(count);
      if (lastNanos < 0) {
        registry.timer(FIRST_TOKEN, tags).record(Duration.ofNanos(nanos - startNanos));
      } else {
        gap.record(nanos - lastNanos, TimeUnit.NANOSECONDS);
      }
      for (int i = 1; i < count; i++) {
        gap.record(0, TimeUnit.NANOSECONDS); // They came in one piece.
      }
      lastNanos = nanos;
      if (broken) {
        broken = false;
        registry.counter(RECOVERIES, "upstream", upstream).increment();
      }
    }

    @Override
    public void observed(Observation observation, long nanos) {
      switch (observation) {
        case Observation.AttemptOpened(int attempt, var name) ->
            upstream = name.isEmpty() ? upstream : names.bounded(name);
        case Observation.AttemptClosed(int attempt, var trouble) -> {
          broken |= trouble != null;
          String cause = trouble == null ? "none" : trouble.cause().id();
          registry.counter(ATTEMPTS, "upstream", upstream, "cause", cause).increment();
        }
        case Observation.Retrying(int retry, int max, var delay, var rung) ->
            registry.counter(RETRIES, "upstream", upstream, "rung", lower(rung)).increment();
        case Observation.SeamMarked(var seam) ->
            registry.counter(SEAMS, "upstream", upstream, "rung", lower(seam.rung())).increment();
        case Observation.FrameRejected(Cause cause) ->
            registry
                .counter(FRAMES_REJECTED, "upstream", upstream, "cause", cause.id())
                .increment();
        case Observation.Warned warned -> {}
        case Observation.Heartbeat heartbeat -> {}
        case Observation.Missed missed -> {}
        case Observation.Ended ended -> end(ended, nanos);
      }
    }

    private void end(Observation.Ended ended, long nanos) {
      active.decrementAndGet();
      registry
          .timer(
              DURATION,
              tags.and("verdict", lower(ended.verdict().name()), "cause", cause(ended.verdict())))
          .record(Duration.ofNanos(nanos - startNanos));
      tokens("input", ended.inputTokens());
      tokens("output", ended.outputTokens());
    }

    private void tokens(String type, long count) {
      if (count > 0) {
        registry.counter(TOKENS, tags.and("type", type)).increment((double) count);
      }
    }
  }

  private static String cause(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Complete() -> "none";
      case Verdict.Truncated(Cause cause) -> cause.id();
      case Verdict.Failed(Cause cause) -> cause.id();
      case Verdict.Cancelled() -> Cause.CANCELLED.id();
    };
  }

  private static String lower(Object name) {
    return name.toString().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
