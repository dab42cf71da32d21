package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.junit.JournalCalls.entries;
import static dev.holdfast.testkit.junit.JournalCalls.id;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEnd.Kind;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.NewStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Journal} must do. A test class of an implementation implements this interface
 * and inherits its tests:
 *
 * <pre>{@code
 * final class MyJournalTest implements JournalContract {
 *   public Journal open(LongSupplier clock, JournalLimits limits) { ... }
 * }
 * }</pre>
 */
public interface JournalContract {
  /**
   * {@return a journal with this clock (milliseconds since 1970) and these limits} The second call
   * within a test opens what the first one wrote, after it was closed.
   */
  Journal open(LongSupplier clock, JournalLimits limits) throws Exception;

  /** {@return whether a journal keeps its streams when it is closed} */
  default boolean isDurable() {
    return true;
  }

  /** A body that uses an open journal. */
  interface Body {
    /** Runs with calls to the journal, and with the clock that it reads. */
    void run(JournalCalls calls, AtomicLong clock) throws Exception;
  }

  private void with(JournalLimits limits, Body body) throws Exception {
    var clock = new AtomicLong(1_000_000_000_000L);
    try (var journal = open(clock::get, limits)) {
      body.run(new JournalCalls(journal), clock);
    }
  }

  private void with(Body body) throws Exception {
    with(JournalLimits.DEFAULTS, body);
  }

  @Test
  default void whatIsAppendedIsReadInOrder() throws Exception {
    with((calls, clock) -> {
      assertEquals("stored 0_0", calls.create(id(1), 1));
      assertEquals("stored 1_2", calls.append(id(1), 1, 0, "a", "b"));
      assertEquals("stored 1_3", calls.append(id(1), 1, 2, "c"));
      assertEquals(List.of("a", "b", "c", "open"), calls.read(id(1)));
      assertEquals("stored 1_3", calls.end(id(1), 1, Kind.COMPLETE));
      assertEquals(List.of("a", "b", "c", "COMPLETE"), calls.read(id(1)));
    });
  }

  @Test
  default void aStreamIsCreatedWithItsFirstEntries() throws Exception {
    with((calls, clock) -> {
      assertEquals("stored 1_2", calls.create(id(1), 1, JournalBatch.of(1, 0, entries("a", "b"))));
      assertEquals(List.of("a", "b", "open"), calls.read(id(1)));
      assertEquals(List.of("b", "open"), calls.read(id(1), new JournalOffset(1, 1), 1));
      assertEquals("stored 1_3", calls.append(id(1), 1, 2, "c"));
      assertEquals("EXISTS", calls.create(id(1), 1, JournalBatch.of(1, 0, entries("d"))));
      assertEquals(List.of("a", "b", "c", "open"), calls.read(id(1)));
      assertEquals(
          "stored 3_1",
          calls.create(id(2), 3, JournalBatch.of(3, JournalBatch.ANYWHERE, entries("e"))));
      assertEquals("FENCED", calls.create(id(3), 1, JournalBatch.of(2, 0, entries("f"))));
      assertEquals("WRONG_SEQUENCE", calls.create(id(4), 1, JournalBatch.of(1, 1, entries("g"))));
      var end = Optional.of(JournalEnd.of(Kind.COMPLETE));
      assertEquals("stored 1_1", calls.create(id(5), 1, new JournalBatch(1, 0, entries("h"), end)));
      assertEquals(List.of("h", "COMPLETE"), calls.read(id(5)));
    });
  }

  @Test
  default void anEntryKeepsItsTypeItsTimeAndItsBytes() throws Exception {
    with((calls, clock) -> {
      byte[] bytes = new byte[256];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) i;
      }
      calls.create(id(1), 1);
      var entry = new JournalEntry(200, ByteBuffer.wrap(bytes));
      calls.append(id(1), JournalBatch.of(1, 0, List.of(entry)));
      var page = (JournalRead.Page) calls.journal.read(id(1), JournalOffset.START, 1000);
      assertEquals(entry, page.entries().getFirst().entry());
      assertEquals(clock.get(), page.entries().getFirst().millis());
    });
  }

  @Test
  default void aReadBeginsAfterItsOffsetAndStopsAtItsLimit() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      for (int i = 0; i < 300; i++) {
        calls.journal.append(id(1), JournalBatch.of(1, i, entries("entry " + i)), ignored());
      }
      calls.append(id(1), 1, 300, "the last");
      for (int from : new int[] {1, 63, 64, 65, 128, 299, 300}) {
        var expected = new ArrayList<String>();
        for (int i = from; i < 300; i++) {
          expected.add("entry " + i);
        }
        expected.add("the last");
        expected.add("open");
        assertEquals(expected, calls.read(id(1), new JournalOffset(1, from), 50));
      }
      var page = (JournalRead.Page) calls.journal.read(id(1), JournalOffset.START, 1);
      assertEquals(1, page.entries().size());
      assertEquals(new JournalOffset(1, 1), page.next());
    });
  }

  @Test
  default void streamsDoNotMix() throws Exception {
    with((calls, clock) -> {
      for (int i = 0; i < 20; i++) {
        calls.create(id(i), 1);
      }
      for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 20; i++) {
          calls.append(id(i), 1, round, i + "." + round);
        }
      }
      for (int i = 0; i < 20; i++) {
        var expected = new ArrayList<String>();
        for (int round = 0; round < 20; round++) {
          expected.add(i + "." + round);
        }
        expected.add("open");
        assertEquals(expected, calls.read(id(i)));
      }
    });
  }

  @Test
  default void aBatchForAnotherSequenceIsRefused() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      calls.append(id(1), 1, 0, "a");
      assertEquals("WRONG_SEQUENCE", calls.append(id(1), 1, 0, "again"));
      assertEquals("WRONG_SEQUENCE", calls.append(id(1), 1, 2, "too early"));
      assertEquals("stored 1_2", calls.append(id(1), 1, JournalBatch.ANYWHERE, "b"));
      assertEquals(List.of("a", "b", "open"), calls.read(id(1)));
    });
  }

  @Test
  default void batchesMayFollowBeforeTheFirstIsStored() throws Exception {
    with((calls, clock) -> {
      calls.journal.create(
          new NewStream(id(1), 1, ByteBuffer.allocate(0), Duration.ofHours(1), true), ignored());
      for (int i = 0; i < 100; i++) {
        calls.journal.append(id(1), JournalBatch.of(1, i, entries("" + i)), ignored());
      }
      assertEquals("stored 1_101", calls.append(id(1), 1, 100, "the last"));
      assertEquals(102, calls.read(id(1)).size());
    });
  }

  @Test
  default void entriesAndEndAreStoredTogether() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      var end = Optional.of(new JournalEnd(Kind.TRUNCATED, "idle-timeout"));
      assertEquals(
          "stored 1_2", calls.append(id(1), new JournalBatch(1, 0, entries("a", "b"), end)));
      assertEquals(List.of("a", "b", "TRUNCATED"), calls.read(id(1)));
      assertEquals(end, calls.journal.find(id(1)).orElseThrow().end());
    });
  }

  @Test
  default void anEndedStreamTakesNothingMore() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      calls.end(id(1), 1, Kind.CANCELLED);
      assertEquals("ENDED", calls.append(id(1), 1, 0, "late"));
      assertEquals("ENDED", calls.end(id(1), 1, Kind.COMPLETE));
      assertEquals(List.of("CANCELLED"), calls.read(id(1)));
      assertTrue(calls.journal.openStreams().isEmpty());
      assertEquals(List.of(id(1)), calls.journal.streams());
    });
  }

  @Test
  default void aDeadProducerIsFenced() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 3);
      calls.append(id(1), 3, 0, "a");
      assertEquals("FENCED", calls.fence(id(1), 3));
      assertEquals("FENCED", calls.fence(id(1), 2));
      assertEquals("stored 3_1", calls.fence(id(1), 4));
      assertEquals("FENCED", calls.append(id(1), 3, 1, "from the dead"));
      assertEquals("FENCED", calls.end(id(1), 3, Kind.COMPLETE));
      assertEquals("FENCED", calls.append(id(1), 5, 1, "from nowhere"));
      assertEquals("stored 4_2", calls.append(id(1), 4, 1, "b"));
      assertEquals(4, calls.journal.find(id(1)).orElseThrow().epoch());
      assertEquals(List.of("a", "b", "open"), calls.read(id(1)));
    });
  }

  @Test
  default void anOffsetOfAnotherGenerationIsRefused() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      calls.append(id(1), 1, 0, "a", "b");
      calls.fence(id(1), 2);
      calls.append(id(1), 2, 2, "c");
      assertEquals(List.of("c", "open"), calls.read(id(1), new JournalOffset(1, 2), 100));
      for (var wrong :
          List.of(
              new JournalOffset(2, 2),
              new JournalOffset(2, 1),
              new JournalOffset(1, 3),
              new JournalOffset(3, 3),
              new JournalOffset(2, 4))) {
        assertEquals(Optional.of(Reason.WRONG_OFFSET), calls.refusal(id(1), wrong));
        var followed = new FollowedStream(calls.journal, id(1), wrong);
        assertEquals("refused WRONG_OFFSET", followed.next());
      }
    });
  }

  @Test
  default void unknownDeletedAndExpiredAreNotDistinguished() throws Exception {
    with((calls, clock) -> {
      calls.create(id(2), 1);
      calls.delete(id(2));
      calls.create(id(3), 1, Duration.ofSeconds(5), false);
      clock.addAndGet(5_000);
      for (int i = 1; i <= 3; i++) {
        assertEquals("UNKNOWN", calls.append(id(i), 1, 0, "a"));
        assertEquals("UNKNOWN", calls.fence(id(i), 2));
        assertEquals("UNKNOWN", calls.delete(id(i)));
        assertEquals("UNKNOWN", calls.touch(id(i)));
        assertEquals(List.of("UNKNOWN"), calls.read(id(i)));
        assertEquals(Optional.empty(), calls.journal.find(id(i)));
        assertEquals(
            "refused UNKNOWN",
            new FollowedStream(calls.journal, id(i), JournalOffset.START).next());
      }
      assertTrue(calls.journal.streams().isEmpty());
    });
  }

  @Test
  default void anIdIsTakenUntilItsStreamIsGone() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      calls.append(id(1), 1, 0, "old");
      assertEquals("EXISTS", calls.create(id(1), 2));
      calls.delete(id(1));
      assertEquals("stored 0_0", calls.create(id(1), 2, Duration.ofSeconds(1), false));
      assertEquals(List.of("open"), calls.read(id(1)));
      clock.addAndGet(1_000);
      assertEquals("stored 0_0", calls.create(id(1), 1));
      calls.append(id(1), 1, 0, "new");
      assertEquals(List.of("new", "open"), calls.read(id(1)));
    });
  }

  @Test
  default void aSlidingTimeToLiveBeginsAnewWithEveryUse() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1, Duration.ofSeconds(10), true);
      calls.create(id(2), 1, Duration.ofSeconds(10), false);
      calls.create(id(3), 1, Duration.ZERO, false);
      clock.addAndGet(9_000);
      calls.append(id(1), 1, 0, "a");
      calls.append(id(2), 1, 0, "a");
      clock.addAndGet(1_000);
      assertEquals(1, calls.journal.expire());
      clock.addAndGet(8_000);
      calls.touch(id(1));
      clock.addAndGet(9_000);
      assertEquals(List.of("a", "open"), calls.read(id(1)));
      clock.addAndGet(1_000);
      assertEquals(List.of("UNKNOWN"), calls.read(id(1)));
      assertEquals(1, calls.journal.expire());
      clock.addAndGet(Duration.ofDays(3_000).toMillis());
      assertEquals(0, calls.journal.expire());
      assertEquals(List.of(id(3)), calls.journal.streams());
    });
  }

  @Test
  default void aFollowerReceivesWhatIsStoredThenWhatComesThenTheEnd() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      calls.append(id(1), 1, 0, "a", "b");
      var followed = new FollowedStream(calls.journal, id(1), new JournalOffset(1, 1));
      followed.subscription.demand(Long.MAX_VALUE);
      assertEquals("b@1_2", followed.next());
      calls.append(id(1), 1, 2, "c");
      assertEquals("c@1_3", followed.next());
      calls.end(id(1), 1, Kind.FAILED);
      assertEquals("end FAILED why", followed.next());
      assertEquals(0, calls.journal.size().followers());
    });
  }

  @Test
  default void aFollowerReceivesNoMoreThanItDemands() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      var slow = new FollowedStream(calls.journal, id(1), JournalOffset.START);
      var fast = new FollowedStream(calls.journal, id(1), JournalOffset.START);
      fast.subscription.demand(Long.MAX_VALUE);
      slow.subscription.demand(2);
      for (int i = 0; i < 500; i++) {
        calls.journal.append(id(1), JournalBatch.of(1, i, entries("" + i)), ignored());
      }
      calls.end(id(1), 1, Kind.COMPLETE);
      for (int i = 0; i < 500; i++) {
        assertEquals(i + "@1_" + (i + 1), fast.next());
      }
      assertEquals("end COMPLETE why", fast.next());
      assertEquals("0@1_1", slow.next());
      assertEquals("1@1_2", slow.next());
      assertEquals(2, slow.received());
      assertNull(slow.now());
      for (int i = 2; i < 500; i++) {
        slow.subscription.demand(1);
        assertEquals(i + "@1_" + (i + 1), slow.next());
      }
      assertEquals("end COMPLETE why", slow.next());
    });
  }

  @Test
  default void aCancelledFollowerReceivesNothingMore() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      var followed = new FollowedStream(calls.journal, id(1), JournalOffset.START);
      followed.subscription.demand(10);
      calls.append(id(1), 1, 0, "a");
      assertEquals("a@1_1", followed.next());
      followed.subscription.cancel();
      calls.append(id(1), 1, 1, "b");
      var other = new FollowedStream(calls.journal, id(1), JournalOffset.START);
      other.subscription.demand(2);
      assertEquals("a@1_1", other.next());
      assertEquals("b@1_2", other.next());
      assertNull(followed.now());
      other.subscription.cancel();
      assertEquals(0, calls.journal.size().followers());
    });
  }

  @Test
  default void followersOfAStreamThatGoesAreEnded() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1, Duration.ofSeconds(5), false);
      calls.create(id(2), 1);
      var expiring = new FollowedStream(calls.journal, id(1), JournalOffset.START);
      var deleted = new FollowedStream(calls.journal, id(2), JournalOffset.START);
      clock.addAndGet(5_000);
      calls.journal.expire();
      assertEquals("end EXPIRED ", expiring.next());
      calls.delete(id(2));
      assertEquals("refused UNKNOWN", deleted.next());
    });
  }

  @Test
  default void limitsAreKept() throws Exception {
    with(
        new JournalLimits(60, 100, 150, 2, 1 << 20),
        (calls, clock) -> {
          calls.create(id(1), 1);
          assertEquals("TOO_LARGE", calls.append(id(1), 1, 0, "x".repeat(101)));
          assertEquals("stored 1_1", calls.append(id(1), 1, 0, "x".repeat(100)));
          assertEquals("TOO_LARGE", calls.append(id(1), 1, 1, "x".repeat(51)));
          assertEquals("stored 1_1", calls.end(id(1), 1, Kind.TRUNCATED));
          var large = ByteBuffer.allocate(61);
          assertEquals(
              "TOO_LARGE",
              JournalCalls.answer(receipt ->
                  calls.journal.create(
                      new NewStream(id(2), 1, large, Duration.ZERO, false), receipt)));
          assertEquals("stored 0_0", calls.create(id(2), 1));
          assertEquals("FULL", calls.create(id(3), 1));
          calls.delete(id(1));
          assertEquals("stored 0_0", calls.create(id(3), 1));
          assertEquals(2, calls.journal.size().streams());
        });
  }

  @Test
  default void aFullJournalRefusesAndCanStillEnd() throws Exception {
    with(
        new JournalLimits(60, 10_000, 1 << 20, 10, 20_000),
        (calls, clock) -> {
          calls.create(id(1), 1);
          String answer = "stored";
          int stored = 0;
          while (answer.startsWith("stored") && stored < 10) {
            answer = calls.append(id(1), 1, stored, "x".repeat(5_000));
            stored += answer.startsWith("stored") ? 1 : 0;
          }
          assertEquals("FULL", answer);
          assertEquals("stored 1_" + stored, calls.end(id(1), 1, Kind.TRUNCATED));
          assertEquals(stored + 1, calls.read(id(1)).size());
        });
  }

  @Test
  default void aClosedJournalRefuses() throws Exception {
    var clock = new AtomicLong();
    var journal = open(clock::get, JournalLimits.DEFAULTS);
    var calls = new JournalCalls(journal);
    calls.create(id(1), 1);
    var followed = new FollowedStream(journal, id(1), JournalOffset.START);
    journal.close();
    assertEquals("refused CLOSED", followed.next());
    assertEquals("CLOSED", calls.create(id(2), 1));
    assertEquals("CLOSED", calls.append(id(1), 1, 0, "a"));
    assertEquals("CLOSED", calls.fence(id(1), 2));
    assertEquals("CLOSED", calls.delete(id(1)));
    assertEquals(List.of("CLOSED"), calls.read(id(1)));
    journal.close();
  }

  @Test
  default void aDurableJournalIsTheSameWhenItIsOpenedAgain() throws Exception {
    if (!isDurable()) {
      return;
    }
    var clock = new AtomicLong(1_000_000_000_000L);
    try (var journal = open(clock::get, JournalLimits.DEFAULTS)) {
      var calls = new JournalCalls(journal);
      calls.create(id(1), 1);
      calls.append(id(1), 1, 0, "a", "b");
      calls.create(id(2), 7);
      calls.append(id(2), 7, 0, "c");
      calls.end(id(2), 7, Kind.CANCELLED);
      calls.create(id(3), 1);
      calls.delete(id(3));
      calls.create(id(4), 1, Duration.ofSeconds(5), true);
    }
    clock.addAndGet(6_000);
    try (var journal = open(clock::get, JournalLimits.DEFAULTS)) {
      var calls = new JournalCalls(journal);
      assertEquals(List.of(id(1)), journal.openStreams());
      assertEquals(2, journal.streams().size());
      assertEquals("FENCED", calls.append(id(1), 2, 2, "before the fence"));
      assertEquals("stored 1_2", calls.fence(id(1), 2));
      assertEquals("FENCED", calls.append(id(1), 1, 2, "from the dead"));
      assertEquals("stored 2_3", calls.append(id(1), 2, 2, "d"));
      assertEquals(List.of("a", "b", "d", "open"), calls.read(id(1)));
      assertEquals(List.of("b", "d", "open"), calls.read(id(1), new JournalOffset(1, 1), 1));
      assertEquals(List.of("c", "CANCELLED"), calls.read(id(2)));
      var head = journal.find(id(2)).orElseThrow();
      assertEquals(Optional.of(new JournalEnd(Kind.CANCELLED, "why")), head.end());
      assertEquals(7, head.epoch());
      assertEquals("about " + id(2), StandardCharsets.UTF_8.decode(head.metadata()).toString());
      assertEquals("ENDED", calls.append(id(2), 7, 1, "late"));
      assertEquals(List.of("UNKNOWN"), calls.read(id(3)));
      assertEquals(List.of("UNKNOWN"), calls.read(id(4)));
    }
  }

  @Test
  default void offsetsOfAnotherStreamAreNotRead() throws Exception {
    with((calls, clock) -> {
      calls.create(id(1), 1);
      calls.append(id(1), 1, 0, "a");
      String text = new JournalOffset(1, 1).text(id(1));
      assertEquals(new JournalOffset(1, 1), JournalOffset.parse(text, id(1)));
      assertThrows(IllegalArgumentException.class, () -> JournalOffset.parse(text, id(2)));
    });
  }

  private static Journal.Receipt ignored() {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {}

      @Override
      public void onRefused(JournalRefusal refusal) {}
    };
  }
}
