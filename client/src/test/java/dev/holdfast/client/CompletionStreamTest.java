package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.transport.OpenExchanges;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class CompletionStreamTest {
  private final EchoMachine machine = new EchoMachine();

  @Test
  void theRequestGoesOutBeforeAnybodyPulls() {
    var rig = new Rig(machine);
    assertThat(rig.transport.opened).hasSize(1);
    assertThat(rig.exchange().demanded).hasValue(OpenExchanges.WINDOW);
  }

  @Test
  void eventsComeInOrderAndThenNull() {
    var rig = new Rig(machine);
    rig.exchange().head(200).say("one ").say("two").end();
    var stream = rig.stream();
    assertThat(stream.next()).hasValue(new StreamEvent.TextDelta(0, "one "));
    assertThat(stream.next()).hasValue(new StreamEvent.TextDelta(0, "two"));
    assertThat(stream.next()).isEmpty();
    assertThat(stream.next()).isEmpty();
    assertThat(stream.outcome().text()).isEqualTo("one two");
    assertThat(stream.outcome().isComplete()).isTrue();
  }

  @Test
  void pullingAndIteratingShareOnePosition() {
    var rig = new Rig(machine);
    rig.exchange().say("a").say("b").say("c").end();
    var stream = rig.stream();
    var events = stream.iterator();
    assertThat(events.hasNext()).isTrue();
    assertThat(stream.next()).hasValue(new StreamEvent.TextDelta(0, "a"));
    assertThat(events.next()).isEqualTo(new StreamEvent.TextDelta(0, "b"));
    var rest = new ArrayList<StreamEvent>();
    events.forEachRemaining(rest::add);
    assertThat(rest).containsExactly(new StreamEvent.TextDelta(0, "c"));
  }

  @Test
  void aSecondIteratorIsRefused() {
    var rig = new Rig(machine);
    rig.exchange().say("a").end();
    var stream = rig.stream();
    assertThat(stream.iterator()).isNotNull();
    assertThatIllegalStateException()
        .isThrownBy(stream::iterator)
        .withMessage("iterator: must be called once per stream, was called again");
    assertThat(stream.outcome().isComplete()).isTrue();
  }

  @Test
  void aPieceOfTextThatWasLookedAtIsNotLost() {
    var rig = new Rig(machine);
    rig.exchange().say("one ").say("two ").say("three").end();
    var stream = rig.stream();
    assertThat(stream.textDeltas().iterator().hasNext()).isTrue();
    assertThat(stream.textDeltas().iterator().next()).isEqualTo("one ");
    assertThat(stream.textDeltas().iterator().hasNext()).isTrue();
    assertThat(stream.next()).hasValue(new StreamEvent.TextDelta(0, "two "));
    assertThat(stream.textDeltas()).containsExactly("three");
    assertThat(stream.textDeltas()).isEmpty();
  }

  @Test
  void chunksTakenAllowAsManyMoreHalfAWindowAtATime() {
    var rig = new Rig(machine);
    for (int i = 0; i < OpenExchanges.MORE; i++) {
      assertThat(rig.exchange().demanded).hasValue(OpenExchanges.WINDOW);
      rig.exchange().say("a");
      var unused = rig.driver.next();
    }
    assertThat(rig.exchange().demanded).hasValue(OpenExchanges.WINDOW + OpenExchanges.MORE);
  }

  @Test
  void theOutcomeIsTheSameHoweverOftenItIsAsked() {
    var rig = new Rig(machine);
    rig.exchange().say("a").end();
    var stream = rig.stream();
    var first = stream.outcome();
    stream.abort();
    stream.close();
    assertThat(stream.outcome()).isSameAs(first);
    assertThat(first.verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void textThrowsWhereTheAnswerIsCut() {
    var rig = new Rig(machine);
    rig.exchange().say("half an ");
    rig.exchange().receiver.onFailure(Failure.retryable(Cause.CONNECTION_LOST, "reset"));
    assertThatThrownBy(() -> rig.stream().text())
        .isInstanceOfSatisfying(
            IncompleteStreamException.class,
            thrown -> {
              assertThat(thrown.cause()).isEqualTo(Cause.CONNECTION_LOST);
              assertThat(thrown.partialText()).isEqualTo("half an ");
              assertThat(thrown).hasMessageNotContaining("half an");
            });
  }

  @Test
  void aTransportThatThrowsIsAFailedAttempt() {
    var throwing =
        new FakeTransport(exchange -> {
          throw new IllegalArgumentException("secret header");
        });
    var outcome = new Rig(machine, throwing, SpillingSink::new).stream().outcome();
    assertThat(outcome.cause()).contains(Cause.CONNECTION_FAILED);
    assertThat(outcome.failure().orElseThrow().detail()).doesNotContain("secret");
  }

  @Nested
  final class Clocks {
    @Test
    void theTimerFiresAtItsTime() {
      var rig = new Rig(machine.withTimer(5_000_000_000L));
      assertThat(rig.stream().outcome().cause()).contains(Cause.IDLE_TIMEOUT);
      assertThat(rig.time.nanoTime()).isEqualTo(5_000_000_000L);
    }

    @Test
    void theTimeAConsumerIsAwayIsTakenOutOfTheUpstreamsClocks() {
      var rig = new Rig(machine);
      rig.exchange().say("a").say("b").end();
      rig.time.advance(Duration.ofSeconds(1).toNanos());
      var first = rig.driver.next();
      rig.time.advance(Duration.ofHours(1).toNanos());
      var second = rig.driver.next();
      assertThat(first).isNotEqualTo(second);
      assertThat(machine.heard)
          .containsSubsequence(
              new EchoMachine.Heard("Paused", 0),
              new EchoMachine.Heard("Demand", 1_000_000_000L),
              new EchoMachine.Heard("BytesArrived", 1_000_000_000L),
              new EchoMachine.Heard("Paused", 1_000_000_000L),
              new EchoMachine.Heard("Demand", 3_601_000_000_000L),
              new EchoMachine.Heard("BytesArrived", 3_601_000_000_000L));
    }

    @Test
    void aQuickConsumerIsNeverAway() {
      var rig = new Rig(machine);
      rig.exchange().say("a").say("b").end();
      var unused = rig.stream().outcome();
      assertThat(machine.signals()).doesNotContain("Paused", "Demand");
    }

    @Test
    void aDueTimerIsNotStarvedByBytes() {
      var rig = new Rig(machine.withTimer(10));
      rig.exchange().say("a").say("b").say("c");
      rig.time.advance(20);
      assertThat(rig.stream().outcome().cause()).contains(Cause.IDLE_TIMEOUT);
      assertThat(machine.signals()).containsExactly("Begin", "BytesArrived", "TimerFired");
    }

    @Test
    void timingsCountFromTheRequest() {
      var rig = new Rig(machine);
      rig.time.advance(7_000_000);
      rig.exchange().say("a").end();
      assertThat(rig.stream().outcome().timings())
          .isEqualTo(new Timings(Optional.of(Duration.ofMillis(7)), Duration.ofMillis(7)));
    }
  }

  @Nested
  final class Cancelling {
    @Test
    void abortWakesAStalledReaderAndClosesTheExchange() throws Exception {
      var rig = new Rig(machine);
      var stream = rig.stream();
      var pulled = new FutureTask<>(stream::next);
      var reader = Thread.ofVirtual().start(pulled);
      while (reader.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      stream.abort();
      assertThat(rig.exchange().isCancelled()).isTrue();
      assertThat(pulled.get()).isEmpty();
      assertThat(stream.outcome().verdict()).isEqualTo(new Verdict.Cancelled());
      assertThat(stream.outcome().failure().orElseThrow().cause()).isEqualTo(Cause.CANCELLED);
    }

    @Test
    void whatWasNotHandedOutIsNotInTheText() {
      var rig = new Rig(machine);
      rig.exchange().say("a").say("b").end();
      var stream = rig.stream();
      var unused = stream.next();
      stream.abort();
      assertThat(stream.next()).isEmpty();
      assertThat(stream.outcome().text()).isEqualTo("a");
      assertThat(stream.outcome().verdict()).isEqualTo(new Verdict.Cancelled());
    }

    @Test
    void abortClosesTheExchangeEvenIfNothingIsEverPulled() {
      var rig = new Rig(machine);
      rig.stream().abort();
      assertThat(rig.exchange().isCancelled()).isTrue();
    }

    @Test
    void aStreamThatIsDroppedIsCancelledByTheCollector() throws Exception {
      var rig = new Rig(machine);
      assertThat(rig.stream().iterator()).isNotNull();
      while (!rig.exchange().cancelled.await(10, TimeUnit.MILLISECONDS)) {
        System.gc();
      }
      assertThat(rig.driver.outcome().cause()).contains(Cause.CANCELLED);
    }

    @Test
    void aStreamOfWhichEverythingWasHandedOutStaysComplete() {
      var rig = new Rig(new OneChunkMachine());
      rig.exchange().say("all");
      var stream = rig.stream();
      var unused = stream.next();
      stream.abort();
      assertThat(stream.outcome().isComplete()).isTrue();
    }

    @Test
    void anInterruptEndsTheStreamAndIsKept() {
      var rig = new Rig(machine);
      Thread.currentThread().interrupt();
      var event = rig.stream().next();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(event).isEmpty();
      assertThat(rig.driver.outcome().cause()).contains(Cause.CANCELLED);
      assertThat(rig.exchange().isCancelled()).isTrue();
    }

    @Test
    void anAbortWhileTheExchangeIsBeingOpenedCancelsIt() {
      var driver = new StreamDriver[1];
      var retrying =
          new EchoMachine() {
            @Override
            public List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings) {
              return signal instanceof Signal.Failed
                  ? List.of(new Action.OpenAttempt(2, 0, Rig.CALL, 1))
                  : super.on(signal, nowNanos, standings);
            }
          };
      var transport =
          new FakeTransport(exchange -> {
            if (driver[0] != null) {
              driver[0].cancel("meanwhile");
            }
          });
      var rig = new Rig(retrying, transport, SpillingSink::new);
      driver[0] = rig.driver;
      rig.exchange().receiver.onFailure(Failure.retryable(Cause.CONNECTION_LOST, "reset"));
      assertThat(rig.stream().outcome().cause()).contains(Cause.CANCELLED);
      assertThat(transport.opened).hasSize(2);
      assertThat(rig.exchange().isCancelled()).isTrue();
    }
  }

  @Nested
  final class Sinks {
    @Test
    void aSinkThatRefusesTextEndsTheStreamTruthfully() {
      var rig = new Rig(machine, new FakeTransport(), () -> new MemorySink(5));
      rig.exchange().say("12345").say("6").say("7").end();
      var seen = new ArrayList<StreamEvent>();
      var stream = rig.stream();
      stream.forEach(seen::add);
      assertThat(seen).containsExactly(new StreamEvent.TextDelta(0, "12345"));
      assertThat(stream.outcome().verdict()).isEqualTo(new Verdict.Truncated(Cause.JOURNAL_FAILED));
      assertThat(stream.outcome().text()).isEqualTo("12345");
      assertThat(rig.exchange().isCancelled()).isTrue();
    }

    @Test
    void aSinkThatRefusesTheLastTextIsNoCompleteAnswer() {
      var rig = new Rig(new OneChunkMachine(), new FakeTransport(), () -> new MemorySink(2));
      rig.exchange().say("all");
      assertThat(rig.stream().outcome().cause()).contains(Cause.JOURNAL_FAILED);
    }

    @Test
    void aSinkThatFailsAtTheEndIsNoCompleteAnswer() {
      var sink =
          new TextSink() {
            @Override
            public void append(String text) {}

            @Override
            public void finish() throws IOException {
              throw new IOException("disk full of prompts");
            }

            @Override
            public Reader reader() {
              return Reader.nullReader();
            }

            @Override
            public void close() {}
          };
      var rig = new Rig(machine, new FakeTransport(), () -> sink);
      rig.exchange().say("a").end();
      var outcome = rig.stream().outcome();
      assertThat(outcome.cause()).contains(Cause.JOURNAL_FAILED);
      assertThat(outcome.failure().orElseThrow().detail()).doesNotContain("prompts");
    }

    @Test
    void closingReleasesTheSinkEvenIfNothingIsRead() throws Exception {
      var closed = new CountDownLatch(1);
      var rig = new Rig(machine, new FakeTransport(), () -> new LatchedSink(closed));
      rig.exchange().say("a");
      var stream = rig.stream();
      var unused = stream.next();
      stream.close();
      closed.await();
      assertThat(stream.outcome().cause()).contains(Cause.CANCELLED);
    }

    @Test
    void textPastTheMemoryLimitIsReadNotReturned() throws Exception {
      var rig = new Rig(machine);
      String long1 = "x".repeat(700);
      rig.exchange().say(long1).say(long1).end();
      var outcome = rig.stream().outcome();
      assertThatThrownBy(outcome::text)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("textReader()");
      try (var reader = outcome.textReader()) {
        var whole = new java.io.StringWriter();
        assertThat(reader.transferTo(whole)).isEqualTo(1400);
        assertThat(whole).hasToString(long1 + long1);
      }
      rig.driver.release();
    }
  }

  /** Takes the first chunk for the whole answer. */
  private static final class OneChunkMachine extends EchoMachine {
    @Override
    List<Action> text(ByteBuffer bytes) {
      var actions = new ArrayList<>(super.text(bytes));
      actions.addAll(end(new Verdict.Complete(), null));
      return actions;
    }
  }

  private static final class LatchedSink implements TextSink {
    private final MemorySink memory = new MemorySink(100);
    private final CountDownLatch closed;

    LatchedSink(CountDownLatch closed) {
      this.closed = closed;
    }

    @Override
    public void append(String text) throws IOException {
      memory.append(text);
    }

    @Override
    public Reader reader() {
      return memory.reader();
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }
}
