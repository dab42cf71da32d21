package dev.holdfast.observe.parts;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts since the beginning, as the text that Prometheus reads (exposition format 0.0.4). Names of
 * upstreams and models are untrusted: they are escaped, and their number is bounded. Thread-safe.
 */
public final class Totals {
  /** Most upstreams, and most combinations of upstream, dialect and model; the rest is "other". */
  public static final int MAX_NAMES = 200;

  private static final String OTHER = "other";
  private static final String UNKNOWN = "unknown";
  private static final long MICROS = 1_000_000;

  /** Upper bounds of the buckets of a gap, in milliseconds. */
  private static final long[] GAP_MILLIS = {
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000
  };

  /** The same of an answer. */
  private static final long[] ANSWER_MILLIS = {
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000
  };

  private final Map<MetricFamily, Map<String, LongAdder>> counters =
      new EnumMap<>(MetricFamily.class);
  private final Map<MetricFamily, Map<String, Times>> times = new EnumMap<>(MetricFamily.class);
  private final Set<String> targets = ConcurrentHashMap.newKeySet();
  private final Set<String> upstreams = ConcurrentHashMap.newKeySet();

  /** Times in buckets; the last one has no bound. */
  private static final class Times {
    final long[] boundsMillis;
    final AtomicLongArray buckets;
    final LongAdder micros = new LongAdder();

    Times(MetricFamily family) {
      boundsMillis = family == MetricFamily.GAP ? GAP_MILLIS : ANSWER_MILLIS;
      buckets = new AtomicLongArray(boundsMillis.length + 1);
    }

    void add(long time, long count) {
      int bucket = 0;
      while (bucket < boundsMillis.length && time > 1000 * boundsMillis[bucket]) {
        bucket++;
      }
      buckets.addAndGet(bucket, count);
      micros.add(time * count);
    }
  }

  /** Nothing is counted yet. */
  public Totals() {
    for (MetricFamily family : MetricFamily.values()) {
      switch (family.type()) {
        case COUNTER -> counters.put(family, new ConcurrentSkipListMap<>());
        case HISTOGRAM -> times.put(family, new ConcurrentSkipListMap<>());
      }
    }
  }

  /** {@return the labels of what belongs to an upstream, a protocol and a model} */
  public String labels(String upstream, String dialect, String model) {
    String labels = labelsOf(upstream, dialect, model);
    return bounded(targets, labels) ? labels : labelsOf(OTHER, OTHER, OTHER);
  }

  private static String labelsOf(String upstream, String dialect, String model) {
    return label("upstream", upstream)
        + ','
        + label("dialect", dialect)
        + ','
        + label("model", model);
  }

  /** {@return the label of what belongs to an upstream} */
  public String upstream(String upstream) {
    String label = label("upstream", upstream);
    return bounded(upstreams, label) ? label : label("upstream", OTHER);
  }

  private static boolean bounded(Set<String> known, String labels) {
    return known.contains(labels)
        || (known.size() < MAX_NAMES && (known.add(labels) || known.contains(labels)));
  }

  /** {@return one label, escaped; an empty value is "unknown"} */
  public static String label(String name, String value) {
    String known = value.isEmpty() ? UNKNOWN : value;
    return name
        + "=\""
        + known.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")
        + '"';
  }

  /**
   * Adds to a counter.
   *
   * @param labels without braces
   */
  public void add(MetricFamily family, String labels, long count) {
    var series = counters.get(family);
    if (series == null) {
      throw new IllegalArgumentException("family: must be a counter, was " + family);
    }
    series.computeIfAbsent(labels, key -> new LongAdder()).add(count);
  }

  /**
   * Adds a time.
   *
   * @param labels without braces
   * @param micros at least 0
   * @param count how often it was met
   */
  public void add(MetricFamily family, String labels, long micros, long count) {
    of(family, labels).add(micros, count);
  }

  /**
   * Adds times.
   *
   * @param labels without braces
   * @param micros at least 0 each
   * @param count how many of them
   */
  public void add(MetricFamily family, String labels, int[] micros, int count) {
    Times histogram = of(family, labels);
    for (int i = 0; i < count; i++) {
      histogram.add(micros[i], 1);
    }
  }

  private Times of(MetricFamily family, String labels) {
    var series = times.get(family);
    if (series == null) {
      throw new IllegalArgumentException("family: must be a histogram, was " + family);
    }
    return series.computeIfAbsent(labels, key -> new Times(family));
  }

  /**
   * {@return everything as text}
   *
   * @param active streams that are not over
   */
  public String text(long active) {
    var out = new StringBuilder(4096);
    head(out, "holdfast_streams_active", "gauge", "Streams that are not over.");
    out.append("holdfast_streams_active ").append(active).append('\n');
    for (MetricFamily family : MetricFamily.values()) {
      head(out, family.metric(), family.type().name().toLowerCase(Locale.ROOT), family.help());
      counters
          .getOrDefault(family, Map.of())
          .forEach((labels, count) -> line(out, family.metric(), labels, count.sum()));
      times
          .getOrDefault(family, Map.of())
          .forEach((labels, histogram) -> histogram(out, family.metric(), labels, histogram));
    }
    return out.toString();
  }

  private static void histogram(StringBuilder out, String name, String labels, Times times) {
    long sum = 0;
    long[] bounds = times.boundsMillis;
    for (int i = 0; i <= bounds.length; i++) {
      sum += times.buckets.get(i);
      String bound = i < bounds.length ? seconds(1000 * bounds[i]) : "+Inf";
      line(out, name + "_bucket", labels + ",le=\"" + bound + '"', sum);
    }
    out.append(name).append("_sum{").append(labels).append("} ");
    out.append(seconds(times.micros.sum())).append('\n');
    line(out, name + "_count", labels, sum);
  }

  private static String seconds(long micros) {
    return Double.toString((double) micros / MICROS);
  }

  private static void line(StringBuilder out, String name, String labels, long count) {
    out.append(name).append('{').append(labels).append("} ").append(count).append('\n');
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
