package dev.holdfast.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A journal with a few records of every kind, always with the same bytes. */
final class SmallJournal {
  static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  static final StreamId FIRST = new StreamId(1, 2);
  static final StreamId SECOND = new StreamId(3, 4);
  static final StreamId DELETED = new StreamId(5, 6);
  static final Journal.Receipt STORED =
      new Journal.Receipt() {
        @Override
        public void onStored(JournalOffset tail) {}

        @Override
        public void onRefused(JournalRefusal refusal) {
          throw new AssertionError(refusal.toString());
        }
      };

  private SmallJournal() {}

  static JournalOptions options(boolean encrypted) {
    var options =
        EmbeddedJournal.at(Path.of("unused"))
            .fsync(new FsyncPolicy.EveryCommit())
            .shards(1)
            .memoryBytes(0)
            .clock(() -> 1_700_000_000_000L);
    return encrypted ? options.key(KEY) : options;
  }

  static EmbeddedJournal open(CrashFiles files, boolean encrypted) throws IOException {
    return EmbeddedJournal.manual(options(encrypted), files, new Random(7));
  }

  /** {@return its files} */
  static CrashFiles write(boolean encrypted, boolean closed) throws IOException {
    var files = new CrashFiles(new Random(1));
    var journal = open(files, encrypted);
    create(journal, FIRST, "first");
    append(journal, FIRST, 1, "Hello", " wörld");
    journal.commit();
    create(journal, SECOND, "");
    create(journal, DELETED, "gone");
    append(journal, SECOND, 1, "a");
    append(journal, FIRST, 1, "!");
    journal.commit();
    journal.delete(DELETED, STORED);
    journal.fence(FIRST, 5, STORED);
    append(journal, FIRST, 5, "more");
    journal.commit();
    journal.append(
        SECOND,
        new JournalBatch(
            1,
            1,
            List.of(entry("b")),
            Optional.of(new JournalEnd(JournalEnd.Kind.TRUNCATED, "idle"))),
        STORED);
    journal.commit();
    if (closed) {
      journal.close();
    }
    return files;
  }

  private static void create(Journal journal, StreamId id, String metadata) {
    var bytes = ByteBuffer.wrap(metadata.getBytes(StandardCharsets.UTF_8));
    journal.create(new NewStream(id, 1, bytes, Duration.ofHours(1), true), STORED);
  }

  static JournalEntry entry(String text) {
    return new JournalEntry(1, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void append(Journal journal, StreamId id, int epoch, String... texts) {
    var entries = Arrays.stream(texts).map(SmallJournal::entry).toList();
    journal.append(id, JournalBatch.of(epoch, JournalBatch.ANYWHERE, entries), STORED);
  }
}
