package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receipts and followers that throw hurt no other, and no thread of the journal. */
@Timeout(60)
class ThrowingReceiptTest {
  @TempDir Path directory;

  private static void raise(boolean error) {
    if (error) {
      throw new StackOverflowError("of a caller");
    }
    throw new ArithmeticException("of a caller");
  }

  private static Journal.Receipt throwing(boolean error) {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {
        raise(error);
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        raise(error);
      }
    };
  }

  private static Journal.Receipt completing(CompletableFuture<JournalOffset> stored) {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {
        stored.complete(tail);
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        stored.completeExceptionally(new IllegalStateException(refusal.detail()));
      }
    };
  }

  private static JournalBatch batch(String text) {
    return JournalBatch.of(1, JournalBatch.ANYWHERE, List.of(SmallJournal.entry(text)));
  }

  private static NewStream stream() {
    return new NewStream(SmallJournal.FIRST, 1, ByteBuffer.allocate(0), Duration.ofHours(1), false);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theShardWritesOn(boolean error) throws IOException {
    try (var journal = EmbeddedJournal.at(directory).shards(1).open()) {
      journal.create(stream(), throwing(error));
      for (int i = 0; i < 3; i++) {
        journal.append(SmallJournal.FIRST, batch("lost"), throwing(error));
        var stored = new CompletableFuture<JournalOffset>();
        journal.append(SmallJournal.FIRST, batch("kept"), completing(stored));
        assertThat(stored.join().sequence()).isEqualTo(2 * i + 2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void otherFollowersReceiveTheirs(boolean error) throws IOException {
    try (var journal = EmbeddedJournal.at(directory).shards(1).open()) {
      journal.create(stream(), SmallJournal.STORED);
      var stored = new CompletableFuture<JournalOffset>();
      journal.append(SmallJournal.FIRST, batch("x"), completing(stored));
      assertThat(stored.join().sequence()).isEqualTo(1);
      var received = new CompletableFuture<StoredEntry>();
      for (int i = 0; i < 5; i++) {
        boolean last = i == 4;
        var follower =
            new Journal.Follower() {
              @Override
              public void onEntry(StoredEntry entry) {
                if (!last) {
                  raise(error);
                }
                received.complete(entry);
              }

              @Override
              public void onEnd(JournalEnd end) {}

              @Override
              public void onRefused(JournalRefusal refusal) {}
            };
        journal.follow(SmallJournal.FIRST, JournalOffset.START, follower).demand(1);
      }
      assertThat(received.join().offset().sequence()).isEqualTo(1);
    }
  }

  @Test
  void aCommitByHandThrowsTheErrorAfterAllReceipts() throws IOException {
    var journal = SmallJournal.open(SmallJournal.write(false, true), false);
    var stored = new CompletableFuture<JournalOffset>();
    var next = JournalBatch.of(5, JournalBatch.ANYWHERE, List.of(SmallJournal.entry("x")));
    journal.append(SmallJournal.FIRST, next, throwing(true));
    journal.delete(SmallJournal.FIRST, completing(stored));
    assertThatThrownBy(journal::commit).isInstanceOf(StackOverflowError.class);
    assertThat(stored).isCompleted();
    journal.close();
  }
}
