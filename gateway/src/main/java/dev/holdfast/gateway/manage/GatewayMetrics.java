package dev.holdfast.gateway.manage;

import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.upstream.SharedUpstream;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Counts, as the text that Prometheus reads (exposition format 0.0.4). No label is a client's text,
 * so the number of series is bounded. Thread-safe.
 */
public final class GatewayMetrics implements Consumer<ExchangeRecord> {
  private static final long[] BOUNDS_MILLIS = {
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000
  };

  private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>();
  private final LongAdder[] firstContent = adders(BOUNDS_MILLIS.length + 1);
  private final LongAdder firstContentMillis = new LongAdder();
  private final LongAdder attempts = new LongAdder();
  private final LongAdder seams = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();

  private static LongAdder[] adders(int count) {
    var adders = new LongAdder[count];
    for (int i = 0; i < count; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  /** Records that a request begins. */
  public void began() {
    open.incrementAndGet();
  }

  /** {@return requests that are open now} */
  public int open() {
    return open.get();
  }

  /** Records that a client connected, and returns how many are connected now. */
  public int connected() {
    return connections.incrementAndGet();
  }

  /** Records that a client's connection ended. */
  public void disconnected() {
    connections.decrementAndGet();
  }

  @Override
  public void accept(ExchangeRecord record) {
    open.decrementAndGet();
    var outcome = record.outcome();
    String labels =
        "{front=\"%s\",outcome=\"%s\"}"
            .formatted(name(record.front()), outcome == null ? "" : outcome.id());
    requests.computeIfAbsent(labels, key -> new LongAdder()).increment();
    bytes.add(record.bytes());
    long first = record.firstContentAfterNanos();
    if (first >= 0) {
      long millis = first / 1_000_000;
      int bucket = 0;
      while (bucket < BOUNDS_MILLIS.length && millis > BOUNDS_MILLIS[bucket]) {
        bucket++;
      }
      firstContent[bucket].increment();
      firstContentMillis.add(millis);
    }
    var ending = record.ending();
    if (ending != null) {
      attempts.add(ending.attempts().size());
      seams.add(ending.seams().size());
    }
  }

  private static String name(ClientProtocol front) {
    return front.name().toLowerCase(Locale.ROOT);
  }

  /** {@return everything as text, at this time of the gateway's clock} */
  public String text(Iterable<SharedUpstream> upstreams, boolean ready, long nowNanos) {
    var out = new StringBuilder();
    head(out, "holdfast_gateway_requests_total", "counter", "Requests by what became of them.");
    requests.forEach((labels, count) ->
        out.append("holdfast_gateway_requests_total")
            .append(labels)
            .append(' ')
            .append(count.sum())
            .append('\n'));
    value(out, "holdfast_gateway_open", "gauge", "Requests that are open.", open.get());
    value(out, "holdfast_gateway_connections", "gauge", "Open connections.", connections.get());
    value(out, "holdfast_gateway_ready", "gauge", "Whether it takes requests.", ready ? 1 : 0);
    value(out, "holdfast_gateway_attempts_total", "counter", "Requests sent.", attempts.sum());
    value(out, "holdfast_gateway_seams_total", "counter", "Seams in streams.", seams.sum());
    value(out, "holdfast_gateway_sent_bytes_total", "counter", "Body bytes sent.", bytes.sum());
    histogram(out);
    head(out, "holdfast_gateway_circuit_open", "gauge", "Whether an upstream is skipped.");
    for (var upstream : upstreams) {
      boolean refuses = upstream.standing(nowNanos).waitNanos() > 0;
      out.append("holdfast_gateway_circuit_open{upstream=\"")
          .append(upstream.config().name())
          .append("\"} ")
          .append(refuses ? 1 : 0)
          .append('\n');
    }
    return out.toString();
  }

  private void histogram(StringBuilder out) {
    String name = "holdfast_gateway_first_content_seconds";
    head(out, name, "histogram", "From the request to the first content.");
    long sum = 0;
    for (int i = 0; i < BOUNDS_MILLIS.length; i++) {
      sum += firstContent[i].sum();
      out.append("%s_bucket{le=\"%s\"} %d\n".formatted(name, BOUNDS_MILLIS[i] / 1000.0, sum));
    }
    sum += firstContent[BOUNDS_MILLIS.length].sum();
    out.append("%s_bucket{le=\"+Inf\"} %d\n".formatted(name, sum));
    out.append("%s_sum %s\n".formatted(name, firstContentMillis.sum() / 1000.0));
    out.append("%s_count %d\n".formatted(name, sum));
  }

  private static void value(StringBuilder out, String name, String type, String help, long value) {
    head(out, name, type, help);
    out.append(name).append(' ').append(value).append('\n');
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
