package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One client that reads a stream from the journal: what is stored, then what is written, then the
 * end. Demands no more than its connection takes. Belongs to the event loop of its connection; the
 * journal calls from its own threads.
 *
 * <p>A reader that has all that is stored, on the event loop that writes the stream, follows the
 * {@link StreamRecording} instead of the journal: the same entries, each once it is stored, without
 * a way over other threads. Where the connection takes no more, it follows the journal again.
 */
public final class StreamReader implements ClientExchange {
  /** So many entries may be under way to the connection. */
  private static final int WINDOW = 64;

  /** From so many bytes on, no further entry is taken from the journal. */
  private static final long MOST_BYTES = 256 << 10;

  /**
   * How a client reads.
   *
   * @param dialect the protocol of the stream
   * @param ids whether events carry an id
   * @param typedEnd whether the client reads the comment that names the end: the body is whole
   *     then, however the stream ended. A browser drops what it has not read of a body that breaks
   * @param answersRequest whether it is the answer to the request for the stream: its head is that
   *     of the answer, and waits for it
   * @param attached whether another client's request began the stream
   * @param keepAlive time between signs of life
   * @param sign the form of a sign of life
   */
  public record Manner(
      String dialect,
      boolean ids,
      boolean typedEnd,
      boolean answersRequest,
      boolean attached,
      Duration keepAlive,
      SignOfLife sign) {}

  private final StreamStore store;
  private final StreamId id;
  private final ClientResponse client;
  private final Manner manner;

  /** The record of its own request; null where the stream's producer has it. */
  private final @Nullable ExchangeRecord record;

  private final AtomicBoolean scheduled = new AtomicBoolean();

  /** What it follows the journal with; null while it follows the recording. */
  private @Nullable Subscribed subscribed;

  /** Whether it follows the recording. */
  private boolean served;

  private @Nullable StreamRecording recording;
  private @Nullable Future<?> alarm;
  private int demanded;
  private boolean wrote;
  private boolean quiet;
  private volatile boolean over;
  private boolean readToEnd;
  private JournalOffset after;

  /** A reader that begins after a place. */
  public StreamReader(
      StreamStore store,
      StreamId id,
      JournalOffset after,
      ClientResponse client,
      Manner manner,
      @Nullable ExchangeRecord record) {
    this.store = store;
    this.id = id;
    this.after = after;
    this.client = client;
    this.manner = manner;
    this.record = record;
    wrote = after.sequence() > 0;
  }

  /**
   * Begins to read; the stream is in the journal. If it is written now, the producer knows of the
   * reader.
   */
  public void begin() {
    if (over) {
      return;
    }
    var writes = store.live(id);
    recording = writes;
    if (writes != null) {
      writes.join(this);
    }
    var follows = follow();
    if (follows.last == null && !manner.answersRequest()) {
      head(new DefaultHttpHeaders());
    }
    wake();
    arm();
  }

  /** The stream is written again: its producer knows of the reader. */
  public void rejoin() {
    var writes = store.live(id);
    if (!over && recording == null && writes != null) {
      recording = writes;
      writes.join(this);
    }
  }

  private Subscribed follow() {
    followsRecording(false);
    var follower = new Subscribed();
    subscribed = follower;
    demanded = WINDOW;
    var made = store.journal().follow(id, after, follower);
    follower.subscription = made;
    made.demand(WINDOW);
    return follower;
  }

  private void followsRecording(boolean on) {
    if (served != on) {
      served = on;
      store.served(on);
    }
  }

  private void unsubscribe() {
    var follower = subscribed;
    subscribed = null; // What it still receives counts no more.
    if (follower != null && follower.subscription != null) {
      follower.subscription.cancel();
    }
  }

  // ---------------------------------------------------------------- on the journal's threads

  /** One subscription, and what it has delivered. */
  private final class Subscribed implements Journal.Follower {
    final ConcurrentLinkedQueue<StoredEntry> arrived = new ConcurrentLinkedQueue<>();
    final AtomicLong arrivedBytes = new AtomicLong();
    volatile @Nullable Runnable last;
    volatile boolean cutOff;

    /** Of the reader's event loop. */
    Journal.@Nullable Subscription subscription;

    private boolean cut;

    @Override
    public void onEntry(StoredEntry entry) {
      if (cut) {
        return;
      }
      arrived.add(entry);
      if (arrivedBytes.addAndGet(entry.entry().size()) >= MOST_BYTES) {
        // What is demanded may be large: the rest is read again from here.
        cut = true;
        cutOff = true;
      }
      wake();
    }

    @Override
    public void onEnd(JournalEnd end) {
      if (!cut) {
        last = () -> ended(end);
        wake();
      }
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      if (!cut) {
        last = () -> refused(refusal);
        wake();
      }
    }
  }

  private void wake() {
    if (scheduled.compareAndSet(false, true)) {
      try {
        client.loop().execute(this::drain);
      } catch (RejectedExecutionException e) {
        // The gateway has ended, and the connection with it.
      }
    }
  }

  // ---------------------------------------------------------------- on the client's loop

  private void drain() {
    scheduled.set(false);
    var source = subscribed;
    if (source == null) {
      return;
    }
    boolean any = false;
    while (!over && client.isWritable()) {
      StoredEntry stored = source.arrived.poll();
      if (stored == null) {
        break;
      }
      demanded--;
      write(stored.offset(), stored.entry());
      source.arrivedBytes.addAndGet(-stored.entry().size());
      any = true;
    }
    if (any) {
      client.flush();
      quiet = false;
    }
    if (over || !source.arrived.isEmpty()) {
      return; // The connection takes nothing for now.
    }
    var ends = source.last;
    if (ends != null) {
      if (source.arrived.isEmpty()) {
        ends.run();
      }
      return;
    }
    if (client.isWritable()) {
      readOn(source);
    }
  }

  /** All that has arrived is written. */
  private void readOn(Subscribed source) {
    var writes = recording;
    if (writes != null && writes.serves(this, after)) {
      unsubscribe();
      followsRecording(true);
    } else if (source.cutOff) {
      unsubscribe();
      follow();
    } else if (demanded <= WINDOW / 2 && source.subscription != null) {
      int more = WINDOW - demanded;
      demanded = WINDOW;
      source.subscription.demand(more);
    }
  }

  /** {@return the event loop on which it writes} */
  EventLoop loop() {
    return client.loop();
  }

  /**
   * Writes what was stored after all that it has.
   *
   * @param epoch under which it was stored
   * @param before the number of entries before them
   * @return whether it takes more; otherwise it follows the journal again
   */
  boolean take(int epoch, long before, List<JournalEntry> entries) {
    long sequence = before;
    boolean any = false;
    for (JournalEntry entry : entries) {
      if (over || !client.isWritable()) {
        break;
      }
      sequence++;
      write(new JournalOffset(epoch, sequence), entry);
      any = true;
    }
    if (over) {
      return false;
    }
    if (any) {
      client.flush();
      quiet = false;
    }
    if (over || sequence < before + entries.size()) {
      followAgain();
      return false;
    }
    return true;
  }

  /** The stream has ended, and it has all of it. */
  void takeEnd(JournalEnd end) {
    if (!over) {
      ended(end);
    }
  }

  /** Follows the journal, because the recording hands on nothing more. */
  void followAgain() {
    if (!over && subscribed == null) {
      follow();
    }
  }

  private void write(JournalOffset offset, JournalEntry entry) {
    after = offset;
    switch (entry.type()) {
      case EntryType.REQUEST -> {}
      case EntryType.OPENING -> {
        byte[] opening = new byte[entry.size()];
        entry.payload().get(opening);
        client.opening(opening);
      }
      case EntryType.HEAD -> {
        if (!client.hasBegun()) {
          head(StoredHead.of(entry.payload()).headers());
        }
      }
      default -> {
        if (!client.hasBegun()) {
          head(new DefaultHttpHeaders());
        }
        if (manner.ids()) {
          byte[] frame = new byte[entry.size()];
          entry.payload().get(frame);
          body(Frames.withId(frame, offset.text(id)));
        } else if (entry.size() > 0) {
          send(client.allocate(entry.size()).writeBytes(entry.payload()));
        }
        wrote = true;
      }
    }
  }

  private void body(byte[]... pieces) {
    body(List.of(pieces));
  }

  private void body(List<byte[]> pieces) {
    int size = 0;
    for (byte[] piece : pieces) {
      size += piece.length;
    }
    if (size == 0) {
      return;
    }
    var bytes = client.allocate(size);
    pieces.forEach(bytes::writeBytes);
    send(bytes);
  }

  private void send(ByteBuf bytes) {
    sent(bytes.readableBytes());
    client.body(bytes);
  }

  private void sent(int size) {
    var own = record;
    if (own != null) {
      own.sent(size);
    }
  }

  private void head(HttpHeaders stored) {
    HttpHeaders headers = new DefaultHttpHeaders().set(stored);
    if (!headers.contains("content-type")) {
      headers.set("content-type", Frames.contentType(manner.dialect()));
    }
    if (!headers.contains("cache-control")) {
      headers.set("cache-control", "no-cache");
    }
    headers.set("x-accel-buffering", "no");
    headers.set(StreamHeaders.ID, id.toString());
    if (manner.attached()) {
      headers.set("x-holdfast-attached", "1");
    }
    status(200);
    client.head(200, headers, ClientResponse.UNKNOWN);
    client.flush();
  }

  private void status(int status) {
    var own = record;
    if (own != null) {
      own.status(status);
    }
  }

  // ---------------------------------------------------------------- the end

  private void ended(JournalEnd end) {
    readToEnd = true;
    client.ending(end);
    boolean complete = end.kind() == JournalEnd.Kind.COMPLETE;
    var producer = recording;
    var direct = producer == null ? null : producer.direct();
    if (!client.hasBegun() && direct != null) {
      directly(direct);
      return;
    }
    if (!client.hasBegun() && !complete && !wrote) {
      refuse(Endings.refusal(end));
      return;
    }
    if (!client.hasBegun()) {
      head(new DefaultHttpHeaders());
    }
    boolean written = Endings.isWritten(end);
    if (!complete && !written) {
      body(Endings.error(manner.dialect(), id, end, wrote));
    }
    boolean typed = manner.typedEnd() && manner.ids();
    if (typed || (!manner.answersRequest() && manner.ids())) {
      body(Endings.comment(end));
    }
    if (complete || typed || (written && !Frames.endsByConnection(manner.dialect()))) {
      finish(complete ? Outcome.RELAYED : Outcome.TRUNCATED, end.detail());
      client.end(EmptyHttpHeaders.INSTANCE);
    } else {
      finish(Outcome.TRUNCATED, end.detail());
      client.abort();
    }
  }

  private void directly(DirectAnswer direct) {
    status(direct.status());
    finish(Outcome.REFUSED, "");
    direct.to(client, this::body);
  }

  private void refused(JournalRefusal refusal) {
    if (client.hasBegun()) {
      finish(Outcome.BROKEN, "journal-" + refusal.reason());
      client.abort();
      return;
    }
    refuse(
        switch (refusal.reason()) {
          case WRONG_OFFSET -> StreamRefusals.wrongOffset();
          // Lost by the store. A client that asked for no id would take 404 for an unknown model.
          case UNKNOWN ->
              manner.answersRequest()
                  ? Refusal.later(502, "stream-lost", "stream: must be kept, was lost")
                  : StreamRefusals.unknown();
          case NO_CONTENT,
              DAMAGED,
              EXISTS,
              FENCED,
              WRONG_SEQUENCE,
              ENDED,
              TOO_LARGE,
              FULL,
              BUSY,
              STORAGE,
              CLOSED ->
              StreamRefusals.unreadable();
        });
  }

  /** The stream cannot begin: answers with a refusal. */
  public void refuse(Refusal refusal) {
    if (over) {
      return;
    }
    status(refusal.status());
    finish(Outcome.REJECTED, refusal.code());
    client.refuse(refusal);
  }

  /** {@return whether it reads no more} Of any thread. */
  public boolean isOver() {
    return over;
  }

  /** Does nothing any more: something else answers the client, which it returns. */
  public @Nullable ClientResponse release() {
    if (over) {
      return null;
    }
    stopReading();
    return client;
  }

  private void finish(Outcome outcome, String cause) {
    stopReading();
    var own = record;
    if (own != null) {
      own.finish(outcome, cause, store.nowNanos());
    }
  }

  private void stopReading() {
    over = true;
    var timer = alarm;
    if (timer != null) {
      timer.cancel(false);
    }
    unsubscribe();
    followsRecording(false);
    var writes = recording;
    if (writes != null) {
      writes.leave(this, readToEnd);
    }
  }

  // ---------------------------------------------------------------- signs of life

  private void arm() {
    if (over) {
      return;
    }
    alarm =
        client
            .loop()
            .schedule(this::signOfLife, manner.keepAlive().toMillis(), TimeUnit.MILLISECONDS);
  }

  private void signOfLife() {
    if (!over && quiet && client.hasBegun() && client.isWritable()) {
      byte[] sign = manner.sign().bytes(manner.dialect(), manner.ids(), wrote);
      if (sign.length > 0) {
        body(sign);
        client.flush();
      }
    }
    quiet = true;
    arm();
  }

  // ---------------------------------------------------------------- the client

  @Override
  public void content(HttpContent content) {
    // The request was read whole.
  }

  @Override
  public void clientGone() {
    if (!over) {
      finish(Outcome.CLIENT_GONE, "cancelled");
    }
  }

  @Override
  public void writability() {
    if (!over) {
      drain();
    }
  }

  /** The stream is in the journal: the client finds it there. */
  @Override
  public void shutDown() {
    if (over) {
      return;
    }
    recording = null; // Its leaving means nothing for the stream.
    if (client.hasBegun()) {
      finish(Outcome.BROKEN, "shutting-down");
      client.abort();
    } else {
      refuse(Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down"));
    }
  }
}
