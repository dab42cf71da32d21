package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.junit.JournalContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract, with entries that wait for company and without. */
final class RedisJournalTest {
  private static final AtomicInteger TESTS = new AtomicInteger();

  @TempDir private static Path directory;
  private static RedisProcess server;

  @BeforeAll
  static void start() throws IOException {
    server = Servers.start(directory);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static RedisJournalOptions options(String prefix) {
    return RedisJournal.at(server.address()).prefix(prefix);
  }

  @Nested
  final class Coalesced implements JournalContract {
    private final String prefix = "test" + TESTS.incrementAndGet();

    @Override
    public Journal open(LongSupplier clock, JournalLimits limits) throws IOException {
      return options(prefix).clock(clock).limits(limits).open();
    }
  }

  /** Every batch is written by itself, and every read is from Redis. */
  @Nested
  final class AtOnceWithoutMemory implements JournalContract {
    private final String prefix = "test" + TESTS.incrementAndGet();

    @Override
    public Journal open(LongSupplier clock, JournalLimits limits) throws IOException {
      return options(prefix)
          .linger(Duration.ZERO)
          .memoryBytes(0)
          .clock(clock)
          .limits(limits)
          .open();
    }
  }
}
