package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.NewStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a crash leaves of the use of a stream. */
class TouchTest {
  @Test
  void frequentUseIsStoredAboutEveryEighthOfTheTimeToLive() throws IOException {
    var now = new AtomicLong(1_700_000_000_000L);
    var files = new CrashFiles(new Random(1));
    long ttl = Duration.ofHours(1).toMillis();
    var options = SmallJournal.options(false).clock(now::get);
    var journal = EmbeddedJournal.manual(options, files, new Random(7));
    journal.create(
        new NewStream(SmallJournal.FIRST, 1, ByteBuffer.allocate(0), Duration.ofHours(1), true),
        SmallJournal.STORED);
    journal.commit();
    for (int i = 0; i < 100; i++) {
      now.addAndGet(ttl / 10);
      journal.touch(SmallJournal.FIRST, SmallJournal.STORED);
      journal.commit();
    }
    // Closed without a last word: what is stored is what counts.
    journal.close();
    var reopened = EmbeddedJournal.manual(options, files, new Random(7));
    var found = reopened.find(SmallJournal.FIRST);
    assertThat(found).isPresent();
    assertThat(found.get().expiresMillis() - now.get()).isBetween(ttl * 3 / 4, ttl);
    reopened.close();
  }
}
