package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Calls a journal, and keeps its answers as texts. */
final class Calls {
  static final StreamId ID = new StreamId(7, 11);
  private static final long PATIENCE_SECONDS = 60;

  private Calls() {}

  static CompletableFuture<String> later(Consumer<Journal.Receipt> call) {
    var answer = new CompletableFuture<String>();
    call.accept(
        new Journal.Receipt() {
          @Override
          public void onStored(JournalOffset tail) {
            answer.complete("stored " + tail.epoch() + "_" + tail.sequence());
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            answer.complete(refusal.reason().name());
          }
        });
    return answer;
  }

  static String join(CompletableFuture<String> answer) throws Exception {
    return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  static String createStream(Journal journal, int epoch) throws Exception {
    var stream = new NewStream(ID, epoch, ByteBuffer.allocate(3), Duration.ofHours(1), true);
    return join(later(receipt -> journal.create(stream, receipt)));
  }

  static CompletableFuture<String> appending(
      Journal journal, int epoch, long expected, String... texts) {
    var entries = new ArrayList<JournalEntry>();
    for (String text : texts) {
      entries.add(new JournalEntry(1, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }
    var batch = JournalBatch.of(epoch, expected, entries);
    return later(receipt -> journal.append(ID, batch, receipt));
  }

  static String append(Journal journal, int epoch, long expected, String... texts)
      throws Exception {
    return join(appending(journal, epoch, expected, texts));
  }

  static String end(Journal journal, int epoch) throws Exception {
    var batch = JournalBatch.ending(epoch, JournalEnd.of(JournalEnd.Kind.COMPLETE));
    return join(later(receipt -> journal.append(ID, batch, receipt)));
  }

  static String fence(Journal journal, int epoch) throws Exception {
    return join(later(receipt -> journal.fence(ID, epoch, receipt)));
  }

  /** {@return all entries, then the end, "open" or the refusal} */
  static List<String> read(Journal journal, JournalOffset after) {
    var texts = new ArrayList<String>();
    var next = after;
    while (true) {
      switch (journal.read(ID, next, 1 << 20)) {
        case JournalRead.Refused refused -> {
          texts.add(refused.refusal().reason().name());
          return texts;
        }
        case JournalRead.Page page -> {
          page.entries().forEach(entry -> texts.add(text(entry)));
          next = page.next();
          if (page.atTail()) {
            texts.add(page.end().map(end -> end.kind().name()).orElse("open"));
            return texts;
          }
        }
      }
    }
  }

  static String text(StoredEntry entry) {
    return StandardCharsets.UTF_8.decode(entry.entry().payload()).toString();
  }

  /** A follower with its calls as texts. */
  static final class Followed implements Journal.Follower {
    private final LinkedBlockingQueue<String> calls = new LinkedBlockingQueue<>();

    static Followed of(Journal journal, JournalOffset after) {
      var followed = new Followed();
      journal.follow(ID, after, followed).demand(Long.MAX_VALUE);
      return followed;
    }

    @Override
    public void onEntry(StoredEntry entry) {
      calls.add(text(entry));
    }

    @Override
    public void onEnd(JournalEnd end) {
      calls.add("end " + end.kind());
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      calls.add("refused " + refusal.reason());
    }

    String next() throws InterruptedException {
      String call = calls.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return call == null ? "no call" : call;
    }

    List<String> next(int count) throws InterruptedException {
      var next = new ArrayList<String>();
      for (int i = 0; i < count; i++) {
        next.add(next());
      }
      return next;
    }
  }
}
