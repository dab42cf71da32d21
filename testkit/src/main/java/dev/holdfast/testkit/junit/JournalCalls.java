package dev.holdfast.testkit.junit;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Calls a journal and waits for its answers, as texts that a test can compare. */
final class JournalCalls {
  /** Longer than any journal takes on a loaded machine. */
  static final long PATIENCE_SECONDS = 20;

  final Journal journal;

  JournalCalls(Journal journal) {
    this.journal = journal;
  }

  static StreamId id(int number) {
    return new StreamId(0x5eed_0000L + number, number);
  }

  static List<JournalEntry> entries(String... texts) {
    return Arrays.stream(texts)
        .map(text -> new JournalEntry(1, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))))
        .toList();
  }

  /** A receipt that keeps its first call, and fails at a second one. */
  private static final class Kept implements Journal.Receipt {
    final CompletableFuture<String> answer = new CompletableFuture<>();

    @Override
    public void onStored(JournalOffset tail) {
      complete("stored " + tail.epoch() + "_" + tail.sequence());
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      complete(refusal.reason().name());
    }

    private void complete(String text) {
      if (!answer.complete(text)) {
        throw new AssertionError("receipt: must be called once, was called again with " + text);
      }
    }
  }

  /** {@return "stored EPOCH_SEQUENCE", or the reason of the refusal} */
  static String answer(Consumer<Journal.Receipt> call) {
    var kept = new Kept();
    call.accept(kept);
    return join(kept.answer);
  }

  static <T> T join(CompletableFuture<T> answer) {
    try {
      return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("answer: must arrive, was interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("answer: must arrive, did not", e);
    }
  }

  String create(StreamId id, int epoch) {
    return create(id, epoch, Duration.ofHours(1), true);
  }

  String create(StreamId id, int epoch, Duration ttl, boolean sliding) {
    var metadata = ByteBuffer.wrap(("about " + id).getBytes(StandardCharsets.UTF_8));
    return answer(
        receipt -> journal.create(new NewStream(id, epoch, metadata, ttl, sliding), receipt));
  }

  String create(StreamId id, int epoch, JournalBatch first) {
    var stream = new NewStream(id, epoch, ByteBuffer.allocate(0), Duration.ofHours(1), true);
    return answer(receipt -> journal.create(stream, first, receipt));
  }

  String append(StreamId id, int epoch, long expected, String... texts) {
    var batch = JournalBatch.of(epoch, expected, entries(texts));
    return answer(receipt -> journal.append(id, batch, receipt));
  }

  String append(StreamId id, JournalBatch batch) {
    return answer(receipt -> journal.append(id, batch, receipt));
  }

  String end(StreamId id, int epoch, JournalEnd.Kind kind) {
    return append(id, JournalBatch.ending(epoch, new JournalEnd(kind, "why")));
  }

  String fence(StreamId id, int epoch) {
    return answer(receipt -> journal.fence(id, epoch, receipt));
  }

  String delete(StreamId id) {
    return answer(receipt -> journal.delete(id, receipt));
  }

  String touch(StreamId id) {
    return answer(receipt -> journal.touch(id, receipt));
  }

  /** {@return all entries after an offset, then the end or "open"; or the reason of a refusal} */
  List<String> read(StreamId id, JournalOffset after, int maxBytes) {
    var texts = new ArrayList<String>();
    var next = after;
    while (true) {
      switch (journal.read(id, next, maxBytes)) {
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

  List<String> read(StreamId id) {
    return read(id, JournalOffset.START, 1 << 20);
  }

  static String text(StoredEntry stored) {
    return StandardCharsets.UTF_8.decode(stored.entry().payload()).toString();
  }

  Optional<Reason> refusal(StreamId id, JournalOffset after) {
    return switch (journal.read(id, after, 1)) {
      case JournalRead.Page page -> Optional.empty();
      case JournalRead.Refused refused -> Optional.of(refused.refusal().reason());
    };
  }
}
