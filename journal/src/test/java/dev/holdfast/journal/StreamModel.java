package dev.holdfast.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a producer and a reader of one stream know, and what must hold after a crash. */
final class StreamModel implements Journal.Follower {
  final StreamId id;
  int epoch;
  boolean createdAcked;
  boolean deleteAsked;
  boolean deleteAcked;

  /** The journal reported that it failed under this stream. */
  boolean lost;

  /** After a failure the storage worked again, so that the end must have been stored. */
  boolean endStored;

  /** What the producer appended in order, whether it was reported as stored or not. */
  final List<String> sent = new ArrayList<>();

  /** How many of these were reported as stored. */
  int acked;

  Optional<JournalEnd.Kind> endAsked = Optional.empty();
  boolean endAcked;
  int fenceAcked;

  /** What a reader received. */
  final List<String> received = new ArrayList<>();

  @Nullable String fault;
  Journal.@Nullable Subscription subscription;

  StreamModel(StreamId id, int epoch) {
    this.id = id;
    this.epoch = epoch;
  }

  static String text(JournalEntry entry) {
    return StandardCharsets.US_ASCII.decode(entry.payload()).toString();
  }

  static JournalEntry entry(String text) {
    return new JournalEntry(1, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
  }

  boolean isOpen() {
    return !lost && !deleteAsked && endAsked.isEmpty();
  }

  @Override
  public void onEntry(StoredEntry entry) {
    received.add(text(entry.entry()));
    if (received.size() != entry.offset().sequence()) {
      fault =
          "a reader received sequence " + entry.offset().sequence() + " as its " + received.size();
    }
  }

  @Override
  public void onEnd(JournalEnd end) {}

  @Override
  public void onRefused(JournalRefusal refusal) {
    if (refusal.reason() == JournalRefusal.Reason.DAMAGED) {
      fault = "a reader was refused: " + refusal;
    }
  }

  /** Reads all of a stream. */
  static List<String> read(Journal journal, StreamId id) {
    var texts = new ArrayList<String>();
    var next = JournalOffset.START;
    while (true) {
      switch (journal.read(id, next, 200)) {
        case JournalRead.Refused refused -> throw new AssertionError(id + ": " + refused);
        case JournalRead.Page page -> {
          page.entries().forEach(entry -> texts.add(text(entry.entry())));
          next = page.next();
          if (page.atTail()) {
            return texts;
          }
        }
      }
    }
  }

  /**
   * {@return what is wrong after a crash; null if nothing is}
   *
   * @param lossless whether what was reported must be there
   */
  @Nullable String check(Journal journal, boolean lossless) {
    if (fault != null) {
      return fault;
    }
    var head = journal.find(id);
    if (head.isEmpty()) {
      boolean mayBeGone = deleteAsked || !createdAcked || !lossless;
      return mayBeGone ? null : "a stream that was stored is gone";
    }
    if (deleteAcked && lossless) {
      return "a stream that was removed is back";
    }
    var there = read(journal, id);
    if (there.size() > sent.size() || !sent.subList(0, there.size()).equals(there)) {
      return "entries were changed, doubled or mixed: sent " + sent + ", stored " + there;
    }
    if (!lossless) {
      return null;
    }
    if (there.size() < acked) {
      return "%d entries were reported as stored, %d are there".formatted(acked, there.size());
    }
    if (there.size() < received.size()) {
      return "a reader has %d entries, %d are there".formatted(received.size(), there.size());
    }
    if (head.get().epoch() < fenceAcked) {
      return "the epoch %d is back to %d".formatted(fenceAcked, head.get().epoch());
    }
    return checkEnd(head.get().end().map(JournalEnd::kind), there.size());
  }

  private @Nullable String checkEnd(Optional<JournalEnd.Kind> end, int size) {
    if (endAcked && !end.equals(endAsked)) {
      return "the end %s is now %s".formatted(endAsked, end);
    }
    if (endStored && end.isEmpty()) {
      return "an end that was to be stored late is not there";
    }
    boolean failed = end.equals(Optional.of(JournalEnd.Kind.FAILED)) && lost;
    if (end.isPresent() && !failed && !(end.equals(endAsked) && size == sent.size())) {
      return "an end %s that was never asked for at %d".formatted(end, size);
    }
    return null;
  }

  /** Continues from what the journal has, as a producer does after a crash. */
  void resume(Journal journal) {
    var head = journal.find(id).orElseThrow();
    var there = read(journal, id);
    sent.clear();
    sent.addAll(there);
    acked = there.size();
    createdAcked = true;
    endAsked = head.end().map(JournalEnd::kind);
    endAcked = endAsked.isPresent();
    endStored = false;
    lost = endAsked.isPresent();
    epoch = head.epoch();
    fenceAcked = epoch;
    deleteAsked = false;
    deleteAcked = false;
    received.clear();
    follow(journal);
  }

  void follow(Journal journal) {
    var followed = journal.follow(id, JournalOffset.START, this);
    subscription = followed;
    followed.demand(Long.MAX_VALUE);
  }
}
