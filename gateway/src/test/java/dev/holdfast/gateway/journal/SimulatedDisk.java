package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a simulated machine. Each process has a journal on it, which writes when the
 * simulation decides. A killed process loses what is not written; a power failure also takes what
 * is not synced.
 */
final class SimulatedDisk {
  private static final Journal.Receipt IGNORED = Receipts.of(refusal -> {});

  /** What was written, so that a power failure can take the last of it. */
  private record Written(long millis, Consumer<Journal> operation) {}

  private final List<Written> written = new ArrayList<>();
  private final JournalLimits limits;
  private final PlantedJournalBug bug;
  private MemoryJournal files;
  private int synced;
  private long millis = 1_000_000_000_000L;
  private long shownMillis = millis;

  SimulatedDisk(JournalLimits limits, PlantedJournalBug bug) {
    this.limits = limits;
    this.bug = bug;
    files = new MemoryJournal(() -> shownMillis, limits);
  }

  /** {@return what is written} */
  Journal files() {
    return files;
  }

  long millis() {
    return millis;
  }

  void pass(long more) {
    millis += more;
    shownMillis = millis;
  }

  /** What is written now survives a power failure. */
  void sync() {
    synced = written.size();
  }

  /** {@return whether something was lost} Without a process. */
  boolean failPower(RandomGenerator random) {
    int kept = synced + random.nextInt(written.size() - synced + 1);
    boolean lost = kept < written.size();
    written.subList(kept, written.size()).clear();
    synced = kept;
    replay();
    return lost;
  }

  /** Only what was written is there. */
  void replay() {
    files = new MemoryJournal(() -> shownMillis, limits);
    for (Written one : written) {
      shownMillis = one.millis();
      one.operation().accept(files);
    }
    shownMillis = millis;
  }

  /** {@return the first frame of a body behind a place; null for none} */
  @Nullable StoredEntry frameAfter(StreamId id, JournalOffset at) {
    var after = at;
    while (files.read(id, after, 1) instanceof JournalRead.Page page && !page.entries().isEmpty()) {
      var entry = page.entries().getFirst();
      if (entry.entry().type() == EntryType.BODY) {
        return entry;
      }
      after = entry.offset();
    }
    return null;
  }

  /** The journal of one process. */
  final class OfProcess implements Journal {
    private final ArrayDeque<Runnable> queued = new ArrayDeque<>();
    private final ArrayDeque<Runnable> receipts = new ArrayDeque<>();
    private final RandomGenerator random;
    private final int faults;
    private boolean dead;
    private boolean closed;

    /** One append in {@code faults} is refused; 0 for none. */
    OfProcess(RandomGenerator random, int faults) {
      this.random = random;
      this.faults = faults;
    }

    /** Nothing leaves the process any more, and nothing is written. */
    void kill() {
      dead = true;
      queued.clear();
      receipts.clear();
    }

    boolean isBusy() {
      return !queued.isEmpty() || !receipts.isEmpty();
    }

    void write(int most) {
      for (int i = 0; i < most && !queued.isEmpty(); i++) {
        queued.remove().run();
      }
    }

    void report(int most) {
      for (int i = 0; i < most && !receipts.isEmpty(); i++) {
        receipts.remove().run();
      }
    }

    private void queue(Receipt receipt, Operation operation) {
      if (closed) {
        refuse(receipt, Reason.CLOSED);
        return;
      }
      if (bug == PlantedJournalBug.SHOWN_BEFORE_WRITTEN) {
        operation.on(files, receipt);
        queued.add(() -> written.add(new Written(millis, j -> operation.on(j, IGNORED))));
        return;
      }
      queued.add(() -> {
        operation.on(
            files,
            new Receipt() {
              @Override
              public void onStored(JournalOffset tail) {
                written.add(new Written(millis, j -> operation.on(j, IGNORED)));
                receipts.add(() -> receipt.onStored(tail));
              }

              @Override
              public void onRefused(JournalRefusal refusal) {
                receipts.add(() -> receipt.onRefused(refusal));
              }
            });
      });
    }

    private void refuse(Receipt receipt, Reason reason) {
      receipts.add(() -> receipt.onRefused(new JournalRefusal(reason, "simulated")));
    }

    @Override
    public void create(NewStream stream, Receipt receipt) {
      if (faults > 0 && random.nextInt(faults) == 0) {
        refuse(receipt, random.nextBoolean() ? Reason.FULL : Reason.STORAGE);
        return;
      }
      queue(receipt, (journal, to) -> journal.create(stream, to));
    }

    @Override
    public void append(StreamId id, JournalBatch batch, Receipt receipt) {
      if (faults > 0 && random.nextInt(faults) == 0) {
        if (random.nextInt(3) > 0 && !batch.entries().isEmpty()) {
          refuse(receipt, Reason.BUSY);
          return;
        }
        var end = new JournalEnd(JournalEnd.Kind.FAILED, "storage");
        var ending = JournalBatch.ending(batch.epoch(), end);
        queue(
            Receipts.of(refusal ->
                receipt.onRefused(
                    refusal == null ? new JournalRefusal(Reason.STORAGE, "simulated") : refusal)),
            (journal, to) -> journal.append(id, ending, to));
        return;
      }
      queue(receipt, (journal, to) -> journal.append(id, batch, to));
    }

    @Override
    public void fence(StreamId id, int epoch, Receipt receipt) {
      queue(receipt, (journal, to) -> journal.fence(id, epoch, to));
    }

    @Override
    public void touch(StreamId id, Receipt receipt) {
      queue(receipt, (journal, to) -> journal.touch(id, to));
    }

    @Override
    public void delete(StreamId id, Receipt receipt) {
      queue(receipt, (journal, to) -> journal.delete(id, to));
    }

    @Override
    public Optional<JournalStream> find(StreamId id) {
      return files.find(id);
    }

    @Override
    public List<StreamId> streams() {
      return files.streams();
    }

    @Override
    public List<StreamId> openStreams() {
      return files.openStreams();
    }

    @Override
    public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
      return files.read(id, after, maxBytes);
    }

    @Override
    public Subscription follow(StreamId id, JournalOffset after, Follower follower) {
      if (closed) {
        receipts.add(() -> follower.onRefused(new JournalRefusal(Reason.CLOSED, "simulated")));
        return new Subscription() {
          @Override
          public void demand(long entries) {}

          @Override
          public void cancel() {}
        };
      }
      boolean again = bug == PlantedJournalBug.RESUMED_FROM_THE_START;
      return files.follow(id, again ? JournalOffset.START : after, new WhileAlive(follower));
    }

    @Override
    public int expire() {
      return files.expire();
    }

    @Override
    public JournalSize size() {
      return files.size();
    }

    @Override
    public JournalLimits limits() {
      return limits;
    }

    @Override
    public void close() {
      write(Integer.MAX_VALUE);
      closed = true;
    }

    /** Passes calls on as long as its process lives. */
    private final class WhileAlive implements Follower {
      private final Follower follower;
      private int seen;

      WhileAlive(Follower follower) {
        this.follower = follower;
      }

      @Override
      public void onEntry(StoredEntry entry) {
        seen++;
        boolean dropped = bug == PlantedJournalBug.ENTRY_DROPPED && seen == 4;
        if (!dead && !dropped) {
          follower.onEntry(entry);
        }
      }

      @Override
      public void onEnd(JournalEnd end) {
        if (!dead) {
          follower.onEnd(end);
        }
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        if (!dead) {
          follower.onRefused(refusal);
        }
      }
    }
  }

  /** Something that is written. */
  private interface Operation {
    void on(Journal journal, Journal.Receipt receipt);
  }
}
