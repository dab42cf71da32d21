package dev.holdfast.client;

import static dev.holdfast.client.JournalRig.ASKED;
import static dev.holdfast.client.JournalRig.STORY;
import static dev.holdfast.client.JournalRig.finishes;
import static dev.holdfast.client.JournalRig.id;
import static dev.holdfast.client.JournalRig.offset;
import static dev.holdfast.client.JournalRig.rest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.JournalRig.Nothing;
import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.client.journal.UnknownStreamException;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids and offsets that are none, and journals that refuse. */
final class JournalRefusalsTest {
  private final JournalRig rig = new JournalRig();
  private final MemoryJournal journal = rig.journal;

  @AfterEach
  void closeAll() throws Exception {
    rig.close();
  }

  // ---------------------------------------------------------------- bad ids and offsets

  @Test
  void everyIdThatIsNoneHasOneException() {
    var holdfast = rig.client();
    var stream = rig.whole(holdfast);
    assertThat(stream.text()).isEqualTo(STORY);
    var foreign = new StreamId(1, 2);
    journal.create(
        new NewStream(foreign, 1, ByteBuffer.wrap(new byte[] {1}), Duration.ZERO, false),
        new Nothing());
    rig.clock.addAndGet(Duration.ofHours(1).toMillis() + 1); // The default time to live.
    for (String none :
        List.of(
            "",
            "../secret",
            "zz" + "0".repeat(30),
            "0".repeat(31),
            "0".repeat(33),
            "f".repeat(32),
            foreign.toString(),
            id(stream))) {
      for (Runnable asked :
          List.<Runnable>of(
              () -> holdfast.resume(none),
              () -> holdfast.resume(none, "x"),
              () -> holdfast.stop(none))) {
        assertThatThrownBy(asked::run)
            .as("id '%s'", none)
            .isInstanceOf(UnknownStreamException.class)
            .hasMessage(
                "stream id: must be of a stream in the journal that has not expired, was none");
      }
    }
  }

  @Test
  void anOffsetThatIsNotTheStreamsIsRefused() {
    var holdfast = rig.client();
    var stream = rig.whole(holdfast);
    var other = rig.whole(holdfast);
    assertThat(stream.text() + other.text()).isEqualTo(STORY + STORY);
    var own = StreamId.parse(id(stream));
    long tail = JournalOffset.parse(offset(stream), own).sequence();
    for (String wrong :
        List.of(
            "",
            "7",
            "secret",
            offset(stream) + " ",
            offset(stream).replace('_', '-'),
            "-" + offset(stream).substring(1),
            offset(other),
            new JournalOffset(1, tail + 1).text(own),
            new JournalOffset(2, tail).text(own),
            new JournalOffset(1, JournalOffset.MAX_SEQUENCE).text(own))) {
      assertThatIllegalArgumentException()
          .as("offset '%s'", wrong)
          .isThrownBy(() -> holdfast.resume(id(stream), wrong))
          .withMessageStartingWith("offset: must be ")
          .withMessageContaining(", was ")
          .withMessageNotContaining("secret");
    }
  }

  @Test
  void aClosedJournalIsNamed() {
    var holdfast = rig.client();
    var stream = rig.whole(holdfast);
    assertThat(stream.text()).isEqualTo(STORY);
    journal.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> holdfast.resume(id(stream)))
        .withMessage("journal: must be readable, was closed");
  }

  // ---------------------------------------------------------------- a journal that refuses

  private static MemoryJournal full() {
    var d = JournalLimits.DEFAULTS;
    return new MemoryJournal(
        System::currentTimeMillis,
        new JournalLimits(d.metadata(), d.batch(), d.stream(), d.streams(), 1));
  }

  private static MemoryJournal small(long bytes) {
    var d = JournalLimits.DEFAULTS;
    return new MemoryJournal(
        System::currentTimeMillis,
        new JournalLimits(d.metadata(), d.batch(), bytes, d.streams(), d.total()));
  }

  @Test
  void aRequiredJournalThatIsFullRefusesBeforeTheProviderIsAsked() {
    var stream = rig.client(full(), JournalPolicy.DEFAULT.withRequired(true)).stream(ASKED);
    var outcome = stream.outcome();
    assertThat(outcome.verdict()).isEqualTo(new Verdict.Truncated(Cause.JOURNAL_FAILED));
    assertThat(outcome.failure().orElseThrow().detail())
        .isEqualTo("the journal refused the stream: full");
    assertThat(outcome.journaled()).isEmpty();
    assertThat(stream.id()).isEmpty();
    assertThat(rig.network.opened).isEmpty();
  }

  @Test
  void withAFullJournalAStreamContinuesMarked() {
    var stream = rig.whole(rig.client(full(), JournalPolicy.DEFAULT));
    assertThat(stream.id()).isEmpty();
    assertThat(stream.isDurable()).isFalse();
    assertThat(stream.next())
        .hasValue(
            new StreamEvent.Warned(Cause.JOURNAL_FAILED, "the journal refused the stream: full"));
    var outcome = stream.outcome().requireComplete();
    assertThat(outcome.text()).isEqualTo(STORY);
    assertThat(outcome.warnings()).contains(Cause.JOURNAL_FAILED);
    assertThat(outcome.journaled()).isEmpty();
  }

  @Test
  void aRequiredJournalThatFillsEndsTheStreamWithWhatIsStored() {
    var journal = small(250);
    var holdfast = rig.client(journal, JournalPolicy.DEFAULT.withRequired(true));
    var stream = rig.whole(holdfast);
    var received = rest(stream);
    assertThat(stream.outcome().verdict()).isEqualTo(new Verdict.Truncated(Cause.JOURNAL_FAILED));
    assertThat(received).isNotEmpty();
    var reader = holdfast.resume(id(stream));
    assertThat(rest(reader)).isEqualTo(received);
    assertThat(reader.outcome().verdict()).isEqualTo(stream.outcome().verdict());
    assertThat(reader.outcome().journaled()).contains(JournalEnd.Kind.FAILED);
  }

  @Test
  void withAJournalThatFillsAStreamContinuesMarkedAtThePlace() {
    var journal = small(250);
    var holdfast = rig.client(journal, JournalPolicy.DEFAULT);
    var stream = rig.whole(holdfast);
    var received = new ArrayList<StreamEvent>();
    String last = offset(stream);
    int mark = -1;
    for (var event = stream.next(); event.isPresent(); event = stream.next()) {
      if (event.get() instanceof StreamEvent.Warned) {
        mark = received.size();
      }
      received.add(event.get());
      if (mark < 0) {
        last = offset(stream);
      } else {
        assertThat(offset(stream)).isEqualTo(last); // Nothing after it can be resumed from.
      }
    }
    assertThat(mark).isPositive();
    assertThat(stream.outcome().requireComplete().text()).isEqualTo(STORY);
    assertThat(stream.outcome().warnings()).containsOnlyOnce(Cause.JOURNAL_FAILED);
    var reader = holdfast.resume(id(stream));
    assertThat(rest(reader)).isEqualTo(received.subList(0, mark));
    assertThat(reader.outcome().cause()).contains(Cause.JOURNAL_FAILED);
    assertThat(holdfast.resume(id(stream), last).next()).isEmpty();
  }

  /** More than one batch: the journal stores the first and refuses the second. */
  @Test
  void aBurstIsMarkedExactlyWhereTheJournalEnds() {
    var holdfast = rig.client(small(45_000), JournalPolicy.DEFAULT);
    var stream = holdfast.stream(ASKED);
    String burst = JournalRig.frame("{\"content\":\"word \"}", "null").repeat(1500);
    var provider = rig.answering().say(burst);
    finishes(provider);
    var received = rest(stream);
    int mark =
        received.indexOf(
            new StreamEvent.Warned(
                Cause.JOURNAL_FAILED, "the journal refused the stream: too large"));
    assertThat(stream.outcome().requireComplete().text()).isEqualTo("word ".repeat(1500));
    assertThat(mark).isEqualTo(1000);
    var reader = holdfast.resume(id(stream));
    assertThat(rest(reader)).isEqualTo(received.subList(0, mark));
    assertThat(reader.offset()).isEqualTo(stream.offset());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anEndThatIsNotStoredIsNotReported(boolean required) {
    int events = rest(rig.whole(rig.client())).size();
    var refusing = new AtomicBoolean();
    var holdfast =
        rig.client(
            rig.altered(receipt -> {
              if (refusing.get()) {
                receipt.onRefused(new JournalRefusal(JournalRefusal.Reason.STORAGE, "secret"));
                return null;
              }
              return receipt;
            }),
            JournalPolicy.DEFAULT.withRequired(required));
    var stream = rig.whole(holdfast);
    for (int i = 0; i < events; i++) {
      assertThat(stream.next()).isPresent();
    }
    refusing.set(true);
    var outcome = stream.outcome();
    assertThat(outcome.text()).isEqualTo(STORY);
    assertThat(outcome.journaled()).isEmpty();
    assertThat(outcome.cause()).isEqualTo(Optional.of(Cause.JOURNAL_FAILED).filter(c -> required));
    assertThat(outcome.warnings().contains(Cause.JOURNAL_FAILED)).isNotEqualTo(required);
    assertThat(outcome.toString()).doesNotContain("secret");
  }

  @Test
  void aBusyJournalIsAskedAgain() {
    var busy = new AtomicInteger(3);
    var holdfast =
        rig.client(
            rig.altered(receipt -> {
              if (busy.getAndDecrement() > 0) {
                receipt.onRefused(new JournalRefusal(JournalRefusal.Reason.BUSY, "wait"));
                return null;
              }
              return receipt;
            }),
            JournalPolicy.DEFAULT.withRequired(true));
    var stream = rig.whole(holdfast);
    assertThat(stream.text()).isEqualTo(STORY);
    assertThat(busy.get()).isNegative();
    assertThat(holdfast.resume(id(stream)).text()).isEqualTo(STORY);
  }

  @Test
  void aJournalThatThrowsIsAJournalThatRefuses() {
    var holdfast =
        rig.client(
            rig.altered(receipt -> {
              throw new IllegalStateException("secret");
            }),
            JournalPolicy.DEFAULT.withRequired(true));
    var outcome = holdfast.stream(ASKED).outcome();
    assertThat(outcome.cause()).contains(Cause.JOURNAL_FAILED);
    assertThat(outcome.failure().orElseThrow().detail()).doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-PT1S", "P36501D"})
  void aTimeToLiveHasBounds(Duration ttl) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JournalPolicy.DEFAULT.withTtl(ttl))
        .withMessage("ttl: must be zero to 36,500 days, was " + ttl);
  }
}
