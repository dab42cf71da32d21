package dev.holdfast.gateway.manage;

import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.gateway.access.Tenant;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.upstream.SharedUpstream;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Counts, as the text that Prometheus reads (exposition format 0.0.4). No label is a client's text,
 * so the number of series is bounded. Thread-safe.
 */
public final class GatewayMetrics implements Consumer<ExchangeRecord> {
  private static final long[] BOUNDS_MILLIS = {
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000
  };

  private static final Map<ClientProtocol, String> FRONTS = names();

  /** What requests are counted by. */
  private record Request(ClientProtocol front, @Nullable Outcome outcome) {
    String labels() {
      String became = outcome == null ? "" : outcome.id();
      return "{front=\"" + FRONTS.get(front) + "\",outcome=\"" + became + "\"}";
    }
  }

  /** What tokens are counted by. */
  private record Kind(String name, UsageEntry.Source source) {
    String labels() {
      return "{kind=\"" + name + "\",source=\"" + source.id() + "\"}";
    }
  }

  private final Map<Request, LongAdder> requests = new ConcurrentHashMap<>();
  private final LongAdder[] firstContent = adders(BOUNDS_MILLIS.length + 1);
  private final LongAdder firstContentMillis = new LongAdder();
  private final Map<Kind, LongAdder> tokens = new ConcurrentHashMap<>();
  private final Map<UsageEntry.Source, LongAdder> usages = new ConcurrentHashMap<>();
  private final LongAdder unrecoverable = new LongAdder();

  /** Streams that the journal does not keep, by the reason. */
  private final Map<String, LongAdder> unkept = new ConcurrentHashMap<>();

  private final LongAdder attempts = new LongAdder();
  private final LongAdder seams = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder failedReloads = new LongAdder();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final LongAdder closedConnections = new LongAdder();

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

  /** Records that a new configuration was refused. */
  public void reloadFailed() {
    failedReloads.increment();
  }

  /** {@return requests that are open now} */
  public int open() {
    return open.get();
  }

  /** Records that a client connected, and returns how many are connected now. */
  public int connected() {
    return connections.incrementAndGet();
  }

  /** Records that a connection was closed because there were too many. */
  public void tooManyConnections() {
    closedConnections.increment();
  }

  /** Records that a client's connection ended. */
  public void disconnected() {
    connections.decrementAndGet();
  }

  @Override
  public void accept(ExchangeRecord record) {
    open.decrementAndGet();
    var outcome = record.outcome();
    requests
        .computeIfAbsent(new Request(record.front(), outcome), key -> new LongAdder())
        .increment();
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
    var usage = record.usage();
    if (usage != null) {
      tokens(usage);
    }
    if (!record.recovers()) {
      unrecoverable.increment();
    }
    if (!record.unkept().isEmpty()) {
      unkept.computeIfAbsent(record.unkept(), why -> new LongAdder()).increment();
    }
    var ending = record.ending();
    if (ending != null) {
      attempts.add(ending.attempts().size());
      seams.add(ending.seams().size());
    }
  }

  private void tokens(UsageEntry usage) {
    var source = usage.source();
    usages.computeIfAbsent(source, key -> new LongAdder()).increment();
    add("input", source, usage.input());
    add("output", source, usage.output());
    add("cached", source, usage.cached());
    add("cache_write", source, usage.cacheWrite());
    add("reasoning", source, usage.reasoning());
    add("wasted", source, usage.wasted());
  }

  private void add(String kind, UsageEntry.Source source, long count) {
    if (count > 0) {
      tokens.computeIfAbsent(new Kind(kind, source), key -> new LongAdder()).add(count);
    }
  }

  /** Writes counts in the order of their labels. */
  private static <K> void each(
      StringBuilder out,
      String name,
      String help,
      Map<K, LongAdder> counts,
      Function<? super K, String> labels) {
    head(out, name, "counter", help);
    var sorted = new TreeMap<String, Long>();
    counts.forEach((key, count) -> sorted.put(labels.apply(key), count.sum()));
    sorted.forEach((label, count) ->
        out.append(name).append(label).append(' ').append((long) count).append('\n'));
  }

  /** {@return what is kept in memory, and which streams run on without a client, as text} */
  public String memory(long requestBytes, long answerBytes, int unattended) {
    var out = new StringBuilder();
    value(
        out,
        "holdfast_gateway_request_bytes",
        "gauge",
        "Bytes kept of requests, outside of the heap.",
        requestBytes);
    value(
        out,
        "holdfast_gateway_answer_bytes",
        "gauge",
        "Bytes kept of answers for identical requests.",
        answerBytes);
    value(
        out,
        "holdfast_gateway_unattended",
        "gauge",
        "Streams that run on without a client.",
        unattended);
    return out.toString();
  }

  /** {@return what journals hold, by their names, as text} */
  public static String journals(Map<String, JournalSize> journals) {
    var out = new StringBuilder();
    String streams = "Streams that can be read in a journal.";
    gauge(out, "holdfast_gateway_journal_streams", streams, journals, JournalSize::streams);
    String open = "Streams in a journal that have not ended.";
    gauge(out, "holdfast_gateway_journal_open", open, journals, JournalSize::open);
    String bytes = "Bytes of a journal on its storage.";
    gauge(out, "holdfast_gateway_journal_bytes", bytes, journals, JournalSize::bytes);
    String readers = "Readers that follow a journal.";
    gauge(out, "holdfast_gateway_journal_readers", readers, journals, JournalSize::followers);
    return out.toString();
  }

  private static void gauge(
      StringBuilder out,
      String name,
      String help,
      Map<String, JournalSize> journals,
      ToLongFunction<JournalSize> figure) {
    if (!journals.isEmpty()) {
      head(out, name, "gauge", help);
      journals.forEach((journal, size) ->
          out.append("%s{journal=\"%s\"} %d\n".formatted(name, journal, figure.applyAsLong(size))));
    }
  }

  private static Map<ClientProtocol, String> names() {
    var names = new EnumMap<ClientProtocol, String>(ClientProtocol.class);
    for (var front : ClientProtocol.values()) {
      names.put(front, front.name().toLowerCase(Locale.ROOT));
    }
    return names;
  }

  /**
   * {@return everything as text}
   *
   * @param generation the number of the configuration
   * @param tenants the keys
   * @param nowNanos on the gateway's clock
   */
  public String text(
      long generation,
      Iterable<SharedUpstream> upstreams,
      Iterable<Tenant> tenants,
      boolean ready,
      long nowNanos) {
    var out = new StringBuilder();
    each(
        out,
        "holdfast_gateway_requests_total",
        "Requests by what became of them.",
        requests,
        Request::labels);
    each(
        out,
        "holdfast_gateway_usage_total",
        "Streams by what is known of their tokens.",
        usages,
        source -> "{source=\"" + source.id() + "\"}");
    each(
        out,
        "holdfast_gateway_tokens_total",
        "Tokens of streams, over all attempts.",
        tokens,
        Kind::labels);
    value(
        out,
        "holdfast_gateway_without_recovery_total",
        "counter",
        "Streams whose request was too much to keep.",
        unrecoverable.sum());
    each(
        out,
        "holdfast_gateway_unkept_total",
        "Streams that the journal did not keep, by the reason.",
        unkept,
        why -> "{reason=\"" + why + "\"}");
    value(out, "holdfast_gateway_open", "gauge", "Requests that are open.", open.get());
    value(out, "holdfast_gateway_connections", "gauge", "Open connections.", connections.get());
    value(
        out,
        "holdfast_gateway_connections_closed_total",
        "counter",
        "Connections closed because there were too many.",
        closedConnections.sum());
    value(out, "holdfast_gateway_ready", "gauge", "Whether it takes requests.", ready ? 1 : 0);
    value(out, "holdfast_gateway_attempts_total", "counter", "Requests sent.", attempts.sum());
    value(out, "holdfast_gateway_seams_total", "counter", "Seams in streams.", seams.sum());
    value(out, "holdfast_gateway_sent_bytes_total", "counter", "Body bytes sent.", bytes.sum());
    value(
        out,
        "holdfast_gateway_config_generation",
        "gauge",
        "The number of the configuration, from 1.",
        generation);
    value(
        out,
        "holdfast_gateway_reloads_failed_total",
        "counter",
        "Configurations that were refused.",
        failedReloads.sum());
    histogram(out);
    tenants(out, tenants);
    head(out, "holdfast_gateway_circuit_open", "gauge", "Whether an upstream is skipped.");
    for (var upstream : upstreams) {
      boolean refuses = upstream.state().standing(nowNanos).waitNanos() > 0;
      out.append("holdfast_gateway_circuit_open{upstream=\"")
          .append(upstream.config().name())
          .append("\"} ")
          .append(refuses ? 1 : 0)
          .append('\n');
    }
    return out.toString();
  }

  private static void tenants(StringBuilder out, Iterable<Tenant> tenants) {
    if (!tenants.iterator().hasNext()) {
      return;
    }
    String open = "holdfast_gateway_key_open";
    head(out, open, "gauge", "Requests that are open, by key.");
    tenants.forEach(
        tenant -> out.append("%s{key=\"%s\"} %d\n".formatted(open, tenant.name(), tenant.open())));
    String tokens = "holdfast_gateway_key_tokens_of_day";
    head(out, tokens, "gauge", "Tokens used and reserved since midnight UTC, by key.");
    tenants.forEach(tenant ->
        out.append("%s{key=\"%s\"} %d\n".formatted(tokens, tenant.name(), tenant.tokensOfDay())));
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
