package dev.holdfast.client.journaling;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stores one stream as it comes. What it has stored was written by the journal before the call
 * returned. After the first refusal it stores nothing more, so that what is stored is a prefix.
 *
 * <p>Concurrency: {@link #store} and {@link #end} belong to the stream's driver; everything else
 * may come from any thread.
 */
public final class StreamWriter {
  /** The epoch of a stream's first producer; a later one takes over with a higher one. */
  static final int FIRST = 1;

  private static final int MOST_ENTRIES = 1000;

  private static final byte[] NOTHING = {};

  private static final JournalEnd ABANDONED =
      new JournalEnd(JournalEnd.Kind.FAILED, Cause.JOURNAL_FAILED.id());

  private final JournaledStreams streams;
  private final Journal journal;
  private final StreamId id;
  private final boolean required;
  private final int epoch;

  /** What the machine receives; null for a stream that is not to be continued. */
  private final @Nullable InputLog inputs;

  private final CountDownLatch over = new CountDownLatch(1);
  private long sequence;
  private volatile boolean created;
  private volatile @Nullable String refusal;
  private volatile Runnable stop = () -> {};

  StreamWriter(
      JournaledStreams streams,
      Journal journal,
      StreamId id,
      boolean required,
      int epoch,
      @Nullable InputLog inputs) {
    this.streams = streams;
    this.journal = journal;
    this.id = id;
    this.required = required;
    this.epoch = epoch;
    this.inputs = inputs;
  }

  /** Creates the stream, waiting for it. */
  void create(ByteBuffer metadata, Duration ttl) {
    var stream = new NewStream(id, epoch, metadata, ttl, true);
    var refused = Answer.to(receipt -> journal.create(stream, receipt));
    if (refused == null) {
      created = true;
    } else {
      refuse(refused);
    }
  }

  /** {@return whether the stream is taken over} Waits for it, and writes after what is stored. */
  boolean takeOver() {
    var refused = Answer.to(receipt -> journal.fence(id, epoch, receipt));
    var stream = journal.find(id).filter(it -> it.end().isEmpty());
    if (refused != null || stream.isEmpty()) {
      over();
      return false;
    }
    sequence = stream.get().tail().sequence();
    created = true;
    return true;
  }

  /** Ends the stream as what a process left. */
  void interrupt() {
    var end = new JournalEnd(JournalEnd.Kind.TRUNCATED, JournaledStreams.INTERRUPTED);
    var unused = Answer.to(receipt -> journal.append(id, JournalBatch.ending(epoch, end), receipt));
    over();
  }

  /** {@return where what the machine receives is recorded; empty if it is not} */
  public Optional<InputLog> inputs() {
    return Optional.ofNullable(inputs);
  }

  /** {@return whether the stream must end where the journal refuses it} */
  public boolean isRequired() {
    return required;
  }

  /** {@return the stream's id; empty where the journal refused it from the start} */
  public Optional<String> id() {
    return created ? Optional.of(id.toString()) : Optional.empty();
  }

  /** {@return whether everything that came is stored} */
  public boolean isDurable() {
    return refusal == null;
  }

  /** {@return why nothing more is stored, one sentence for display; empty while it is} */
  public Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }

  /** {@return the place after so many entries} */
  public String offset(long entries) {
    var offset = entries == 0 ? JournalOffset.START : new JournalOffset(epoch, entries);
    return offset.text(id);
  }

  /** Sets what ends the stream: any thread, never blocks. */
  public void onStop(Runnable stop) {
    this.stop = stop;
  }

  /** Ends the stream as cancelled. Any thread; never blocks. */
  void stop() {
    stop.run();
  }

  /** Stores events, as far as nothing was refused. {@link #isDurable} has the result. */
  public void store(Collection<StreamEvent> events) {
    var entries = new ArrayList<JournalEntry>(Math.min(events.size(), MOST_ENTRIES));
    long bytes = 0;
    byte[] received = inputs == null ? NOTHING : inputs.take();
    for (StreamEvent event : events) {
      var entry = entry(EventCodec.write(event), received);
      received = NOTHING;
      boolean full =
          entries.size() == MOST_ENTRIES || bytes + entry.size() > journal.limits().batch();
      if (full && !entries.isEmpty()) {
        append(List.copyOf(entries), Optional.empty());
        entries.clear();
        bytes = 0;
      }
      entries.add(entry);
      bytes += entry.size();
    }
    append(entries, Optional.empty());
  }

  private JournalEntry entry(ByteBuffer event, byte[] received) {
    if (received.length > 0 && inputs != null) {
      var entry = EntryType.withInputs(event, received);
      if (entry.size() <= journal.limits().batch()) {
        return entry;
      }
      inputs.stop(); // The stream cannot be continued any more.
    }
    return new JournalEntry(EntryType.EVENT, event);
  }

  /** {@return how the end is stored; empty if it is not} Stores the end, and closes. */
  public Optional<JournalEnd.Kind> end(StoredEnding ending) {
    var end = EndingCodec.end(ending.ending().verdict());
    var entry = new JournalEntry(EntryType.ENDING, EndingCodec.write(ending));
    boolean fits = entry.size() <= journal.limits().batch();
    append(fits ? List.of(entry) : List.of(), Optional.of(end));
    over();
    return isDurable() ? Optional.of(end.kind()) : Optional.empty();
  }

  /** {@return how many entries are stored} */
  public long stored() {
    return sequence;
  }

  private void append(List<JournalEntry> entries, Optional<JournalEnd> end) {
    if (!isDurable() || (entries.isEmpty() && end.isEmpty())) {
      return;
    }
    var batch = new JournalBatch(epoch, sequence, entries, end);
    var refused = Answer.to(receipt -> journal.append(id, batch, receipt));
    if (refused == null) {
      sequence += entries.size();
    } else {
      refuse(refused);
    }
  }

  private void refuse(JournalRefusal refused) {
    // The reason alone: a detail of a journal of the caller's may quote what was written.
    refusal =
        "the journal refused the stream: "
            + refused.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    if (refused.reason() == JournalRefusal.Reason.ENDED && isStopped()) {
      stop.run();
    } else if (created) {
      // A disk that failed has ended the stream already; a limit has not, and readers wait.
      try {
        journal.append(id, JournalBatch.ending(epoch, ABANDONED), new Ignored());
      } catch (RuntimeException e) {
        // The journal is the caller's, and has been reported as failed.
      }
    }
    over();
  }

  /** {@return whether another process has stopped the stream} */
  private boolean isStopped() {
    return journal
        .find(id)
        .flatMap(JournalStream::end)
        .filter(end -> end.kind() == JournalEnd.Kind.CANCELLED)
        .isPresent();
  }

  private void over() {
    streams.ended(id, this);
    over.countDown();
  }

  /** {@return whether it was over within that time} */
  boolean awaitOver(long nanos) throws InterruptedException {
    return over.await(nanos, TimeUnit.NANOSECONDS);
  }

  /** For an operation whose result changes nothing. */
  static final class Ignored implements Journal.Receipt {
    @Override
    public void onStored(JournalOffset tail) {}

    @Override
    public void onRefused(JournalRefusal refusal) {}
  }
}
