package dev.holdfast.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.testkit.junit.JournalContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract, under each policy. */
final class EmbeddedJournalTest {
  @Nested
  final class EveryCommit implements JournalContract {
    @TempDir private Path directory;

    @Override
    public Journal open(LongSupplier clock, JournalLimits limits) throws IOException {
      return EmbeddedJournal.at(directory)
          .fsync(new FsyncPolicy.EveryCommit())
          .shards(3)
          .clock(clock)
          .limits(limits)
          .open();
    }
  }

  @Nested
  final class ByTheClock implements JournalContract {
    @TempDir private Path directory;

    @Override
    public Journal open(LongSupplier clock, JournalLimits limits) throws IOException {
      return EmbeddedJournal.at(directory).clock(clock).limits(limits).open();
    }
  }

  /** Every read is from a file, and segments are short. */
  @Nested
  final class EncryptedWithoutMemory implements JournalContract {
    @TempDir private Path directory;

    @Override
    public Journal open(LongSupplier clock, JournalLimits limits) throws IOException {
      return EmbeddedJournal.at(directory)
          .fsync(new FsyncPolicy.Never())
          .key(new byte[JournalOptions.KEY_BYTES])
          .memoryBytes(0)
          .segmentBytes(4096)
          .clock(clock)
          .limits(limits)
          .open();
    }
  }
}
