package dev.holdfast.observe.parts;

/**
 * The metrics of streams as Prometheus names them, with the names and labels that Micrometer's
 * Prometheus registry gives to the meters of our Micrometer observer.
 */
public enum MetricFamily {
  /** From beginning to end, by upstream, dialect, model, verdict and cause. */
  DURATION(
      "holdfast_stream_duration_seconds",
      Type.HISTOGRAM,
      "Streams that ended, and how long they lasted."),
  /** To the first content, by upstream, dialect and model. */
  FIRST_TOKEN(
      "holdfast_stream_first_token_seconds",
      Type.HISTOGRAM,
      "From a stream's beginning to its first content."),
  /** Between content events, by upstream, dialect and model. */
  GAP("holdfast_stream_gap_seconds", Type.HISTOGRAM, "Between two content events of a stream."),
  /** By upstream, dialect and model. */
  BYTES("holdfast_stream_bytes_total", Type.COUNTER, "Body bytes received."),
  /** By upstream, dialect and model. */
  EVENTS("holdfast_stream_events_total", Type.COUNTER, "Content events delivered."),
  /** By upstream, dialect, model and type. */
  TOKENS("holdfast_stream_tokens_total", Type.COUNTER, "Tokens of streams that ended."),
  /** By upstream and cause; the cause is {@code none} where it did not fail. */
  ATTEMPTS("holdfast_attempts_total", Type.COUNTER, "Requests that are over."),
  /** By upstream and rung. */
  RETRIES("holdfast_retries_total", Type.COUNTER, "Decisions to try again."),
  /** By upstream. */
  RECOVERIES(
      "holdfast_recoveries_total", Type.COUNTER, "Times that content came again after a failure."),
  /** By upstream and rung. */
  SEAMS("holdfast_seams_total", Type.COUNTER, "Places where attempts were joined."),
  /** By upstream and cause. */
  FRAMES_REJECTED("holdfast_frames_rejected_total", Type.COUNTER, "Frames that could not be read.");

  /** What kind of metric it is. */
  public enum Type {
    /** Only grows. */
    COUNTER,
    /** Times in buckets. */
    HISTOGRAM
  }

  private final String metric;
  private final Type type;
  private final String help;

  MetricFamily(String metric, Type type, String help) {
    this.metric = metric;
    this.type = type;
    this.help = help;
  }

  /** {@return its name in the text} */
  public String metric() {
    return metric;
  }

  /** {@return its type} */
  public Type type() {
    return type;
  }

  /** {@return what it counts} */
  public String help() {
    return help;
  }
}
