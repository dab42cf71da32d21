package dev.holdfast.gateway.manage;

import dev.holdfast.core.stream.Ending;
import java.io.StringWriter;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes one JSON line for each request, on a thread of its own: a slow reader of the log never
 * holds up a stream. What does not fit into the queue is dropped and counted.
 */
public final class AccessLog implements Consumer<ExchangeRecord>, AutoCloseable {
  private static final int QUEUE = 10_000;
  private static final int MAX_NAME = 128;
  private static final JsonFactory JSON = new JsonFactory();

  private final Consumer<? super String> out;
  private final BlockingQueue<ExchangeRecord> queue = new ArrayBlockingQueue<>(QUEUE);
  private final LongAdder dropped = new LongAdder();
  private final Thread writer;

  /** A log whose lines go to {@code out}; an exception of it ends the log. */
  public AccessLog(Consumer<? super String> out) {
    this.out = out;
    writer = Thread.ofPlatform().name("holdfast-access-log").daemon().start(this::write);
  }

  @Override
  public void accept(ExchangeRecord record) {
    if (!queue.offer(record)) {
      dropped.increment();
    }
  }

  /** {@return how many lines were dropped} */
  public long dropped() {
    return dropped.sum();
  }

  private void write() {
    try {
      while (true) {
        out.accept(line(queue.take()));
      }
    } catch (InterruptedException e) {
      for (var left = queue.poll(); left != null; left = queue.poll()) {
        out.accept(line(left));
      }
    }
  }

  /** Writes what is queued, and ends. */
  @Override
  public void close() {
    writer.interrupt();
    try {
      writer.join(1_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** {@return a record as one line of JSON} */
  public static String line(ExchangeRecord record) {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeStringProperty("event", "request");
      json.writeStringProperty("method", name(record.method()));
      json.writeStringProperty("path", name(record.path()));
      json.writeNumberProperty("status", record.status());
      var outcome = record.outcome();
      json.writeStringProperty("outcome", outcome == null ? "" : outcome.id());
      optional(json, "cause", record.cause());
      optional(json, "key", record.key());
      optional(json, "http", record.http());
      optional(json, "upstream", record.upstream());
      optional(json, "upstream_http", record.upstreamHttp());
      optional(json, "model", record.model());
      json.writeNumberProperty("took_ms", record.tookNanos() / 1_000_000);
      if (record.firstContentAfterNanos() >= 0) {
        json.writeNumberProperty("first_content_ms", record.firstContentAfterNanos() / 1_000_000);
      }
      json.writeNumberProperty("bytes", record.bytes());
      if (!record.recovers()) {
        json.writeStringProperty("recovery", "off, memory");
      }
      if (!record.unkept().isEmpty()) {
        json.writeStringProperty("journal", "off, " + record.unkept());
      }
      if (record.isAttached()) {
        json.writeBooleanProperty("attached", true);
      }
      var ending = record.ending();
      if (ending != null) {
        stream(json, ending, record.usage());
      }
      optional(json, "session", record.session());
      optional(json, "agent", record.agent());
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void stream(JsonGenerator json, Ending ending, @Nullable UsageEntry usage) {
    json.writeStringProperty("verdict", ending.verdict().name());
    json.writeNumberProperty("attempts", ending.attempts().size());
    json.writeNumberProperty("seams", ending.seams().size());
    if (usage != null) {
      json.writeStringProperty("usage", usage.source().id());
      // What is not known is absent, never zero.
      tokens(json, "input_tokens", usage.input());
      tokens(json, "output_tokens", usage.output());
      tokens(json, "cached_tokens", usage.cached());
      tokens(json, "cache_write_tokens", usage.cacheWrite());
      tokens(json, "reasoning_tokens", usage.reasoning());
      if (usage.wasted() > 0) {
        json.writeNumberProperty("wasted_tokens", usage.wasted());
      }
      if (ending.waste().promptTokens() > 0) {
        json.writeNumberProperty("wasted_prompt_tokens", ending.waste().promptTokens());
      }
    }
  }

  private static void tokens(JsonGenerator json, String member, long tokens) {
    if (tokens >= 0) {
      json.writeNumberProperty(member, tokens);
    }
  }

  private static void optional(JsonGenerator json, String member, String text) {
    if (!text.isEmpty()) {
      json.writeStringProperty(member, name(text));
    }
  }

  /** S23: a name of a client's holds no line end, and is not endless. */
  private static String name(String text) {
    String cut = text.length() > MAX_NAME ? text.substring(0, MAX_NAME) : text;
    return cut.chars()
        .map(c -> c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ? '?' : c)
        .collect(StringBuilder::new, (out, c) -> out.append((char) c), StringBuilder::append)
        .toString();
  }
}
