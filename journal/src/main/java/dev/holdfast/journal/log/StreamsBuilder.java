package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalEnd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the streams of a shard from the spans of its segments. */
final class StreamsBuilder {
  private final ShardStreams streams;

  StreamsBuilder(ShardStreams streams) {
    this.streams = streams;
  }

  /** Adds segments, from the oldest to the newest. */
  void add(List<Segment> segments) {
    for (Segment segment : segments) {
      streams.segments.add(segment);
      for (Span span : segment.spans) {
        add(segment, span);
      }
      segment.forgetSpans();
    }
  }

  private void add(Segment segment, Span span) {
    var state = streams.streams.get(span.id);
    var part = new StreamState.Part(segment, span);
    if (span.creates) {
      remove(state);
      state = new StreamState(span.id, span.ttlMillis, span.sliding, null);
      state.created = true;
      state.createPart = part;
      state.createdMillis = span.createdMillis;
      streams.streams.put(span.id, state);
    }
    if (state == null) {
      return; // It was removed, and the segment with its first record is gone.
    }
    state.parts.add(part);
    segment.live++;
    state.epoch = Math.max(state.epoch, span.epoch);
    state.usedMillis = Math.max(state.usedMillis, span.changedMillis);
    state.writtenUseMillis = state.usedMillis;
    if (span.deleted) {
      remove(state);
    } else if (state.end == null && span.first >= 0) {
      entries(state, part);
    }
  }

  private static void entries(StreamState state, StreamState.Part part) {
    var span = part.span();
    boolean gap = span.first != state.stored;
    if (!gap && span.hasEntries()) {
      state.stored = span.next;
      state.tailEpoch = span.epochOf(span.next - 1);
    }
    if (!gap) {
      state.bytes += span.bytes;
      if (span.end.isPresent()) {
        state.endPart = part;
      }
    }
    if (gap || span.gap) {
      state.endPart = null;
      state.end = new JournalEnd(JournalEnd.Kind.FAILED, "journal: entries were lost");
    }
    state.accepted = state.stored;
    state.acceptedBytes = state.bytes;
    state.acceptedEnd = state.end != null || state.endPart != null;
  }

  private void remove(@Nullable StreamState state) {
    if (state != null) {
      streams.streams.remove(state.id, state);
      state.dead = true;
      state.parts.forEach(part -> part.segment().live--);
    }
  }
}
