package dev.holdfast.journal;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.file.DiskFiles;
import dev.holdfast.journal.file.JournalFiles;
import dev.holdfast.journal.log.Damage;
import dev.holdfast.journal.log.ShardView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of a journal and changes nothing; a process may be writing them meanwhile. It is
 * a picture of the moment when it was opened.
 */
public final class JournalInspection implements AutoCloseable {
  private final List<ShardView> shards = new ArrayList<>();
  private long records;

  private JournalInspection() {}

  /**
   * {@return the journal in a directory}
   *
   * @param key as the journal has it; without it, only what is not encrypted can be read
   * @throws IOException if the directory is no journal, or cannot be read
   */
  public static JournalInspection open(Path directory, byte @Nullable [] key) throws IOException {
    return open(new DiskFiles(directory), key);
  }

  static JournalInspection open(JournalFiles files, byte @Nullable [] key) throws IOException {
    int count = ShardNames.count(files);
    if (count == 0) {
      throw new IOException("no journal: no directory shard-00");
    }
    var inspection = new JournalInspection();
    try {
      for (int i = 0; i < count; i++) {
        inspection.shards.add(ShardView.open(files, ShardNames.of(i), key));
      }
      return inspection;
    } catch (IOException | RuntimeException e) {
      inspection.close();
      throw e;
    }
  }

  /** {@return all streams whose files are there, also after their time has passed} */
  public List<JournalStream> streams() {
    return shards.stream().flatMap(shard -> shard.streams().stream()).toList();
  }

  /** Reads entries, as {@link dev.holdfast.core.spi.Journal#read} does. */
  public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
    return shards.stream()
        .filter(shard -> shard.has(id))
        .findFirst()
        .map(shard -> shard.read(id, after, maxBytes))
        .orElseGet(() ->
            new JournalRead.Refused(
                new JournalRefusal(Reason.UNKNOWN, "stream id: must be of a stream")));
  }

  /** {@return how many segments there are} */
  public int segments() {
    return shards.stream().mapToInt(ShardView::segments).sum();
  }

  /** {@return how many records {@link #verify} read} */
  public long records() {
    return records;
  }

  /** {@return what opening found} */
  public List<JournalFinding> findings() {
    return findings(ShardView::damages);
  }

  /** {@return what reading every byte finds} */
  public List<JournalFinding> verify() throws IOException {
    var found = new ArrayList<JournalFinding>();
    records = 0;
    for (ShardView shard : shards) {
      shard.verify(() -> records++).forEach(damage -> found.add(finding(damage, true)));
      shard.torn().forEach(damage -> found.add(finding(damage, false)));
    }
    return found;
  }

  private List<JournalFinding> findings(Function<ShardView, List<Damage>> damages) {
    var found = new ArrayList<JournalFinding>();
    for (ShardView shard : shards) {
      damages.apply(shard).forEach(damage -> found.add(finding(damage, true)));
      shard.torn().forEach(damage -> found.add(finding(damage, false)));
    }
    return found;
  }

  private static JournalFinding finding(Damage damage, boolean damaged) {
    return new JournalFinding(damage.file(), damage.position(), damage.what(), damaged);
  }

  @Override
  public void close() throws IOException {
    for (ShardView shard : shards) {
      shard.close();
    }
  }
}
