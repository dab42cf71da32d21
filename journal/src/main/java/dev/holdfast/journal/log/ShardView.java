package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.file.JournalFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The files of a shard as they are, for diagnostics: nothing is changed, damage is listed, and
 * streams whose time has passed are shown as long as their files are there.
 */
public final class ShardView implements Closeable {
  private final ShardLoader loader;
  private final ShardStreams streams;
  private final ShardReader reader;

  private ShardView(ShardLoader loader, ShardStreams streams) {
    this.loader = loader;
    this.streams = streams;
    reader = new ShardReader(streams, new RecordSource(new RecentBytes(0)));
  }

  /** {@return the shard in a directory} A journal may be writing it. */
  public static ShardView open(JournalFiles files, String directory, byte @Nullable [] key)
      throws IOException {
    var loader = new ShardLoader(files, directory, key, false);
    loader.load();
    var settings =
        new LogSettings(
            files,
            JournalLimits.DEFAULTS,
            false,
            true,
            null,
            1,
            1,
            0,
            () -> Long.MIN_VALUE,
            new Random(0),
            Runnable::run,
            new AtomicLong(),
            new AtomicInteger());
    var streams = new ShardStreams(settings);
    new StreamsBuilder(streams).add(loader.segments);
    return new ShardView(loader, streams);
  }

  /** {@return all streams, the oldest first; without metadata where it cannot be read} */
  public List<JournalStream> streams() {
    var heads = new ArrayList<JournalStream>();
    streams.streams.values().forEach(state -> heads.add(head(state)));
    heads.sort(Comparator.comparingLong(JournalStream::createdMillis));
    return heads;
  }

  private JournalStream head(StreamState state) {
    return reader
        .find(state.id)
        .orElseGet(() ->
            new JournalStream(
                state.id,
                state.epoch,
                state.tail(),
                state.bytes,
                state.createdMillis,
                state.expiresMillis(),
                endKind(state),
                ByteBuffer.allocate(0)));
  }

  private static Optional<JournalEnd> endKind(StreamState state) {
    var part = state.endPart;
    return part == null ? Optional.ofNullable(state.end) : part.span().end.map(JournalEnd::of);
  }

  public boolean has(StreamId id) {
    return streams.streams.containsKey(id);
  }

  public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
    return reader.read(id, after, Integer.MAX_VALUE, maxBytes);
  }

  /** {@return how many segments there are} */
  public int segments() {
    return loader.segments.size();
  }

  /** {@return what is damaged, as far as opening found it} */
  public List<Damage> damages() {
    return List.copyOf(loader.damages);
  }

  /** {@return what was never reported as stored} */
  public List<Damage> torn() {
    return List.copyOf(loader.torn);
  }

  /** {@return what is damaged, after every byte was read} {@code records} is called for each. */
  public List<Damage> verify(Runnable records) throws IOException {
    var found = new ArrayList<>(loader.damages);
    for (Segment segment : loader.segments) {
      new SegmentCheck(segment, records)
          .check().stream().filter(damage -> !found.contains(damage)).forEach(found::add);
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    for (Segment segment : loader.segments) {
      segment.file.close();
    }
  }
}
