package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.durable.subscription.SubscriptionStore;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Subscriptions in a journal: one stream for each, whose last entry is its state. A stream with
 * many entries is replaced. Calls wait for the journal, and come one at a time.
 */
final class SubscriptionJournal implements SubscriptionStore {
  private static final int TYPE = 'S';
  private static final int EPOCH = 1;
  private static final int MAX_ENTRIES = 256;
  private static final long LONGEST_SECONDS = 10;
  private static final SecureRandom RANDOM = new SecureRandom();

  private record Slot(StreamId stream, long entries) {}

  private final Journal journal;
  private final Map<StreamMetadata.Subscriber, Slot> slots = new HashMap<>();

  SubscriptionJournal(Journal journal) {
    this.journal = journal;
  }

  @Override
  public List<Saved> load() {
    var newest = new HashMap<StreamMetadata.Subscriber, JournalStream>();
    for (var id : journal.streams()) {
      var stream = journal.find(id).orElse(null);
      if (stream == null
          || !(StreamMetadata.read(stream.metadata())
              instanceof StreamMetadata.Subscriber subscriber)) {
        continue;
      }
      var other = newest.get(subscriber);
      boolean whole = stream.tail().sequence() > 0;
      boolean newer = other == null || stream.createdMillis() >= other.createdMillis();
      var older = whole && newer ? other : stream;
      if (whole && newer) {
        newest.put(subscriber, stream);
      }
      if (older != null) {
        journal.delete(older.id(), DurableStreams.NOTHING);
      }
    }
    var saved = new ArrayList<Saved>();
    newest.forEach((subscriber, stream) -> {
      String json = last(stream);
      if (json != null) {
        slots.put(subscriber, new Slot(stream.id(), stream.tail().sequence()));
        saved.add(new Saved(subscriber.namespace(), subscriber.id(), json));
      }
    });
    return saved;
  }

  private @Nullable String last(JournalStream stream) {
    long before = stream.tail().sequence() - 1;
    var after = before == 0 ? JournalOffset.START : new JournalOffset(EPOCH, before);
    return switch (journal.read(stream.id(), after, 1)) {
      case JournalRead.Page page ->
          page.entries().isEmpty()
              ? null
              : StandardCharsets.UTF_8
                  .decode(page.entries().getFirst().entry().payload())
                  .toString();
      case JournalRead.Refused refused -> null;
    };
  }

  @Override
  public void save(Saved subscription) {
    var key = new StreamMetadata.Subscriber(subscription.namespace(), subscription.id());
    var old = slots.get(key);
    var slot = old;
    if (slot == null || slot.entries() >= MAX_ENTRIES) {
      slot = new Slot(StreamId.draw(RANDOM), 0);
      var stream = new NewStream(slot.stream(), EPOCH, key.write(), Duration.ZERO, false);
      await(receipt -> journal.create(stream, receipt));
    }
    var id = slot.stream();
    var json = ByteBuffer.wrap(subscription.json().getBytes(StandardCharsets.UTF_8));
    var batch =
        JournalBatch.of(EPOCH, JournalBatch.ANYWHERE, List.of(new JournalEntry(TYPE, json)));
    await(receipt -> journal.append(id, batch, receipt));
    slots.put(key, new Slot(id, slot.entries() + 1));
    if (old != null && !old.stream().equals(id)) {
      journal.delete(old.stream(), DurableStreams.NOTHING);
    }
  }

  @Override
  public void remove(String namespace, String id) {
    var key = new StreamMetadata.Subscriber(namespace, id);
    var slot = slots.get(key);
    if (slot != null && journal.find(slot.stream()).isPresent()) {
      await(receipt -> journal.delete(slot.stream(), receipt));
    }
    slots.remove(key);
  }

  private interface Operation {
    void run(Journal.Receipt receipt);
  }

  private static void await(Operation operation) {
    var done = new CompletableFuture<JournalOffset>();
    operation.run(
        new Journal.Receipt() {
          @Override
          public void onStored(JournalOffset tail) {
            done.complete(tail);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            done.completeExceptionally(new IllegalStateException(refusal.detail()));
          }
        });
    try {
      done.get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("subscription: must be stored, was not", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("subscription: must be stored, was interrupted", e);
    }
  }
}
