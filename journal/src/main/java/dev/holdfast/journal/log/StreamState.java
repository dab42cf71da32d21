package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is known of one stream. Guarded by the lock of its shard, unless noted. */
final class StreamState {
  /** A span and where it is. */
  record Part(Segment segment, Span span) {}

  final StreamId id;
  final long ttlMillis;
  final boolean sliding;
  final List<Part> parts = new ArrayList<>(2);
  final List<Follow> followers = new ArrayList<>(0);

  /** Stored, and visible. */
  boolean created;

  /** Removed; no operation is stored any more. */
  boolean dead;

  /** The storage failed under it. */
  boolean failed;

  /** The producer's, as accepted; stored soon after. */
  int epoch;

  /** Entries accepted, and entries stored. */
  long accepted;

  long stored;
  long acceptedBytes;
  boolean acceptedEnd;

  /** Under which epoch the last stored entry was written. */
  int tailEpoch;

  long bytes;
  long createdMillis;
  long usedMillis;

  /** The newest use that is stored, or is about to be: a crash may take younger ones. */
  long writtenUseMillis;

  /** Accepted and not yet stored. */
  int pending;

  @Nullable JournalEnd end;

  /** An end whose detail is still in its record. */
  @Nullable Part endPart;

  /** What a restart has not read yet. */
  @Nullable Part createPart;

  private @Nullable ByteBuffer metadata;

  /** The newest of the parts that this process wrote: on the way of each batch, so at hand. */
  @Nullable Segment newestSegment;

  @Nullable Span newestSpan;

  /** The writer's: where it put the stream's last batch, and in which segment. */
  long writtenLast;

  long writtenSegment;

  StreamState(StreamId id, long ttlMillis, boolean sliding, @Nullable ByteBuffer metadata) {
    this.id = id;
    this.ttlMillis = ttlMillis;
    this.sliding = sliding;
    this.metadata = metadata;
  }

  Optional<ByteBuffer> metadata() {
    return Optional.ofNullable(metadata).map(ByteBuffer::duplicate);
  }

  void metadata(ByteBuffer read) {
    metadata = read;
    createPart = null;
  }

  JournalOffset tail() {
    return stored == 0 ? JournalOffset.START : new JournalOffset(tailEpoch, stored);
  }

  long expiresMillis() {
    return ttlMillis == 0 ? Long.MAX_VALUE : (sliding ? usedMillis : createdMillis) + ttlMillis;
  }

  boolean isReadable(long now) {
    return created && !dead && expiresMillis() > now;
  }

  /** {@return the part that has this entry, which is stored} */
  Part partWith(long sequence) {
    for (int i = parts.size() - 1; i >= 0; i--) {
      var part = parts.get(i);
      if (part.span.hasEntries() && part.span.first <= sequence) {
        return part;
      }
    }
    throw new IllegalStateException("sequence: must be stored, was " + sequence);
  }

  /** {@return whether a reader may resume there} */
  boolean accepts(JournalOffset offset) {
    if (offset.sequence() == 0) {
      return true;
    }
    return offset.sequence() <= stored
        && partWith(offset.sequence() - 1).span.epochOf(offset.sequence() - 1) == offset.epoch();
  }
}
