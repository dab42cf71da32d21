package dev.holdfast.testkit.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.testkit.junit.JournalContract;
import java.util.function.LongSupplier;

final class MemoryJournalTest implements JournalContract {
  @Override
  public Journal open(LongSupplier clock, JournalLimits limits) {
    return new MemoryJournal(clock, limits);
  }

  @Override
  public boolean isDurable() {
    return false;
  }
}
