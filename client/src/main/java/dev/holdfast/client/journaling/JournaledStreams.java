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
import dev.holdfast.core.stream.Check;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The streams of one client in its journal. Thread-safe. */
public final class JournaledStreams {
  /** The detail of the end of a stream whose process ended before it. */
  static final String INTERRUPTED = "interrupted";

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

  /** Ends what no caller continues; null where nothing waits. */
  private @Nullable Thread giving;

  /** The streams of a client; takes over what an ended process left, if the policy allows it. */
  public JournaledStreams(Journal journal, JournalPolicy policy) {
    this.journal = journal;
    this.policy = policy;
    if (policy.takesOver()) {
      takeOver();
    }
  }

  /**
   * Ends what another process began and did not end, at once or when no caller has continued it in
   * time.
   */
  private void takeOver() {
    var waiting = new ArrayList<StreamId>();
    for (StreamId id : journal.openStreams()) {
      var stream = find(id);
      if (stream.isPresent() && !LIVE.containsKey(id)) {
        boolean waits =
            policy.continuation().isPositive()
                && StreamHead.read(stream.get().metadata()).isPresent();
        if (waits) {
          waiting.add(id);
        } else {
          interrupt(stream.get());
        }
      }
    }
    if (!waiting.isEmpty()) {
      giving = Thread.ofVirtual().name("holdfast-left").start(() -> giveUp(waiting));
    }
  }

  private void giveUp(List<StreamId> waiting) {
    try {
      Thread.sleep(policy.continuation());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // The client was closed: the next process may continue.
    }
    for (StreamId id : waiting) {
      find(id).filter(stream -> stream.end().isEmpty()).ifPresent(this::interrupt);
    }
  }

  /**
   * Ends an open stream, unless it is being written. Waits for nothing: operations of one stream
   * are stored in the order of their calls, and readers receive the end once it is stored.
   */
  private void interrupt(JournalStream stream) {
    int epoch = stream.epoch() + 1;
    var claim = new StreamWriter(this, journal, stream.id(), false, epoch, null);
    if (LIVE.putIfAbsent(stream.id(), claim) == null) {
      var end = new JournalEnd(JournalEnd.Kind.TRUNCATED, INTERRUPTED);
      journal.fence(stream.id(), epoch, new StreamWriter.Ignored());
      journal.append(stream.id(), JournalBatch.ending(epoch, end), new StreamWriter.Ignored());
      LIVE.remove(stream.id(), claim);
    }
  }

  /** {@return whether new streams are stored so that they can be continued} */
  public boolean continues() {
    return policy.continuation().isPositive();
  }

  /** {@return a writer of a new stream, once the journal has it or has refused it} */
  public StreamWriter open() {
    return open(StreamHead.plain(), null);
  }

  /**
   * {@return a writer of a new stream that can be continued, once the journal has it or has refused
   * it}
   *
   * @param seed of its chances
   * @param request everything that is asked; only a digest of it is stored
   * @param inputs records what its machine receives
   */
  public StreamWriter open(long seed, String request, InputLog inputs) {
    return open(StreamHead.of(seed, request).write(), inputs);
  }

  private StreamWriter open(ByteBuffer head, @Nullable InputLog inputs) {
    var id = StreamId.draw(random);
    var writer =
        new StreamWriter(this, journal, id, policy.isRequired(), StreamWriter.FIRST, inputs);
    LIVE.put(id, writer); // Before the journal has it, else another client may take it over.
    own.put(id, writer);
    writer.create(head, policy.ttl());
    return writer;
  }

  /**
   * {@return a stream that an ended process left open, for the caller alone; empty if it has ended,
   * is being written, or was not stored so that it can be continued}
   *
   * @param request as it was given to {@link #open(long, String, InputLog)}
   * @param inputs records what its machine receives
   * @throws UnknownStreamException if there is no such stream
   * @throws IllegalArgumentException if the stream is the answer to another request
   */
  public Optional<LeftStream> takeOver(String id, String request, InputLog inputs) {
    var stream = known(id);
    var head = StreamHead.read(stream.metadata());
    if (head.isEmpty() || stream.end().isPresent() || !policy.takesOver()) {
      return Optional.empty();
    }
    Check.that(
        head.get().isOf(request),
        "request",
        "must be the one that the stream answers",
        "another one");
    var writer =
        new StreamWriter(
            this, journal, stream.id(), policy.isRequired(), stream.epoch() + 1, inputs);
    if (LIVE.putIfAbsent(stream.id(), writer) != null) {
      return Optional.empty();
    }
    own.put(stream.id(), writer);
    return writer.takeOver()
        ? Optional.of(new LeftStream(journal, stream.id(), head.get(), inputs, writer))
        : Optional.empty();
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
    return journal.find(id).filter(stream -> StreamHead.isOurs(stream.metadata()));
  }

  /** Ends the streams of this client as cancelled, and waits for their ends, at most 2 s. */
  public void close() {
    var waits = giving;
    if (waits != null) {
      waits.interrupt();
    }
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
