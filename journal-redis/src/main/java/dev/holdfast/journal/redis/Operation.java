package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import java.util.List;

/** What waits to be done to one stream. */
sealed interface Operation {
  /** {@return what receives the result} */
  Journal.Receipt receipt();

  /** {@return the bytes of payloads that wait with it} */
  default long size() {
    return 0;
  }

  /**
   * A new stream.
   *
   * @param first its first entries; may be none
   */
  record Create(NewStream stream, List<JournalEntry> first, Receipt receipt) implements Operation {
    @Override
    public long size() {
      return stream.metadata().remaining() + firstSize();
    }

    /** {@return the bytes of the payloads of its first entries} */
    long firstSize() {
      return first.stream().mapToLong(JournalEntry::size).sum();
    }
  }

  /**
   * One batch, or several that were merged.
   *
   * @param parts the batches as they came; more than one if they were merged
   */
  record Append(JournalBatch batch, List<Append> parts, Receipt receipt) implements Operation {
    static Append of(JournalBatch batch, Receipt receipt) {
      return new Append(batch, List.of(), receipt);
    }

    @Override
    public long size() {
      return batch.size();
    }
  }

  /**
   * A fence.
   *
   * @param orphan whether it is done only to a stream without a lease
   */
  record Fence(int epoch, boolean orphan, Receipt receipt) implements Operation {}

  record Touch(Receipt receipt) implements Operation {}

  record Delete(Receipt receipt) implements Operation {}

  /** A receipt whose errors stay its own. */
  record Receipt(Journal.Receipt receipt) implements Journal.Receipt {
    @Override
    public void onStored(JournalOffset tail) {
      try {
        receipt.onStored(tail);
      } catch (RuntimeException e) {
        // The caller's own fault; other streams wait on this thread.
      }
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      try {
        receipt.onRefused(refusal);
      } catch (RuntimeException e) {
        // As above.
      }
    }
  }
}
