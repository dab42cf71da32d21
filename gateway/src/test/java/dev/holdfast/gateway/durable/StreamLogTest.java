package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Appends of one stream, in the order in which the journal stores or refuses them. */
final class StreamLogTest {
  private static final StreamId ID = new StreamId(1, 2);
  private static final StreamMetadata.Log METADATA =
      new StreamMetadata.Log(new StreamName("", "/v1/stream/s"), "text/plain", null);

  private final HeldJournal held = new HeldJournal(new MemoryJournal(() -> 1_000));

  /** What is to run on the threads that wait. */
  private final ArrayDeque<Runnable> blocking = new ArrayDeque<>();

  private StreamLog created() {
    held.memory.create(
        new NewStream(ID, 1, METADATA.write(), Duration.ZERO, false), DurableStreams.NOTHING);
    return StreamLog.created(
        held.journal, blocking::add, () -> 1_000, name -> {}, ID, METADATA, null);
  }

  /** {@return the log as the next process finds it} */
  private StreamLog found() {
    var stream = held.memory.find(ID).orElseThrow();
    return StreamLog.found(
        held.journal, blocking::add, () -> 1_000, name -> {}, stream, METADATA, null);
  }

  private void run() {
    while (!blocking.isEmpty()) {
      blocking.remove().run();
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static StreamLog.Append append(String text, long sequence) {
    return new StreamLog.Append(bytes(text), new Producer("p", 0, sequence), null, false);
  }

  private static StreamLog.Append plain(String text) {
    return new StreamLog.Append(bytes(text), null, null, false);
  }

  private static final StreamLog.Append CLOSE = new StreamLog.Append(null, null, null, true);

  private static List<Integer> statuses(List<Reply> replies) {
    return replies.stream().map(Reply::status).toList();
  }

  private static String header(Reply reply, String name) {
    return reply.headers().get(name, "");
  }

  @Test
  void aRepetitionIsAnsweredAfterWhatItRepeats() throws Exception {
    var log = created();
    var replies = new ArrayList<Reply>();
    held.holds = true;
    log.append(append("a", 0), replies::add);
    log.append(append("a", 0), replies::add);
    assertThat(replies).isEmpty();
    held.store();
    assertThat(statuses(replies)).containsExactlyInAnyOrder(200, 204);
  }

  @Test
  void aRepetitionOfWhatIsLostIsNotAnsweredAsStored() {
    var log = created();
    var replies = new ArrayList<Reply>();
    held.holds = true;
    log.append(append("a", 0), replies::add);
    log.append(append("a", 0), replies::add);
    held.refuse(Reason.STORAGE);
    assertThat(statuses(replies)).containsExactlyInAnyOrder(503, 503);
    run();
    held.holds = false;
    log.append(append("a", 0), replies::add);
    assertThat(replies.getLast().status()).as("it is not known").isEqualTo(200);
  }

  @Test
  void theStateIsReadWhenNothingIsUnderWay() throws Exception {
    var log = created();
    var replies = new ArrayList<Reply>();
    held.holds = true;
    log.append(append("a", 0), replies::add);
    log.append(append("b", 1), replies::add);
    held.refuse(Reason.STORAGE);
    assertThat(blocking).as("the second one may be stored yet").isEmpty();
    held.refuse(Reason.WRONG_SEQUENCE);
    assertThat(blocking).hasSize(1);
    log.append(append("a", 0), replies::add);
    assertThat(replies).hasSize(2);
    run();
    held.store();
    assertThat(replies.getLast().status()).isEqualTo(200);
  }

  @Test
  void anAppendEndsWhereItEndsThoughMoreIsStored() {
    var log = created();
    var offsets = new ArrayList<String>();
    held.holds = true;
    log.append(plain("a"), reply -> offsets.add(header(reply, Headers.NEXT_OFFSET)));
    log.append(plain("b"), reply -> offsets.add(header(reply, Headers.NEXT_OFFSET)));
    held.storeTogether();
    assertThat(offsets).doesNotHaveDuplicates().isSorted().hasSize(2);
    assertThat(offsets.getLast()).isEqualTo(log.tail().offset().text());
  }

  @Test
  void soManyAppendsWaitForTheStateAndNoMore() {
    created();
    var log = found();
    var replies = new ArrayList<Reply>();
    for (int i = 0; i < 1_001; i++) {
      log.append(plain("x"), replies::add);
    }
    assertThat(statuses(replies)).containsExactly(503);
    run();
    assertThat(replies).hasSize(1_001);
    assertThat(statuses(replies.subList(1, 1_001))).containsOnly(204);
    assertThat(log.tail().offset().position()).isEqualTo(1_000);
  }

  @Test
  void anotherProcessTakesTheLogOverBeforeItAppends() {
    var old = created();
    old.append(plain("a"), reply -> {});
    var log = found();
    var replies = new ArrayList<Reply>();
    log.append(plain("b"), replies::add);
    run();
    assertThat(statuses(replies)).containsExactly(204);
    assertThat(held.calls("fence")).isEqualTo(1);
    assertThat(log.tail().offset().epoch()).isEqualTo(2);
    old.append(plain("c"), replies::add);
    assertThat(replies.getLast().status()).as("the old process").isEqualTo(503);
  }

  @Test
  void aLogThatCannotBeReadIsReportedAsDamaged() {
    created().append(plain("a"), reply -> {});
    var log = found();
    held.refused.put("read", Reason.DAMAGED);
    var replies = new ArrayList<Reply>();
    log.append(plain("b"), replies::add);
    run();
    assertThat(statuses(replies)).containsExactly(500);
    held.refused.clear();
    log.append(plain("b"), replies::add);
    run();
    assertThat(replies.getLast().status()).as("once it can be").isEqualTo(204);
  }

  @Test
  void aLogThatIsGoneIsUnknown() {
    created();
    var log = found();
    held.memory.delete(ID, DurableStreams.NOTHING);
    var replies = new ArrayList<Reply>();
    log.append(plain("b"), replies::add);
    run();
    assertThat(statuses(replies)).containsExactly(404);
  }

  @Test
  void aLogThatFailedIsNotClosed() {
    var log = created();
    log.append(plain("a"), reply -> {});
    held.memory.append(
        ID, JournalBatch.ending(1, JournalEnd.of(JournalEnd.Kind.FAILED)), DurableStreams.NOTHING);
    var next = found();
    assertThat(next.tail().failed()).isTrue();
    assertThat(next.tail().closed()).isFalse();
    var replies = new ArrayList<Reply>();
    next.append(plain("b"), replies::add);
    next.append(CLOSE, replies::add);
    run();
    assertThat(statuses(replies)).containsExactly(500, 500);
    assertThat(replies.getFirst().headers().contains(Headers.CLOSED)).isFalse();
  }

  @Test
  void refusalsHaveTheirStatus() {
    var log = created();
    var statuses = new ArrayList<Integer>();
    for (var reason : List.of(Reason.FULL, Reason.TOO_LARGE, Reason.BUSY, Reason.NO_CONTENT)) {
      held.refused.put("append", reason);
      log.append(plain("a"), reply -> statuses.add(reply.status()));
      held.refused.clear();
      run();
    }
    assertThat(statuses).containsExactly(507, 413, 503, 500);
  }

  @Test
  void readersLearnOfAppendsOfTheStateAndOfTheEnd() {
    created();
    var log = found();
    var wakes = new AtomicInteger();
    Runnable reader = wakes::incrementAndGet;
    log.watch(reader);
    log.append(plain("a"), reply -> {});
    held.refused.put("append", Reason.FULL);
    run();
    assertThat(wakes.get()).as("the state is known").isPositive();
    held.refused.clear();
    run();
    log.append(plain("a"), reply -> {});
    int before = wakes.get();
    log.die();
    assertThat(wakes).hasValue(before + 1);
    log.leave(reader);
    log.die();
    assertThat(wakes).hasValue(before + 1);
  }

  @Test
  void anOffsetFitsItsOwnBytesAlone() {
    var log = created();
    log.append(plain("a"), reply -> {});
    log.append(plain("b"), reply -> {});
    var tail = log.tail().offset();
    int tag = DurableOffset.tag(ID);
    assertThat(tail).isEqualTo(new DurableOffset(2, tag, 1));
    assertThat(log.has(new DurableOffset(1, tag, 1))).isTrue();
    assertThat(log.has(DurableOffset.START)).isTrue();
    assertThat(log.has(new DurableOffset(3, tag, 1))).as("beyond the tail").isFalse();
    assertThat(log.has(new DurableOffset(1, tag + 1, 1))).as("of another log").isFalse();
    assertThat(log.has(new DurableOffset(2, tag, 2))).as("of a later process").isFalse();
    assertThat(log.has(new DurableOffset(1, tag, 2))).as("of a later process").isFalse();

    // Appends that a power failure took: others were written in their place.
    var next = found();
    next.append(plain("c"), reply -> {});
    run();
    var place = next.tail().offset();
    assertThat(place).isEqualTo(new DurableOffset(3, tag, 2));
    assertThat(next.has(place)).isTrue();
    assertThat(next.has(new DurableOffset(3, tag, 1))).as("of what was lost").isFalse();
  }

  @Test
  void aForkSharesThePlacesBeforeItAndNoOther() {
    var log = created();
    log.append(plain("a"), reply -> {});
    log.append(plain("b"), reply -> {});
    int tag = DurableOffset.tag(ID);
    var base = new DurableOffset(1, tag, 1);
    var other = new StreamId(9, 9);
    var metadata =
        new StreamMetadata.Log(
            new StreamName("", "/v1/stream/f"), "text/plain", new StreamMetadata.Source(ID, base));
    held.memory.create(
        new NewStream(other, 1, metadata.write(), Duration.ZERO, false), DurableStreams.NOTHING);
    var fork =
        StreamLog.created(
            held.journal, blocking::add, () -> 1_000, name -> {}, other, metadata, log);
    assertThat(fork.has(base)).isTrue();
    assertThat(fork.has(new DurableOffset(1, tag, 2))).isFalse();
    assertThat(fork.has(new DurableOffset(2, tag, 1))).as("of the source alone").isFalse();
    fork.append(plain("c"), reply -> {});
    assertThat(fork.tail().offset()).isEqualTo(new DurableOffset(2, DurableOffset.tag(other), 1));
    assertThat(fork.has(fork.tail().offset())).isTrue();
  }

  @Test
  void aStateOfManyWritersIsFoundHoweverFarItIsBack() {
    var log = created();
    // More producers than entries between two states, so that the last state is far back.
    for (int i = 0; i < 200; i++) {
      int producer = i;
      log.append(
          new StreamLog.Append(bytes("x"), new Producer("p" + producer, 0, 0), null, false),
          reply -> assertThat(reply.status()).isEqualTo(200));
    }
    var next = found();
    var statuses = new ArrayList<Integer>();
    for (int i = 0; i < 200; i++) {
      next.append(
          new StreamLog.Append(bytes("x"), new Producer("p" + i, 0, 0), null, false),
          reply -> statuses.add(reply.status()));
    }
    run();
    assertThat(statuses).hasSize(200).containsOnly(204);
  }

  @Test
  void aStateWithoutAnyStateIsReadFromTheBeginning() {
    created();
    // As an older version may have written it: no entry has the state of all writers.
    var entries = new ArrayList<JournalEntry>();
    entries.add(new AppendRecord(new Producer("p", 4, 0), null, null, bytes("x")).toEntry());
    for (int i = 0; i < 1_500; i++) {
      entries.add(new AppendRecord(null, null, null, bytes("y")).toEntry());
    }
    held.memory.append(ID, JournalBatch.of(1, 0, entries), DurableStreams.NOTHING);
    var replies = new ArrayList<Reply>();
    found()
        .append(
            new StreamLog.Append(bytes("x"), new Producer("p", 3, 0), null, false), replies::add);
    run();
    assertThat(statuses(replies)).containsExactly(403);
  }

  @Test
  void whatIsRepeatedOrStaleAfterTheClosureIsReportedAsSuch() {
    var log = created();
    log.append(append("a", 0), reply -> {});
    log.append(new StreamLog.Append(bytes("b"), new Producer("p", 1, 0), null, true), reply -> {});
    var replies = new ArrayList<Reply>();
    log.append(new StreamLog.Append(bytes("b"), new Producer("p", 1, 0), null, true), replies::add);
    log.append(append("a", 0), replies::add);
    log.append(append("c", 1), replies::add);
    log.append(plain("c"), replies::add);
    log.append(CLOSE, replies::add);
    assertThat(statuses(replies)).containsExactly(204, 403, 403, 409, 204);
    assertThat(header(replies.getFirst(), Headers.CLOSED)).isEqualTo("true");
  }

  @Test
  void aClosureWithoutDataIsARepetitionForTheNextProcess() {
    var close = new StreamLog.Append(null, new Producer("p", 0, 0), null, true);
    var replies = new ArrayList<Reply>();
    created().append(close, replies::add);
    found().append(close, replies::add);
    run();
    assertThat(statuses(replies)).containsExactly(204, 204);
    assertThat(header(replies.getLast(), Headers.CLOSED)).isEqualTo("true");
  }

  @Test
  void aWritersSequenceMustGrow() {
    var log = created();
    var statuses = new ArrayList<Integer>();
    for (String sequence : List.of("b", "b", "a", "c")) {
      log.append(
          new StreamLog.Append(bytes("x"), null, sequence, false),
          reply -> statuses.add(reply.status()));
    }
    assertThat(statuses).containsExactly(204, 409, 409, 204);
  }
}
