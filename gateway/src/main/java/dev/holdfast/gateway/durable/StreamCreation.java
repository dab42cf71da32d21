package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Creates one stream: first its log with what it begins with, then its name. So a crash leaves a
 * whole stream or none, and the client repeats its request.
 */
final class StreamCreation {
  /** Logs before that of a fork: a read passes through all of them. */
  static final int MAX_DEPTH = 64;

  /** The longest time to live of a journal. */
  private static final long MAX_TTL_SECONDS = Duration.ofDays(36_500).toSeconds();

  private static final SecureRandom RANDOM = new SecureRandom();

  private final DurableStreams streams;
  private final StreamName name;
  private final StreamSpec spec;
  private final ByteBuffer body;
  private final Consumer<? super Reply> reply;

  /** A creation; {@code reply} is called once. */
  StreamCreation(
      DurableStreams streams,
      StreamName name,
      StreamSpec spec,
      ByteBuffer body,
      Consumer<? super Reply> reply) {
    this.streams = streams;
    this.name = name;
    this.spec = spec;
    this.body = body;
    this.reply = reply;
  }

  /** Begins. */
  void run() {
    String type = contentType();
    ByteBuffer data = body;
    if (StreamSpec.isJson(type) && body.hasRemaining()) {
      var values = JsonMessages.values(body);
      if (values == null) {
        reply.accept(invalidJson());
        return;
      }
      data = values.joined();
    }
    var begins = new ArrayList<ByteBuffer>();
    if (data.hasRemaining()) {
      begins.add(data);
    }
    var entry = streams.claim(name, spec, this::run, reply, source -> entry(type, source));
    if (entry == null) {
      return;
    }
    var source = entry.log.source;
    if (spec.forkSubOffset() > 0 && source != null) {
      prefix(entry, source, begins);
    } else {
      createLog(entry, begins);
    }
  }

  static Reply invalidJson() {
    return Reply.refused(400, "invalid-json", "body: must be JSON in UTF-8, was not");
  }

  private String contentType() {
    String asked = spec.contentType();
    String from = spec.forkedFrom();
    if (asked == null && from != null) {
      return streams.find(name.sibling(from), false) instanceof DurableStreams.Lookup.Found found
          ? found.log().contentType
          : StreamSpec.DEFAULT_TYPE;
    }
    return asked == null ? StreamSpec.DEFAULT_TYPE : asked;
  }

  private DurableStreams.@Nullable Entry entry(
      String type, DurableStreams.Lookup.@Nullable Found source) {
    DurableOffset base = null;
    if (source != null) {
      if (!StreamSpec.essence(type).equals(StreamSpec.essence(source.log().contentType))) {
        reply.accept(
            Reply.refused(409, "type-mismatch", "content-type: must be the source's, was another"));
        return null;
      }
      if (source.log().depth >= MAX_DEPTH) {
        reply.accept(
            Reply.refused(
                409,
                "fork-too-deep",
                "source: must be a fork of at most " + (MAX_DEPTH - 1) + " forks, was of more"));
        return null;
      }
      base = spec.forkOffset() == null ? source.log().tail().offset() : spec.forkOffset();
      if (!source.log().has(base)) {
        reply.accept(badOffset());
        return null;
      }
    }
    var log = source == null ? null : source.log();
    var from = log == null || base == null ? null : new StreamMetadata.Source(log.id, base);
    var id = StreamId.draw(RANDOM);
    boolean own = spec.ttlSeconds() >= 0 || spec.expiresAt() != null;
    long ttl = own || source == null ? spec.ttlSeconds() : source.ttlSeconds();
    String expires = own || source == null ? spec.expiresAt() : source.expiresAt();
    var asked =
        new StreamSpec(
            type,
            spec.ttlSeconds(),
            spec.expiresAt(),
            false,
            spec.forkedFrom(),
            base,
            spec.forkSubOffset());
    return new DurableStreams.Entry(
        StreamLog.created(
            streams.journal(),
            streams.blocking(),
            streams.millis(),
            streams::appended,
            id,
            new StreamMetadata.Log(name, type, from),
            log),
        StreamId.draw(RANDOM),
        new StreamMetadata.Name(id, asked, ttl, expires));
  }

  private static Reply badOffset() {
    return Reply.refused(
        400, "bad-offset", "stream-fork-offset: must be a place of the source, was another one");
  }

  private static Reply badSubOffset() {
    return Reply.refused(
        400, "bad-offset", "stream-fork-sub-offset: must be in the next append, was beyond it");
  }

  /** Copies the beginning of the append after the place of the fork. */
  private void prefix(DurableStreams.Entry entry, StreamLog source, List<ByteBuffer> begins) {
    PageReader.read(
        streams.journal(),
        source,
        entry.log.base,
        source.tail().offset(),
        1,
        page -> {
          var refusal = page.refusal();
          var first = page.items().isEmpty() ? null : page.items().getFirst().data();
          var part = first == null ? null : part(first);
          if (refusal != null || part == null) {
            fail(entry, refusal == null ? badSubOffset() : refusal);
            return;
          }
          begins.addFirst(part);
          createLog(entry, begins);
        });
  }

  private @Nullable ByteBuffer part(ByteBuffer append) {
    long count = spec.forkSubOffset();
    if (!StreamSpec.isJson(contentType())) {
      return count > append.remaining() ? null : append.slice(append.position(), (int) count);
    }
    var values = JsonMessages.values(JsonMessages.array(List.of(append)), count);
    return values == null || count > values.count() ? null : values.joined();
  }

  private void createLog(DurableStreams.Entry entry, List<ByteBuffer> begins) {
    var log = entry.log;
    var source = log.source == null ? null : new StreamMetadata.Source(log.source.id, log.base);
    var metadata = new StreamMetadata.Log(name, log.contentType, source);
    streams
        .journal()
        .create(
            new NewStream(log.id, 1, metadata.write(), Duration.ZERO, false),
            then(
                entry,
                () -> {
                  if (begins.isEmpty() && !spec.closed()) {
                    createName(entry);
                  } else {
                    log.begin(begins, spec.closed(), then(entry, () -> createName(entry)));
                  }
                }));
  }

  private void createName(DurableStreams.Entry entry) {
    var metadata = entry.metadata;
    boolean sliding = metadata.ttlSeconds() >= 0;
    String expires = metadata.expiresAt();
    Duration ttl = Duration.ZERO;
    if (sliding) {
      ttl = Duration.ofSeconds(Math.min(metadata.ttlSeconds(), MAX_TTL_SECONDS));
    } else if (expires != null) {
      long left =
          OffsetDateTime.parse(expires).toInstant().toEpochMilli() - streams.millis().getAsLong();
      ttl = Duration.ofMillis(Math.clamp(left, 0, MAX_TTL_SECONDS * 1_000));
    }
    if (ttl.isZero() && (sliding || expires != null)) {
      ttl = Duration.ofMillis(1); // Zero would be for ever.
    }
    streams
        .journal()
        .create(
            new NewStream(entry.lease, 1, metadata.write(), ttl, sliding),
            then(
                entry,
                () -> {
                  streams.created(entry, true);
                  reply.accept(DurableStreams.created(201, entry.log));
                }));
  }

  private Journal.Receipt then(DurableStreams.Entry entry, Runnable next) {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {
        next.run();
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        fail(entry, StreamLog.refused(refusal));
      }
    };
  }

  private void fail(DurableStreams.Entry entry, Reply refusal) {
    streams.created(entry, false);
    reply.accept(refusal);
  }
}
