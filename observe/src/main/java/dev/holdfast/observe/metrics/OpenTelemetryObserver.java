package dev.holdfast.observe.metrics;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.parts.OpenAttempts;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of every stream, with its attempts as children and its seams as events. It records
 * the metrics of the GenAI semantic conventions; docs/metrics.md lists both. A stream's span is a
 * child of the span that is current where the stream is requested. Never a word of prompt or
 * answer. Thread-safe.
 */
public final class OpenTelemetryObserver implements StreamObserver {
  static final String SCOPE = "dev.holdfast";
  static final String ATTEMPT_SPAN = "holdfast.attempt";
  static final String SEAM_EVENT = "holdfast.seam";
  static final String RETRY_EVENT = "holdfast.retry";

  static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("holdfast.attempt.number");
  static final AttributeKey<String> UPSTREAM = AttributeKey.stringKey("holdfast.upstream");
  static final AttributeKey<String> VERDICT = AttributeKey.stringKey("holdfast.verdict");
  static final AttributeKey<String> STOPPED_BY = AttributeKey.stringKey("holdfast.stopped_by");
  static final AttributeKey<Boolean> TOKENS_ESTIMATED =
      AttributeKey.booleanKey("holdfast.tokens.estimated");
  static final AttributeKey<Long> WASTED_TOKENS = AttributeKey.longKey("holdfast.tokens.wasted");
  static final AttributeKey<Long> WASTED_PROMPT_TOKENS =
      AttributeKey.longKey("holdfast.tokens.wasted_prompt");
  static final AttributeKey<String> EXACTNESS = AttributeKey.stringKey("holdfast.exactness");
  static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("holdfast.attempts");
  static final AttributeKey<Long> SEAMS = AttributeKey.longKey("holdfast.seams");
  static final AttributeKey<Long> OFFSET = AttributeKey.longKey("holdfast.seam.offset");
  static final AttributeKey<Long> OVERLAP = AttributeKey.longKey("holdfast.seam.overlap");
  static final AttributeKey<String> RUNG = AttributeKey.stringKey("holdfast.rung");
  static final AttributeKey<Long> DELAY = AttributeKey.longKey("holdfast.retry.delay_ms");

  private static final AttributeKey<String> TOKEN_TYPE = AttributeKey.stringKey(GenAi.TOKEN_TYPE);

  private final Tracer tracer;
  private final DoubleHistogram duration;
  private final DoubleHistogram firstChunk;
  private final DoubleHistogram perChunk;
  private final LongHistogram tokens;
  private final Names names = new Names();

  /** An observer that reports to {@code telemetry}, which the application configures. */
  public OpenTelemetryObserver(OpenTelemetry telemetry) {
    tracer = telemetry.getTracer(SCOPE);
    Meter meter = telemetry.getMeter(SCOPE);
    duration = seconds(meter, GenAi.DURATION);
    firstChunk = seconds(meter, GenAi.TIME_TO_FIRST_CHUNK);
    perChunk = seconds(meter, GenAi.TIME_PER_OUTPUT_CHUNK);
    tokens =
        meter
            .histogramBuilder(GenAi.TOKEN_USAGE)
            .ofLongs()
            .setUnit("{token}")
            .setExplicitBucketBoundariesAdvice(GenAi.TOKENS)
            .build();
  }

  private static DoubleHistogram seconds(Meter meter, String name) {
    return meter
        .histogramBuilder(name)
        .setUnit("s")
        .setExplicitBucketBoundariesAdvice(GenAi.SECONDS)
        .build();
  }

  /** Exporters of the SDK have queues of their own. */
  @Override
  public boolean neverBlocks() {
    return true;
  }

  @Override
  public Watch begun(Target first, long nanos) {
    return new Spans(first, nanos);
  }

  /** {@return the attributes of a target in spans and metrics} */
  private Attributes attributes(Target target) {
    var attributes =
        Attributes.builder()
            .put(GenAi.OPERATION_NAME, GenAi.operation(target.dialect()))
            .put(GenAi.PROVIDER_NAME, GenAi.provider(target.host(), target.dialect()));
    if (!target.model().isEmpty()) {
      attributes.put(GenAi.REQUEST_MODEL, names.bounded(target.model()));
    }
    if (!target.host().isEmpty()) {
      attributes.put(GenAi.SERVER_ADDRESS, names.bounded(target.host()));
      attributes.put(GenAi.SERVER_PORT, target.port());
    }
    return attributes.build();
  }

  /** An attempt: its span and its target. None where no attempt was made. */
  private record Asked(@Nullable Span span, Attributes target) {
    void close(Observation.@Nullable FailureSummary failure) {
      if (span == null) {
        return;
      }
      if (failure != null) {
        span.setAttribute(GenAi.ERROR_TYPE, failure.cause().id());
        span.setStatus(StatusCode.ERROR, failure.detail());
        if (failure.httpStatus() > 0) {
          span.setAttribute(GenAi.HTTP_STATUS, failure.httpStatus());
        }
      }
      span.end(); // Again where it has ended: then it does nothing.
    }
  }

  /** The spans of one stream. */
  private final class Spans implements Watch {
    private final OpenAttempts<Asked> attempts;
    private final Span stream;
    private final Context context;
    private final long startNanos;
    private long firstNanos = -1;
    private long lastNanos;

    Spans(Target first, long nanos) {
      startNanos = nanos;
      attempts = new OpenAttempts<>(new Asked(null, attributes(first)));
      String operation = GenAi.operation(first.dialect());
      stream =
          tracer
              .spanBuilder(
                  first.model().isEmpty()
                      ? operation
                      : operation + " " + names.bounded(first.model()))
              .setSpanKind(SpanKind.CLIENT)
              .setAllAttributes(attempts.current().target)
              .setAttribute(GenAi.REQUEST_STREAM, true)
              .startSpan();
      context = Context.current().with(stream);
    }

    @Override
    public void received(int attempt, int bytes, int frames, long nanos) {
      Asked unused = attempts.received(attempt);
    }

    @Override
    public void delivered(int events, long characters, long nanos) {
      Attributes common = attempts.current().target;
      if (firstNanos < 0) {
        firstNanos = nanos;
        firstChunk.record(seconds(nanos - startNanos), common, context);
        stream.setAttribute(GenAi.RESPONSE_TIME_TO_FIRST_CHUNK, seconds(nanos - startNanos));
      } else {
        perChunk.record(seconds(nanos - lastNanos), common, context);
      }
      for (int i = 1; i < events; i++) {
        perChunk.record(0, common, context); // They came in one piece.
      }
      lastNanos = nanos;
    }

    @Override
    public void observed(Observation observation, long nanos) {
      switch (observation) {
        case Observation.AttemptOpened(int number, var target) -> {
          var whom = attributes(target);
          var span =
              tracer
                  .spanBuilder(ATTEMPT_SPAN)
                  .setParent(context)
                  .setSpanKind(SpanKind.INTERNAL)
                  .setAllAttributes(whom)
                  .setAttribute(ATTEMPT, (long) number)
                  .setAttribute(UPSTREAM, names.bounded(target.upstream()))
                  .startSpan();
          attempts.opened(number, new Asked(span, whom));
        }
        case Observation.AttemptClosed(int number, var failure) ->
            attempts.closed(number).close(failure);
        case Observation.Retrying(int retry, int max, var delay, var rung) ->
            stream.addEvent(RETRY_EVENT, Attributes.of(DELAY, delay.toMillis(), RUNG, lower(rung)));
        case Observation.SeamMarked(var seam) ->
            stream.addEvent(
                SEAM_EVENT,
                Attributes.of(
                    OFFSET,
                    seam.offset(),
                    OVERLAP,
                    (long) seam.overlap(),
                    RUNG,
                    lower(seam.rung()),
                    ATTEMPT,
                    (long) seam.attempt()));
        case Observation.FrameRejected rejected -> {}
        case Observation.Warned warned -> {}
        case Observation.Heartbeat heartbeat -> {}
        case Observation.Missed missed -> {}
        case Observation.Ended ended -> end(ended, nanos);
      }
    }

    private void end(Observation.Ended ended, long nanos) {
      attempts.current().close(null);
      Attributes common = attempts.current().target;
      stream.setAllAttributes(common); // The target that answered in the end.
      stream.setAttribute(VERDICT, lower(ended.verdict().name()));
      stream.setAttribute(EXACTNESS, lower(ended.exactness()));
      stream.setAttribute(ATTEMPTS, (long) ended.attempts());
      stream.setAttribute(SEAMS, (long) ended.seams());
      if (ended.stoppedBy() != null) {
        stream.setAttribute(STOPPED_BY, ended.stoppedBy().id());
      }
      if (!ended.finishes().isEmpty()) {
        stream.setAttribute(
            AttributeKey.stringArrayKey(GenAi.RESPONSE_FINISH_REASONS),
            ended.finishes().stream().map(OpenTelemetryObserver::lower).toList());
      }
      usage(common, "input", GenAi.USAGE_INPUT_TOKENS, ended.inputTokens());
      usage(common, "output", GenAi.USAGE_OUTPUT_TOKENS, ended.outputTokens());
      stream.setAttribute(TOKENS_ESTIMATED, ended.tokensEstimated());
      stream.setAttribute(WASTED_TOKENS, ended.wastedTokens());
      stream.setAttribute(WASTED_PROMPT_TOKENS, ended.wastedPromptTokens());
      var attributes = common;
      Cause cause = cause(ended.verdict());
      if (cause != null) {
        attributes = common.toBuilder().put(GenAi.ERROR_TYPE, cause.id()).build();
        stream.setAttribute(GenAi.ERROR_TYPE, cause.id());
        if (cause != Cause.CANCELLED) {
          var failure = ended.failure();
          stream.setStatus(StatusCode.ERROR, failure == null ? "" : failure.detail());
        }
      }
      duration.record(seconds(nanos - startNanos), attributes, context);
      stream.end();
    }

    private void usage(Attributes common, String type, String attribute, long count) {
      if (count >= 0) {
        stream.setAttribute(attribute, count);
        tokens.record(count, common.toBuilder().put(TOKEN_TYPE, type).build(), context);
      }
    }
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private static @Nullable Cause cause(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Complete() -> null;
      case Verdict.Truncated(Cause cause) -> cause;
      case Verdict.Failed(Cause cause) -> cause;
      case Verdict.Cancelled() -> Cause.CANCELLED;
    };
  }

  private static String lower(Object name) {
    return name.toString().toLowerCase(Locale.ROOT);
  }
}
