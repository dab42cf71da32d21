package dev.holdfast.client.journaling;

import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.client.journal.UnknownStreamException;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The streams of one client in its journal. Thread-safe. */
public final class JournaledStreams {
  /** The detail of the end of a stream whose process ended before it. */
  static final String INTERRUPTED = "interrupted";

  private static final byte[] MAGIC = "HFL1".getBytes(StandardCharsets.US_ASCII);
  private static final Duration CLOSING = Duration.ofSeconds(2);

  /**
   * The streams that this process writes, of all its clients: several may share a journal, and none
   * must take a living stream of another for one that a crash left.
   */
  private static final Map<StreamId, StreamWriter> LIVE = new ConcurrentHashMap<>();

  private final Journal journal;
  private final JournalPolicy policy;
  private final SecureRandom random = new SecureRandom();
  private final Map<StreamId, StreamWriter> own = new ConcurrentHashMap<>();

  /** The streams of a client; takes over what an ended process left, if the policy allows it. */
  public JournaledStreams(Journal journal, JournalPolicy policy) {
    this.journal = journal;
    this.policy = policy;
    if (policy.takesOver()) {
      takeOver();
    }
  }

  /**
   * Ends what another process began and did not end. Waits for nothing: operations of one stream
   * are stored in the order of their calls, and readers receive the end once it is stored.
   */
  private void takeOver() {
    var end = new JournalEnd(JournalEnd.Kind.TRUNCATED, INTERRUPTED);
    for (StreamId id : journal.openStreams()) {
      var stream = find(id);
      if (stream.isPresent() && !LIVE.containsKey(id)) {
        int epoch = stream.get().epoch() + 1;
        journal.fence(id, epoch, new StreamWriter.Ignored());
        journal.append(id, JournalBatch.ending(epoch, end), new StreamWriter.Ignored());
      }
    }
  }

  /** {@return a writer of a new stream, once the journal has it or has refused it} */
  public StreamWriter open() {
    var id = StreamId.draw(random);
    var writer = new StreamWriter(this, journal, id, policy.isRequired());
    LIVE.put(id, writer); // Before the journal has it, else another client may take it over.
    own.put(id, writer);
    writer.create(ByteBuffer.wrap(MAGIC), policy.ttl());
    return writer;
  }

  void ended(StreamId id, StreamWriter writer) {
    LIVE.remove(id, writer);
    own.remove(id, writer);
  }

  /**
   * {@return a reader of a stream}
   *
   * @param after an offset; empty for the start
   * @throws UnknownStreamException if there is no such stream
   * @throws IllegalArgumentException if the offset is malformed, of another stream, or past the end
   * @throws IllegalStateException if the journal cannot be read
   */
  public StreamReader read(String id, Optional<String> after) {
    var stream = known(id);
    var offset =
        after.map(text -> JournalOffset.parse(text, stream.id())).orElse(JournalOffset.START);
    var ended = left(stream.id(), offset, after.orElse(""));
    var reader = new StreamReader(stream.id(), offset, ended);
    if (ended.isEmpty()) {
      reader.follow(journal);
    }
    return reader;
  }

  /** {@return the end, if nothing else is left after the offset} */
  private Optional<JournalEnd> left(StreamId id, JournalOffset offset, String text) {
    return switch (journal.read(id, offset, 1)) {
      case JournalRead.Page page -> page.entries().isEmpty() ? page.end() : Optional.empty();
      case JournalRead.Refused(var refusal) ->
          throw switch (refusal.reason()) {
            case UNKNOWN -> new UnknownStreamException();
            case WRONG_OFFSET ->
                new IllegalArgumentException(
                    "offset: must be one that this stream gave, was " + text);
            default -> unreadable(refusal);
          };
    };
  }

  private static IllegalStateException unreadable(JournalRefusal refusal) {
    return new IllegalStateException(
        "journal: must be readable, was "
            + refusal.reason().name().toLowerCase(Locale.ROOT).replace('_', ' '));
  }

  /**
   * {@return whether the stream was open} Ends it as cancelled.
   *
   * @throws UnknownStreamException if there is no such stream
   */
  public boolean stop(String id) {
    var stream = known(id);
    if (stream.end().isPresent()) {
      return false;
    }
    var writer = LIVE.get(stream.id());
    if (writer != null) {
      writer.stop();
      return true;
    }
    var end = new JournalEnd(JournalEnd.Kind.CANCELLED, Cause.CANCELLED.id());
    var batch = JournalBatch.ending(stream.epoch(), end);
    var refusal = Answer.to(receipt -> journal.append(stream.id(), batch, receipt));
    return refusal == null;
  }

  private JournalStream known(String text) {
    StreamId id;
    try {
      id = StreamId.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UnknownStreamException();
    }
    return find(id).orElseThrow(UnknownStreamException::new);
  }

  /** {@return the stream, if a client wrote it: others may share the journal} */
  private Optional<JournalStream> find(StreamId id) {
    return journal.find(id).filter(stream -> stream.metadata().equals(ByteBuffer.wrap(MAGIC)));
  }

  /** Ends the streams of this client as cancelled, and waits for their ends, at most 2 s. */
  public void close() {
    long deadline = System.nanoTime() + CLOSING.toNanos();
    var writers = List.copyOf(own.values());
    writers.forEach(StreamWriter::stop);
    try {
      for (StreamWriter writer : writers) {
        if (!writer.awaitOver(deadline - System.nanoTime())) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
