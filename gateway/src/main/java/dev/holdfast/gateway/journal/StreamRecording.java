package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The response of one stream that is written to the journal, and to no client: every client reads
 * it from there, so no byte leaves before it is stored. Belongs to one event loop.
 */
public final class StreamRecording implements ClientResponse {
  /** From so many bytes on that are not stored the upstream is not read. */
  private static final long MOST_PENDING = 1 << 20;

  /** Ends the detail of an end that the body does not show. */
  public static final String UNWRITTEN = ", unwritten";

  private static final long BUSY_MILLIS = 5;
  private static final JournalEnd ABANDONED =
      new JournalEnd(JournalEnd.Kind.FAILED, "journal-failed" + UNWRITTEN);

  /** What writes the stream. On the recording's event loop. */
  public interface Producer {
    /** No client reads any more. */
    void readersGone();

    /** A client reads again. */
    void readersBack();

    /** Whether more can be taken has changed. */
    void writability();

    /** A client asks for the end. */
    void stop();

    /** An identical request took its place. */
    void replaced();

    /** The journal takes nothing more. */
    void lost();
  }

  private final StreamStore store;
  private final StreamId id;
  private final String dialect;
  private final EventLoop loop;
  private final Frames frames;
  private final int epoch;
  private final PendingEntries pending = new PendingEntries();
  private final RecordingReaders readers = new RecordingReaders();
  private final List<Consumer<@Nullable JournalRefusal>> whenCreated = new ArrayList<>();
  private final List<Runnable> whenOver = new ArrayList<>();
  private final long beganNanos;
  private volatile boolean unattended;
  private boolean created;
  private @Nullable JournalRefusal notCreated;
  private @Nullable Producer producer;
  private @Nullable JournalEnd end;
  private @Nullable ByteArrayOutputStream directBody;
  private boolean directWhole = true;
  private @Nullable HttpHeaders directHeaders;
  private int directStatus;
  private volatile @Nullable DirectAnswer direct;
  private volatile boolean answering;
  private long sequence;
  private boolean begun;
  private boolean closing;
  private boolean inFlight;
  private boolean scheduled;
  private boolean held;
  private boolean over;
  private boolean suspended;
  private String unstored = "";
  private @Nullable ChatTurn chat;
  private final Touches touches = new Touches();

  /** A recording of a new stream, which is not in the journal yet. */
  public StreamRecording(
      StreamStore store, StreamId id, String dialect, EventLoop loop, long beganNanos) {
    this(store, id, dialect, loop, 1, beganNanos);
  }

  /**
   * A recording of a stream that another process began.
   *
   * @param epoch under which this process writes
   * @param tail the place after what is stored of it
   */
  public StreamRecording(
      StreamStore store,
      StreamId id,
      String dialect,
      EventLoop loop,
      int epoch,
      JournalOffset tail,
      long beganNanos) {
    this(store, id, dialect, loop, epoch, beganNanos);
    sequence = tail.sequence();
    created = true;
    store.began(this);
    touches.begin(store, id, loop);
  }

  private StreamRecording(
      StreamStore store, StreamId id, String dialect, EventLoop loop, int epoch, long beganNanos) {
    this.store = store;
    this.id = id;
    this.dialect = dialect;
    this.loop = loop;
    this.epoch = epoch;
    this.beganNanos = beganNanos;
    frames = new Frames(dialect);
  }

  // ---------------------------------------------------------------- a new stream

  /**
   * {@return whether this is now the stream of its identity} Another request may have been faster.
   *
   * @param before the stream that it replaces; null for none
   */
  public boolean claims(String identity, @Nullable StreamId before) {
    store.began(this);
    boolean claimed = store.claim(identity, before, id);
    if (!claimed) {
      store.ended(this);
    }
    return claimed;
  }

  /**
   * Creates the stream in the journal, with its request.
   *
   * @param identity the hash of the request
   * @param keyed whether it has an {@code Idempotency-Key}
   * @param chat what it answers in a chat; null for none
   */
  public void create(
      Caller caller,
      StoredRequest request,
      String identity,
      boolean keyed,
      @Nullable ChatTurn chat) {
    this.chat = chat;
    var metadata =
        new StreamMetadata(
            caller.tag(id),
            HexFormat.of().parseHex(identity),
            keyed,
            dialect,
            chat == null ? new byte[0] : HexFormat.of().parseHex(chat.tag()));
    var journal = store.journal();
    var refused = new AtomicReference<@Nullable JournalRefusal>();
    var stream = new NewStream(id, epoch, metadata.bytes(), store.config().ttl(), true);
    var batches = request.batches(epoch, journal.limits().batch(), chat);
    int last = batches.size() - 1;
    int count = (int) batches.get(last).expected() + batches.get(last).entries().size();
    for (int i = 0; i <= last; i++) {
      boolean ends = i == last;
      var receipt =
          Receipts.of(refusal -> {
            refused.compareAndSet(null, refusal); // The first one counts.
            if (ends) {
              var first = refused.get();
              onLoop(() -> created(first, count));
            }
          });
      if (i == 0) {
        // With the stream: another gateway that finds it, and no owner awake, has its request.
        journal.create(stream, batches.get(i), receipt);
      } else {
        journal.append(id, batches.get(i), receipt);
      }
    }
  }

  private void created(@Nullable JournalRefusal refusal, int entries) {
    created = true;
    notCreated = refusal;
    sequence = entries;
    if (refusal != null) {
      finish(); // A stop may wait for it.
      store.journal().delete(id, Receipts.of(deleted -> {}));
    } else {
      touches.begin(store, id, loop);
    }
    whenCreated.forEach(action -> action.accept(refusal));
    whenCreated.clear();
  }

  /** Calls this on the loop once the stream is in the journal, or cannot be, with the reason. */
  public void whenCreated(Consumer<@Nullable JournalRefusal> action) {
    onLoop(() -> {
      if (created) {
        action.accept(notCreated);
      } else {
        whenCreated.add(action);
      }
    });
  }

  /** Calls this on the loop once nothing more is written. */
  public void whenOver(Runnable action) {
    onLoop(() -> {
      if (over) {
        action.run();
      } else {
        whenOver.add(action);
      }
    });
  }

  @Override
  public void whenStored(Stored action) {
    whenOver(() -> action.accept(unstored));
  }

  /** {@return when it began, on the gateway's clock} */
  public long beganNanos() {
    return beganNanos;
  }

  /** {@return whether no client reads it} Of any thread. */
  public boolean isUnattended() {
    return unattended;
  }

  /** An identical request took its place. */
  public void replace() {
    onLoop(() -> withProducer(Producer::replaced));
  }

  public StreamId id() {
    return id;
  }

  /** {@return whether some of the body has been written} Of any thread. */
  public boolean isAnswering() {
    return answering;
  }

  /** {@return an answer that is no stream; null for none} Of any thread. */
  @Nullable DirectAnswer direct() {
    return direct;
  }

  /** Sets what writes it. */
  public void by(Producer producer) {
    this.producer = producer;
  }

  // ---------------------------------------------------------------- readers

  void join(StreamReader reader) {
    onLoop(() -> {
      readers.add(reader);
      unattended = false;
      var writes = producer;
      if (writes != null && readers.count() == 1) {
        writes.readersBack();
      }
    });
  }

  /**
   * {@return whether a reader receives from here what is stored from now on} It must have all that
   * is stored, as far as this recording knows, and write on the same event loop.
   *
   * @param after what it has
   */
  boolean serves(StreamReader reader, JournalOffset after) {
    return loop.equals(reader.loop())
        && loop.inEventLoop()
        && created
        && !over
        && !suspended
        && after.sequence() == sequence
        && readers.follows(reader);
  }

  /**
   * A reader leaves.
   *
   * @param atEnd whether it has read the stream to its end
   */
  void leave(StreamReader reader, boolean atEnd) {
    onLoop(() -> {
      if (!readers.leave(reader, atEnd)) {
        return;
      }
      var writes = producer;
      unattended = !over;
      if (writes != null && !over) {
        writes.readersGone();
      }
    });
  }

  /** Calls this on the loop if the readers leave without one of them having read to the end. */
  public void whenLeft(Runnable action) {
    onLoop(() -> readers.whenLeft(action));
  }

  /** {@return whether identical requests find it again} Not where another took its place. */
  public boolean reclaims(String identity) {
    return store.claim(identity, null, id);
  }

  @Override
  public boolean hasReaders() {
    return !readers.isEmpty();
  }

  /**
   * Asks for the end.
   *
   * @param stopped is called once the end is stored, or cannot be
   */
  public void stop(Runnable stopped) {
    whenOver(stopped);
    whenCreated(refusal -> withProducer(Producer::stop));
  }

  private void withProducer(Consumer<Producer> action) {
    if (producer != null) {
      action.accept(producer);
    }
  }

  /** Runs on the loop of this recording, if that still runs. */
  void onLoop(Runnable action) {
    if (loop.inEventLoop()) {
      action.run();
      return;
    }
    try {
      loop.execute(action);
    } catch (RejectedExecutionException e) {
      // The gateway has ended; what is stored is.
    }
  }

  // ---------------------------------------------------------------- the response

  @Override
  public boolean isRecorded() {
    return true;
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public ByteBuf allocate(int size) {
    return Unpooled.buffer(size);
  }

  @Override
  public boolean isWritable() {
    return pending.bytes() < MOST_PENDING;
  }

  @Override
  public void reading(boolean on) {
    // The request was read whole.
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  /** The head is stored already. */
  public void resumed() {
    begun = true;
    answering = true;
  }

  @Override
  public void head(int status, HttpHeaders headers, long length) {
    begun = true;
    if (status != 200 || length != UNKNOWN) {
      directStatus = status;
      directHeaders = headers;
      directBody = new ByteArrayOutputStream();
      return;
    }
    append(EntryType.HEAD, new StoredHead(headers).bytes());
  }

  @Override
  public void body(ByteBuf bytes) {
    byte[] piece = ByteBufUtil.getBytes(bytes);
    bytes.release();
    var refusal = directBody;
    if (refusal != null) {
      refusal.writeBytes(piece);
      return;
    }
    frames.add(piece, this::frame);
  }

  private void frame(byte[] frame) {
    answering = true;
    append(EntryType.BODY, ByteBuffer.wrap(frame));
  }

  private void append(int type, ByteBuffer payload) {
    if (!over && !closing) {
      pending.add(new JournalEntry(type, payload));
      if (!held && !isWritable()) {
        held = true;
        loop.execute(this::writability);
      }
    }
  }

  private void writability() {
    var writes = producer;
    if (writes != null && !over) {
      writes.writability();
    }
  }

  /** What one turn of the event loop brings is one batch. */
  @Override
  public void flush() {
    if (!scheduled && !over) {
      scheduled = true;
      loop.execute(this::store);
    }
  }

  @Override
  public void ending(JournalEnd how) {
    end = end == null ? how : end;
  }

  @Override
  public void end(HttpHeaders trailers) {
    close();
  }

  @Override
  public void abort() {
    directWhole = false;
    close();
  }

  @Override
  public void refuse(Refusal refusal) {
    begun = true;
    direct = new DirectAnswer(refusal.status(), null, new byte[0], true, refusal);
    close();
  }

  /** Nothing more is written; without an {@link #ending} it failed. */
  @Override
  public void over() {
    close();
  }

  private void close() {
    if (closing || over) {
      return;
    }
    var body = directBody;
    if (body != null && direct == null) {
      direct = new DirectAnswer(directStatus, directHeaders, body.toByteArray(), directWhole, null);
    }
    if (direct != null && chat != null && hasReaders()) {
      store.chats().forget(chat.tag(), id); // Its client receives it, and has nothing to resume.
    }
    frames.end(this::frame);
    closing = true;
    flush();
  }

  @Override
  public void suspend() {
    suspended = true;
    readers.releaseAll();
    end = null;
    closing = false;
    producer = null;
    touches.stop();
    store.ended(this);
  }

  // ---------------------------------------------------------------- the journal

  private void store() {
    scheduled = false;
    if (inFlight || over || (pending.isEmpty() && !closing)) {
      return;
    }
    var entries = pending.next(store.journal().limits().batch());
    boolean last = closing && pending.isEmpty();
    var how = last ? Optional.of(end == null ? ABANDONED : end) : Optional.<JournalEnd>empty();
    inFlight = true;
    store
        .journal()
        .append(
            id,
            new JournalBatch(epoch, sequence, entries, how),
            Receipts.on(
                this::onLoop,
                refusal -> {
                  if (refusal == null) {
                    stored(entries, how);
                  } else {
                    refused(entries, refusal);
                  }
                }));
  }

  private void stored(List<JournalEntry> entries, Optional<JournalEnd> how) {
    inFlight = false;
    long before = sequence;
    sequence += entries.size();
    pending.stored(entries);
    readers.store(epoch, before, entries);
    if (how.isPresent()) {
      readers.end(how.get(), this::finish);
    } else {
      store();
      if (held && isWritable()) {
        held = false;
        writability();
      }
    }
  }

  private void refused(List<JournalEntry> entries, JournalRefusal refusal) {
    inFlight = false;
    if (refusal.reason() == JournalRefusal.Reason.BUSY) {
      pending.again(entries);
      scheduled = true;
      var unused = loop.schedule(this::store, BUSY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    if (refusal.reason() == JournalRefusal.Reason.CLOSED) {
      unstored = "shutting-down"; // Another process continues it.
      finish();
    } else {
      // A disk that failed has ended the stream already; a limit has not.
      store.journal().append(id, JournalBatch.ending(epoch, ABANDONED), Receipts.of(again -> {}));
      lost();
    }
  }

  /** Nothing more that is written here is stored: another gateway has the stream, or none. */
  void lost() {
    onLoop(() -> {
      var writes = over ? null : producer;
      unstored = over ? unstored : "journal-failed";
      finish();
      if (writes != null) {
        writes.lost();
      }
    });
  }

  private void finish() {
    over = true;
    readers.releaseAll();
    pending.clear();
    touches.stop();
    store.ended(this);
    whenOver.forEach(Runnable::run);
    whenOver.clear();
  }
}
