package dev.holdfast.client;

import static dev.holdfast.client.JournalRig.ASKED;
import static dev.holdfast.client.JournalRig.METADATA;
import static dev.holdfast.client.JournalRig.STORY;
import static dev.holdfast.client.JournalRig.WORDS;
import static dev.holdfast.client.JournalRig.finishes;
import static dev.holdfast.client.JournalRig.got;
import static dev.holdfast.client.JournalRig.id;
import static dev.holdfast.client.JournalRig.next;
import static dev.holdfast.client.JournalRig.offset;
import static dev.holdfast.client.JournalRig.rest;
import static dev.holdfast.client.JournalRig.writes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.holdfast.client.JournalRig.Nothing;
import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream in a journal: stored before it is received, and read again by any number of readers. */
final class JournaledStreamTest {
  private final JournalRig rig = new JournalRig();
  private final MemoryJournal journal = rig.journal;

  @AfterEach
  void closeAll() throws Exception {
    rig.close();
  }

  // ---------------------------------------------------------------- what is stored

  @Test
  void everyEventIsStoredBeforeItIsReceived() {
    var stream = rig.whole(rig.client());
    long received = 0;
    for (var event = stream.next(); event.isPresent(); event = stream.next()) {
      received++;
      var stored = journal.find(StreamId.parse(id(stream))).orElseThrow();
      assertThat(stored.tail().sequence()).isGreaterThanOrEqualTo(received);
      var place = JournalOffset.parse(offset(stream), StreamId.parse(id(stream)));
      assertThat(place).isEqualTo(new JournalOffset(1, received));
    }
    assertThat(received).isGreaterThan(WORDS.size());
    assertThat(stream.isDurable()).isTrue();
    assertThat(stream.outcome().journaled()).contains(JournalEnd.Kind.COMPLETE);
    assertThat(stream.outcome().text()).isEqualTo(STORY);
  }

  @Test
  @Timeout(60)
  void nothingIsReceivedWhileTheJournalStillWrites() throws Exception {
    var held = new LinkedBlockingQueue<Journal.Receipt>();
    var holding = new AtomicBoolean();
    var holdfast =
        rig.client(
            rig.altered(receipt -> holding.get() ? new Held(receipt, held) : receipt),
            JournalPolicy.DEFAULT);
    var stream = holdfast.stream(ASKED);
    holding.set(true);
    writes(rig.answering(), WORDS);
    var received = new LinkedBlockingQueue<StreamEvent>();
    var reading =
        Thread.ofPlatform().start(() -> stream.iterator().forEachRemaining(received::add));
    var receipt = got(rig.threads.submit(held::take));
    while (reading.getState() != Thread.State.TIMED_WAITING
        && reading.getState() != Thread.State.WAITING) {
      Thread.onSpinWait(); // Until it waits: for the receipt, or, wrongly, for the provider.
    }
    assertThat(received).isEmpty();
    holding.set(false);
    receipt.onStored(JournalOffset.START); // The offset is not read.
    assertThat(got(rig.threads.submit(received::take))).isInstanceOf(StreamEvent.Started.class);
    stream.abort();
    reading.join();
  }

  /** Keeps back that something is stored. */
  private record Held(Journal.Receipt receipt, BlockingQueue<Journal.Receipt> held)
      implements Journal.Receipt {
    @Override
    public void onStored(JournalOffset tail) {
      held.add(receipt);
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      receipt.onRefused(refusal);
    }
  }

  @Test
  void anIdIs128RandomBits() {
    var holdfast = rig.client();
    var one = id(holdfast.stream(ASKED));
    var other = id(holdfast.stream(ASKED));
    assertThat(one).matches("[0-9a-f]{32}").isNotEqualTo(other);
  }

  @Test
  void withoutAJournalThereIsNoId() {
    var holdfast =
        Holdfast.builder().upstream(Upstream.openAi("key")).transport(rig.network).build();
    rig.open.add(holdfast);
    var stream = holdfast.stream(ASKED);
    assertThat(stream.id()).isEmpty();
    assertThat(stream.offset()).isEmpty();
    assertThat(stream.isDurable()).isFalse();
    String some = "0".repeat(32);
    for (Runnable wrong :
        List.<Runnable>of(() -> holdfast.resume(some), () -> holdfast.stop(some))) {
      assertThatIllegalStateException()
          .isThrownBy(wrong::run)
          .withMessage("journal: must be set to read streams again, was not");
    }
    stream.detach(); // There is nothing to read it from: closed.
    assertThat(rig.network.opened.getLast().isCancelled()).isTrue();
  }

  @Test
  void aListenersStreamIsStoredToo() throws Exception {
    var holdfast = rig.client();
    var handle = holdfast.listen(ASKED, new Silent());
    var provider = rig.answering();
    writes(provider, WORDS);
    finishes(provider);
    assertThat(handle.outcome().isComplete()).isTrue();
    assertThat(holdfast.resume(id(handle)).text()).isEqualTo(STORY);
  }

  // ---------------------------------------------------------------- reading

  @Test
  void aReaderReceivesTheSameEventsAndOutcome() {
    var holdfast = rig.client();
    var stream = rig.whole(holdfast);
    var events = rest(stream);
    var reader = holdfast.resume(id(stream));
    assertThat(rest(reader)).isEqualTo(events);
    assertSame(reader.outcome(), stream.outcome());
    assertThat(reader.outcome().text()).isEqualTo(STORY);
    assertThat(reader.id()).isEqualTo(stream.id());
    assertThat(reader.offset()).isEqualTo(stream.offset());
  }

  private static void assertSame(Outcome read, Outcome written) {
    assertThat(read.verdict()).isEqualTo(written.verdict());
    assertThat(read.failure()).isEqualTo(written.failure());
    assertThat(read.stoppedBy()).isEqualTo(written.stoppedBy());
    assertThat(read.exactness()).isEqualTo(written.exactness());
    assertThat(read.finishes()).isEqualTo(written.finishes());
    assertThat(read.toolCalls()).isEqualTo(written.toolCalls());
    assertThat(read.usage()).isEqualTo(written.usage());
    assertThat(read.waste()).isEqualTo(written.waste());
    assertThat(read.attempts()).isEqualTo(written.attempts()).isNotEmpty();
    assertThat(read.seams()).isEqualTo(written.seams());
    assertThat(read.warnings()).isEqualTo(written.warnings());
    assertThat(read.refusals()).isEqualTo(written.refusals());
    assertThat(read.timings()).isEqualTo(written.timings());
    assertThat(read.journaled()).isEqualTo(written.journaled()).isPresent();
  }

  @Test
  void aReaderResumesAtEveryOffset() {
    var holdfast = rig.client();
    var stream = rig.whole(holdfast);
    var events = new ArrayList<StreamEvent>();
    var offsets = new ArrayList<String>();
    offsets.add(offset(stream));
    for (var event = stream.next(); event.isPresent(); event = stream.next()) {
      events.add(event.get());
      offsets.add(offset(stream));
    }
    for (int i = 0; i < offsets.size() - 1; i++) {
      var reader = holdfast.resume(id(stream), offsets.get(i));
      assertThat(reader.isOver()).isFalse();
      assertThat(rest(reader)).isEqualTo(events.subList(i, events.size()));
      assertSame(reader.outcome(), stream.outcome());
    }
    // Nothing is left after the end: over at once, with the verdict.
    var reader = holdfast.resume(id(stream), offset(stream));
    assertThat(reader.isOver()).isTrue();
    assertThat(reader.next()).isEmpty();
    assertThat(reader.outcome().isComplete()).isTrue();
    assertThat(reader.outcome().journaled()).contains(JournalEnd.Kind.COMPLETE);
  }

  @Test
  void anIteratorThatLooksAheadDoesNotMoveTheOffset() {
    var stream = rig.whole(rig.client());
    var texts = stream.textDeltas().iterator();
    assertThat(texts.hasNext()).isTrue();
    String before = offset(stream);
    assertThat(texts.next()).isEqualTo("Once ");
    String after = offset(stream);
    assertThat(after).isNotEqualTo(before);
    assertThat(stream.outcome().text()).isEqualTo(STORY);
    var holdfast = rig.client();
    assertThat(holdfast.resume(id(stream), before).text()).isEqualTo(STORY);
    assertThat(holdfast.resume(id(stream), after).text())
        .isEqualTo(STORY.substring("Once ".length()));
  }

  @Test
  void readersFollowALiveStream() throws Exception {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    var provider = rig.answering();
    writes(provider, WORDS.subList(0, 2));
    assertThat(next(stream)).isEqualTo("Once ");
    String place = offset(stream);
    assertThat(next(stream)).isEqualTo("upon ");

    var readers = new ArrayList<Future<String>>();
    var begun = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < 20; i++) {
      var first = new CompletableFuture<String>();
      begun.add(first);
      readers.add(
          rig.threads.submit(() -> {
            try (var reader = holdfast.resume(id(stream), place)) {
              var text = new StringBuilder();
              for (String piece : reader.textDeltas()) {
                text.append(piece);
                first.complete(piece);
              }
              return text.append('|').append(reader.outcome().verdict().name()).toString();
            }
          }));
    }
    for (var first : begun) {
      assertThat(got(first)).isEqualTo("upon ");
    }
    writes(provider, WORDS.subList(2, WORDS.size()));
    finishes(provider);
    assertThat(stream.text()).isEqualTo(STORY);
    for (var reader : readers) {
      assertThat(got(reader)).isEqualTo(STORY.substring("Once ".length()) + "|COMPLETE");
    }
  }

  @Test
  void aReaderThatClosesEndsItselfAlone() throws Exception {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    var provider = rig.answering();
    var reader = holdfast.resume(id(stream));
    var reading = rig.threads.submit(() -> rest(reader));
    reader.close();
    assertThat(got(reading)).isEmpty();
    assertThat(reader.outcome().verdict()).isEqualTo(new Verdict.Cancelled());
    assertThat(reader.outcome().journaled()).isEmpty();
    writes(provider, WORDS);
    finishes(provider);
    assertThat(stream.text()).isEqualTo(STORY);
  }

  @Test
  void aReaderWhoseThreadIsInterruptedEnds() throws Exception {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    var reader = holdfast.resume(id(stream));
    var flag = new CompletableFuture<Boolean>();
    var reading =
        Thread.ofVirtual()
            .start(() -> {
              assertThat(reader.outcome().verdict()).isEqualTo(new Verdict.Cancelled());
              flag.complete(Thread.currentThread().isInterrupted());
            });
    reading.interrupt();
    assertThat(got(flag)).isTrue();
  }

  // ---------------------------------------------------------------- ends

  @Test
  void closingIsACancelForReaders() throws Exception {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    writes(rig.answering(), WORDS.subList(0, 1));
    assertThat(next(stream)).isEqualTo("Once ");
    String place = offset(stream);
    var reading = rig.threads.submit(() -> holdfast.resume(id(stream)).outcome());
    stream.close();
    assertThat(rig.network.opened.getLast().isCancelled()).isTrue();
    var read = got(reading);
    assertThat(read.verdict()).isEqualTo(new Verdict.Cancelled());
    assertThat(read.journaled()).contains(JournalEnd.Kind.CANCELLED);
    assertThat(read.text()).isEqualTo("Once ");
    assertThat(offset(stream)).isGreaterThanOrEqualTo(place);
  }

  @Test
  void aStreamThatIsClosedStaysAtThePlaceOfItsConsumer() {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    var burst = new StringBuilder();
    WORDS.forEach(word -> burst.append(JournalRig.frame("{\"content\":\"" + word + "\"}", "null")));
    rig.answering().say(burst.toString());
    assertThat(next(stream)).isEqualTo("Once ");
    String place = offset(stream);
    stream.close();
    assertThat(stream.outcome().text()).isEqualTo("Once ");
    assertThat(stream.offset()).hasValue(place);
    // What arrived together was stored together.
    assertThat(holdfast.resume(id(stream), place).outcome().text())
        .isEqualTo(STORY.substring("Once ".length()));
  }

  @Test
  void anAbortEndsTheReadersWithoutDemand() throws Exception {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    var reading = rig.threads.submit(() -> holdfast.resume(id(stream)).outcome());
    stream.abort();
    assertThat(got(reading).journaled()).contains(JournalEnd.Kind.CANCELLED);
  }

  @Test
  void aStreamIsStoppedByItsId() throws Exception {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    var reading = rig.threads.submit(() -> holdfast.resume(id(stream)).outcome());
    // Another client of the same journal may stop it, too.
    assertThat(rig.client().stop(id(stream))).isTrue();
    assertThat(got(reading).verdict()).isEqualTo(new Verdict.Cancelled());
    assertThat(rig.network.opened.getLast().isCancelled()).isTrue();
    assertThat(stream.outcome().verdict()).isEqualTo(new Verdict.Cancelled());
    assertThat(holdfast.stop(id(stream))).isFalse();
  }

  @Test
  void aStreamThatAnotherProcessStopsIsCancelled() {
    var stream = rig.client().stream(ASKED);
    var provider = rig.answering();
    var stop = JournalBatch.ending(1, JournalEnd.of(JournalEnd.Kind.CANCELLED));
    journal.append(StreamId.parse(id(stream)), stop, new Nothing());
    writes(provider, WORDS);
    assertThat(stream.outcome().verdict()).isEqualTo(new Verdict.Cancelled());
    assertThat(stream.outcome().text()).isEmpty();
    assertThat(provider.isCancelled()).isTrue();
  }

  @Test
  void aRefusalOfTheProviderIsAFailureForReaders() {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    rig.network.opened.getLast().head(401).say("{\"error\":{\"message\":\"no\"}}").end();
    var outcome = stream.outcome();
    assertThat(outcome.cause()).contains(Cause.REJECTED);
    var read = holdfast.resume(id(stream)).outcome();
    assertSame(read, outcome);
    assertThat(read.journaled()).contains(JournalEnd.Kind.FAILED);
  }

  @Test
  void aStreamThatExpiresWhileItIsReadEndsSo() throws Exception {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    writes(rig.answering(), WORDS.subList(0, 1));
    assertThat(next(stream)).isEqualTo("Once ");
    var reader = holdfast.resume(id(stream));
    assertThat(next(reader)).isEqualTo("Once ");
    rig.clock.addAndGet(Duration.ofHours(1).toMillis() + 1);
    assertThat(journal.expire()).isEqualTo(1);
    var outcome = reader.outcome();
    assertThat(outcome.journaled()).contains(JournalEnd.Kind.EXPIRED);
    assertThat(outcome.cause()).contains(Cause.TRUNCATED);
    assertThat(outcome.failure().orElseThrow().detail())
        .isEqualTo("the stream expired while it was read");
  }

  @Test
  void aStreamThatIsDeletedWhileItIsReadEndsAsExpired() {
    var holdfast = rig.client();
    var stream = holdfast.stream(ASKED);
    var reader = holdfast.resume(id(stream));
    journal.delete(StreamId.parse(id(stream)), new Nothing());
    assertThat(reader.outcome().journaled()).contains(JournalEnd.Kind.EXPIRED);
  }

  @Test
  void aDamagedEntryIsNotGuessed() {
    var holdfast = rig.client();
    var id = new StreamId(3, 4);
    journal.create(
        new NewStream(id, 1, ByteBuffer.wrap(METADATA), Duration.ZERO, false), new Nothing());
    var entry = new JournalEntry(1, ByteBuffer.wrap("nonsense".getBytes(StandardCharsets.UTF_8)));
    journal.append(id, JournalBatch.of(1, 0, List.of(entry)), new Nothing());
    var outcome = holdfast.resume(id.toString()).outcome();
    assertThat(outcome.cause()).contains(Cause.JOURNAL_FAILED);
    assertThat(outcome.failure().orElseThrow().detail())
        .isEqualTo("an entry of the journal cannot be read");
  }

  // ---------------------------------------------------------------- leaving

  @Nested
  final class Detached {
    @Test
    void aStreamRunsOnWithoutItsReader() throws Exception {
      var holdfast = rig.client();
      var stream = holdfast.stream(ASKED);
      var provider = rig.answering();
      writes(provider, WORDS.subList(0, 1));
      assertThat(next(stream)).isEqualTo("Once ");
      stream.detach();
      stream.close(); // As the block of a caller does.
      assertThat(provider.isCancelled()).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(stream::next)
          .withMessage("stream: must not be pulled, was detached");
      var reading = rig.threads.submit(() -> holdfast.resume(id(stream), offset(stream)).outcome());
      writes(provider, WORDS.subList(1, WORDS.size()));
      finishes(provider);
      assertThat(stream.outcome().isComplete()).isTrue();
      assertThat(got(reading).isComplete()).isTrue();
      assertThat(holdfast.resume(id(stream)).text()).isEqualTo(STORY);
    }

    @Test
    void aStreamIsStillAborted() throws Exception {
      var holdfast = rig.client();
      var stream = holdfast.stream(ASKED);
      var provider = rig.answering();
      stream.detach();
      stream.abort();
      assertThat(provider.isCancelled()).isTrue();
      assertThat(stream.outcome().verdict()).isEqualTo(new Verdict.Cancelled());
    }

    @Test
    void aStreamEndsWithItsClient() throws Exception {
      var holdfast = rig.client();
      var stream = holdfast.stream(ASKED);
      stream.detach();
      holdfast.close();
      assertThat(journal.openStreams()).isEmpty();
      assertThat(rig.client().resume(id(stream)).outcome().journaled())
          .contains(JournalEnd.Kind.CANCELLED);
    }
  }

  // ---------------------------------------------------------------- another process

  @Test
  void whatAnEndedProcessLeftOpenEndsAsTruncated() throws Exception {
    var left = new StreamId(5, 6);
    journal.create(
        new NewStream(left, 1, ByteBuffer.wrap(METADATA), Duration.ZERO, false), new Nothing());
    var gateways = new StreamId(7, 8);
    journal.create(
        new NewStream(gateways, 1, ByteBuffer.wrap(new byte[] {9}), Duration.ZERO, false),
        new Nothing());
    var live = rig.client(journal, JournalPolicy.DEFAULT.withTakeOver(false)).stream(ASKED);
    assertThat(journal.openStreams()).hasSize(3);

    var outcome = rig.client().resume(left.toString()).outcome();
    assertThat(outcome.journaled()).contains(JournalEnd.Kind.TRUNCATED);
    assertThat(outcome.cause()).contains(Cause.TRUNCATED);
    assertThat(outcome.failure().orElseThrow().detail())
        .isEqualTo("the process that wrote the stream ended before it");
    // The crashed process cannot write any more; what lives and what is another's is not touched.
    var late = new Nothing();
    var entry = new JournalEntry(1, ByteBuffer.wrap(new byte[1]));
    journal.append(left, JournalBatch.of(1, 0, List.of(entry)), late);
    assertThat(late.refused).isEqualTo(JournalRefusal.Reason.FENCED);
    assertThat(journal.openStreams()).containsExactlyInAnyOrder(gateways, StreamId.parse(id(live)));
  }

  private static final class Silent implements StreamListener {
    @Override
    public void onToken(String text) {}

    @Override
    public void onComplete(Outcome outcome) {}
  }
}
