package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import java.util.concurrent.Executor;
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

  /** {@return a receipt} {@code done} receives the same on an event loop. */
  static Journal.Receipt on(Executor loop, Consumer<@Nullable JournalRefusal> done) {
    return new OnLoop(loop, done);
  }

  /** A receipt that is what the loop runs, too. */
  private static final class OnLoop implements Journal.Receipt, Runnable {
    private final Executor loop;
    private final Consumer<@Nullable JournalRefusal> done;
    private @Nullable JournalRefusal why;

    OnLoop(Executor loop, Consumer<@Nullable JournalRefusal> done) {
      this.loop = loop;
      this.done = done;
    }

    @Override
    public void onStored(JournalOffset tail) {
      loop.execute(this);
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      why = refusal;
      loop.execute(this);
    }

    @Override
    public void run() {
      done.accept(why);
    }
  }
}
