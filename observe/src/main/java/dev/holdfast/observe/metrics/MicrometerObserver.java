package dev.holdfast.observe.metrics;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.parts.OpenAttempts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps meters of every stream in a registry; docs/metrics.md lists them. Untrusted names are
 * bounded, so the number of meters is too. Thread-safe; one per registry.
 */
public final class MicrometerObserver implements StreamObserver {
  static final String ACTIVE = "holdfast.streams.active";
  static final String DURATION = "holdfast.stream.duration";
  static final String FIRST_TOKEN = "holdfast.stream.first.token";
  static final String GAP = "holdfast.stream.gap";
  static final String BYTES = "holdfast.stream.bytes";
  static final String EVENTS = "holdfast.stream.events";
  static final String TOKENS = "holdfast.stream.tokens";
  static final String WASTED_TOKENS = "holdfast.stream.tokens.wasted";
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
    // Strong, or the page shows NaN once only the registry holds it.
    Gauge.builder(ACTIVE, active, AtomicInteger::get).strongReference(true).register(registry);
  }

  @Override
  public boolean neverBlocks() {
    return true;
  }

  @Override
  public Watch begun(Target first, long nanos) {
    active.incrementAndGet();
    return new Metered(first, nanos);
  }

  /** The meters that every piece of an attempt's body changes, looked up once per attempt. */
  private record Meters(String upstream, Tags tags, Timer gap, Counter bytes, Counter events) {}

  /** By the type that every version has: Micrometer 1.16 and before have no method for Tags. */
  private Timer timer(String name, Iterable<Tag> tags) {
    return registry.timer(name, tags);
  }

  private Counter counter(String name, Iterable<Tag> tags) {
    return registry.counter(name, tags);
  }

  private Meters meters(Target target) {
    String upstream = names.bounded(target.upstream());
    var tags =
        Tags.of(
            "upstream", upstream,
            "dialect", names.bounded(target.dialect()),
            "model", names.bounded(target.model()));
    return new Meters(
        upstream, tags, timer(GAP, tags), counter(BYTES, tags), counter(EVENTS, tags));
  }

  /** The meters of one stream, by the upstream that answers. */
  private final class Metered implements Watch {
    private final OpenAttempts<Meters> attempts;
    private final long startNanos;
    private long lastNanos = -1;
    private boolean broken;

    Metered(Target first, long nanos) {
      startNanos = nanos;
      attempts = new OpenAttempts<>(meters(first));
    }

    @Override
    public void received(int attempt, int count, int frames, long nanos) {
      attempts.received(attempt).bytes.increment(count);
    }

    @Override
    public void delivered(int count, long characters, long nanos) {
      Meters meters = attempts.current();
      meters.events.increment(count);
      if (lastNanos < 0) {
        timer(FIRST_TOKEN, meters.tags).record(nanos - startNanos, TimeUnit.NANOSECONDS);
      } else {
        meters.gap.record(nanos - lastNanos, TimeUnit.NANOSECONDS);
      }
      for (int i = 1; i < count; i++) {
        meters.gap.record(0, TimeUnit.NANOSECONDS); // They came in one piece.
      }
      lastNanos = nanos;
      if (broken) {
        broken = false;
        registry.counter(RECOVERIES, "upstream", meters.upstream).increment();
      }
    }

    @Override
    public void observed(Observation observation, long nanos) {
      switch (observation) {
        case Observation.AttemptOpened(int attempt, var target) ->
            attempts.opened(attempt, meters(target));
        case Observation.AttemptClosed(int attempt, var failure) -> {
          broken |= failure != null;
          String cause = failure == null ? "none" : failure.cause().id();
          String upstream = attempts.closed(attempt).upstream;
          registry.counter(ATTEMPTS, "upstream", upstream, "cause", cause).increment();
        }
        case Observation.Retrying(int retry, int max, var delay, var rung) ->
            counted(RETRIES, "rung", lower(rung));
        case Observation.SeamMarked(var seam) -> counted(SEAMS, "rung", lower(seam.rung()));
        case Observation.FrameRejected(Cause cause) ->
            counted(FRAMES_REJECTED, "cause", cause.id());
        case Observation.Warned warned -> {}
        case Observation.Heartbeat heartbeat -> {}
        case Observation.Missed missed -> {}
        case Observation.Ended ended -> end(ended, nanos);
      }
    }

    private void counted(String meter, String tag, String value) {
      registry.counter(meter, "upstream", attempts.current().upstream, tag, value).increment();
    }

    private void end(Observation.Ended ended, long nanos) {
      active.decrementAndGet();
      Tags tags = attempts.current().tags;
      timer(
              DURATION,
              tags.and("verdict", lower(ended.verdict().name()), "cause", cause(ended.verdict())))
          .record(nanos - startNanos, TimeUnit.NANOSECONDS);
      tokens(tags, "input", ended.inputTokens());
      tokens(tags, "output", ended.outputTokens());
      wasted(tags, "input", ended.wastedPromptTokens());
      wasted(tags, "output", ended.wastedTokens());
    }

    private void tokens(Tags tags, String type, long count) {
      if (count > 0) {
        counter(TOKENS, tags.and("type", type)).increment((double) count);
      }
    }

    private void wasted(Tags tags, String type, long count) {
      counter(WASTED_TOKENS, tags.and("type", type)).increment((double) count);
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
