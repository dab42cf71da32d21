package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Receipts of the journal. */
final class Receipts {

  private Receipts() {}

  /** {@return a receipt} {@code done} receives null once it is stored, else the refusal. */
  static Journal.Receipt of(Consumer<@Nullable JournalRefusal> done) {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {
        done.accept(null);
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        done.accept(refusal);
      }
    };
  }
}
