package dev.holdfast.gateway.manage;

import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.TokenUsage;
import java.io.StringWriter;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
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
      optional(json, "upstream", record.upstream());
      optional(json, "model", record.model());
      json.writeNumberProperty("took_ms", record.tookNanos() / 1_000_000);
      if (record.firstContentAfterNanos() >= 0) {
        json.writeNumberProperty("first_content_ms", record.firstContentAfterNanos() / 1_000_000);
      }
      json.writeNumberProperty("bytes", record.bytes());
      var ending = record.ending();
      if (ending != null) {
        stream(json, ending);
      }
      optional(json, "session", record.session());
      optional(json, "agent", record.agent());
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void stream(JsonGenerator json, Ending ending) {
    json.writeStringProperty("verdict", ending.verdict().name());
    json.writeNumberProperty("attempts", ending.attempts().size());
    json.writeNumberProperty("seams", ending.seams().size());
    // Tokens that no provider reported are unknown, never zero.
    TokenUsage usage = ending.usage().orElse(null);
    if (usage != null) {
      usage.input().ifPresent(tokens -> json.writeNumberProperty("input_tokens", tokens));
      usage.output().ifPresent(tokens -> json.writeNumberProperty("output_tokens", tokens));
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
