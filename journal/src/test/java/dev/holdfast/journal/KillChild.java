package dev.holdfast.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Semaphore;

/**
 * A process under load, to be killed: it continues the open streams of a journal, and prints what
 * its readers received and which ends were stored. Only what it printed has left the process.
 */
final class KillChild {
  private static final int STREAMS = 20;
  private static final int OUTSTANDING = 200;

  private KillChild() {}

  /** {@return what the entry of a stream with this number must be} */
  static String text(StreamId id, long sequence) {
    return id.low() + "/" + sequence + "/" + "x".repeat((int) (sequence * 37 % 300));
  }

  static FsyncPolicy policy(int number) {
    return switch (number % 3) {
      case 0 -> new FsyncPolicy.Never();
      case 1 -> new FsyncPolicy.Interval(Duration.ofMillis(10));
      default -> new FsyncPolicy.EveryCommit();
    };
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    long seed = Long.parseLong(args[1]);
    var random = new Random(seed);
    var journal =
        EmbeddedJournal.at(Path.of(args[0]))
            .fsync(policy((int) seed))
            .shards(2)
            .segmentBytes(256 << 10)
            .linger(Duration.ofNanos(random.nextInt(500_000)))
            .open();
    new KillChild.Load(journal, random, seed).run();
  }

  private static final class Load {
    private final Journal journal;
    private final Random random;
    private final Semaphore outstanding = new Semaphore(OUTSTANDING);
    private final ArrayList<StreamId> ids = new ArrayList<>();
    private final ArrayList<Long> next = new ArrayList<>();
    private final ArrayList<Integer> epochs = new ArrayList<>();
    private long created;

    Load(Journal journal, Random random, long seed) {
      this.journal = journal;
      this.random = random;
      created = seed << 20;
    }

    void run() throws InterruptedException {
      for (StreamId id : journal.openStreams()) {
        var head = journal.find(id).orElseThrow();
        add(id, head.tail().sequence(), head.epoch() + 1);
        journal.fence(id, head.epoch() + 1, receipt(""));
        follow(id);
      }
      // Without its parent, which reads, it ends.
      while (!System.out.checkError()) {
        while (ids.size() < STREAMS) {
          create();
        }
        append(random.nextInt(ids.size()));
      }
    }

    private void add(StreamId id, long sequence, int epoch) {
      ids.add(id);
      next.add(sequence);
      epochs.add(epoch);
    }

    private void create() {
      var id = new StreamId(7, ++created);
      add(id, 0, 1);
      var none = ByteBuffer.allocate(0);
      journal.create(
          new NewStream(id, 1, none, Duration.ofDays(1), true),
          new Journal.Receipt() {
            @Override
            public void onStored(JournalOffset tail) {
              follow(id);
            }

            @Override
            public void onRefused(JournalRefusal refusal) {
              System.out.println("refused " + refusal);
            }
          });
    }

    private void append(int index) throws InterruptedException {
      var id = ids.get(index);
      long from = next.get(index);
      int count = 1 + random.nextInt(4);
      var entries = new ArrayList<JournalEntry>();
      for (long i = from; i < from + count; i++) {
        var bytes = ByteBuffer.wrap(text(id, i).getBytes(StandardCharsets.US_ASCII));
        entries.add(new JournalEntry(1, bytes));
      }
      boolean last = random.nextInt(100) == 0;
      var end =
          last
              ? Optional.of(JournalEnd.of(JournalEnd.Kind.COMPLETE))
              : Optional.<JournalEnd>empty();
      outstanding.acquire();
      journal.append(
          id,
          new JournalBatch(epochs.get(index), from, entries, end),
          receipt(
              last
                  ? "E " + id.low() + " " + (from + count)
                  : "A " + id.low() + " " + (from + count)));
      next.set(index, from + count);
      if (last) {
        ids.remove(/* index= */ index);
        next.remove(/* index= */ index);
        epochs.subList(index, index + 1).clear();
      }
    }

    private Journal.Receipt receipt(String line) {
      return new Journal.Receipt() {
        @Override
        public void onStored(JournalOffset tail) {
          outstanding.release();
          if (!line.isEmpty()) {
            System.out.println(line);
          }
        }

        @Override
        public void onRefused(JournalRefusal refusal) {
          System.out.println("refused " + refusal);
        }
      };
    }

    private void follow(StreamId id) {
      journal
          .follow(
              id,
              JournalOffset.START,
              new Journal.Follower() {
                private long received;

                @Override
                public void onEntry(StoredEntry entry) {
                  var text = StandardCharsets.US_ASCII.decode(entry.entry().payload()).toString();
                  boolean right =
                      text.equals(text(id, received)) && entry.offset().sequence() == ++received;
                  System.out.println((right ? "R " : "wrong ") + id.low() + " " + received);
                }

                @Override
                public void onEnd(JournalEnd end) {}

                @Override
                public void onRefused(JournalRefusal refusal) {
                  System.out.println("refused " + refusal);
                }
              })
          .demand(Long.MAX_VALUE);
    }
  }
}
