package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.durable.subscription.SubscriptionStore.Saved;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The states of subscriptions in a journal. */
final class SubscriptionJournalTest {
  private final AtomicLong clock = new AtomicLong(1_000_000);
  private final HeldJournal held = new HeldJournal(new MemoryJournal(clock::get));
  private final SubscriptionJournal store = new SubscriptionJournal(held.journal);

  private static Saved saved(String id, String json) {
    return new Saved("ns", id, json);
  }

  private List<Saved> loaded() {
    return new SubscriptionJournal(held.journal).load();
  }

  private StreamId stored(long number, String id, String... states) {
    var stream = new StreamId(5, number);
    var metadata = new StreamMetadata.Subscriber("ns", id).write();
    held.memory.create(
        new NewStream(stream, 1, metadata, Duration.ZERO, false), DurableStreams.NOTHING);
    for (int i = 0; i < states.length; i++) {
      var entry =
          new JournalEntry('S', ByteBuffer.wrap(states[i].getBytes(StandardCharsets.UTF_8)));
      held.memory.append(stream, JournalBatch.of(1, i, List.of(entry)), DurableStreams.NOTHING);
    }
    return stream;
  }

  @Test
  void theLastStateCounts() {
    store.save(saved("a", "1"));
    store.save(saved("a", "2"));
    store.save(saved("b", "3"));
    assertThat(loaded()).containsExactlyInAnyOrder(saved("a", "2"), saved("b", "3"));
    store.remove("ns", "a");
    assertThat(loaded()).containsExactly(saved("b", "3"));
  }

  @Test
  void aStreamOfManyStatesIsReplaced() {
    for (int i = 0; i < 600; i++) {
      store.save(saved("a", String.valueOf(i)));
    }
    assertThat(held.memory.streams()).hasSize(1);
    var stream = held.memory.find(held.memory.streams().getFirst()).orElseThrow();
    assertThat(stream.tail().sequence()).isLessThanOrEqualTo(256);
    assertThat(loaded()).containsExactly(saved("a", "599"));
  }

  @Test
  void ofTwoStreamsTheNewerOneCountsIfItHasAState() {
    var old = stored(9, "a", "old");
    clock.addAndGet(1_000);
    var begun = stored(1, "a");
    assertThat(loaded()).containsExactly(saved("a", "old"));
    assertThat(held.memory.find(begun)).as("which a crash cut").isEmpty();
    clock.addAndGet(1_000);
    var newer = stored(2, "a", "new");
    assertThat(loaded()).containsExactly(saved("a", "new"));
    assertThat(held.memory.find(old)).isEmpty();
    assertThat(held.memory.streams()).containsExactly(newer);
  }

  @Test
  void theOlderOneIsRemovedInWhicheverOrderTheyAreFound() {
    var newest = stored(1, "a", "new");
    for (int i = 2; i < 20; i++) {
      clock.addAndGet(-1_000);
      stored(i, "a", "old " + i);
    }
    assertThat(loaded()).containsExactly(saved("a", "new"));
    assertThat(held.memory.streams()).containsExactly(newest);
  }

  @Test
  void aSubscriptionThatIsGoneIsRemovedWithoutAComplaint() {
    store.save(saved("a", "1"));
    held.memory.delete(held.memory.streams().getFirst(), DurableStreams.NOTHING);
    store.remove("ns", "a");
    store.remove("ns", "never there");
    store.save(saved("a", "2"));
    assertThat(loaded()).containsExactly(saved("a", "2"));
  }

  @Test
  void whatIsNotStoredIsReported() {
    held.refused.put("append", Reason.FULL);
    assertThatIllegalStateException()
        .isThrownBy(() -> store.save(saved("a", "1")))
        .withMessage("subscription: must be stored, was not");
    held.refused.clear();
    store.save(saved("a", "2"));
    assertThat(loaded()).containsExactly(saved("a", "2"));
  }
}
