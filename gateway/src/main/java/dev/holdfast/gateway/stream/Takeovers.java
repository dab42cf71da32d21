package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.journal.StreamReader;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.journal.StreamStore;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides which streams this gateway continues, of those that another process began and did not
 * end: at once where the gateway has what the upstream lets it in with; else once a client comes
 * back with its credential, and within a time. A stream that cannot be continued ends as truncated.
 * Several are taken over at a time, as many as fit into a bound of memory. It has no thread and no
 * clock: the gateway lends both, and so does a simulation. Thread-safe.
 */
public final class Takeovers {
  private static final JournalEnd CUT =
      new JournalEnd(JournalEnd.Kind.TRUNCATED, "connection-lost" + StreamRecording.UNWRITTEN);
  private static final JournalEnd STOPPED =
      new JournalEnd(JournalEnd.Kind.CANCELLED, "cancelled" + StreamRecording.UNWRITTEN);
  private static final JournalEnd REPLACED =
      new JournalEnd(JournalEnd.Kind.CANCELLED, "replaced" + StreamRecording.UNWRITTEN);

  /** So many bytes of streams may be in memory while they are taken over. */
  private static final int MEMORY = 64 << 20;

  /** How often a stop is tried while other gateways take the stream over. */
  private static final int MOST_TRIES = 50;

  private static final Duration TRY_AGAIN = Duration.ofMillis(100);

  /** What a gateway lends. */
  public interface Host {
    /**
     * Runs an action on one of some threads that may wait for the journal, if the gateway still
     * runs.
     */
    void execute(Runnable action);

    /** Runs an action there, later. */
    void later(Duration delay, Runnable action);

    /**
     * {@return what continues a stream; null if it needs a client, whose credential lets it in}
     *
     * @param wanted a client that reads it; null for none
     * @throws NotContinuedException if no upstream can continue it
     */
    @Nullable Heir prepare(
        StreamId id, StreamStore.Stored stored, JournaledStreams.@Nullable Wanted wanted)
        throws NotContinuedException;
  }

  /** Continues one stream. */
  public interface Heir {
    /**
     * Continues the stream on its event loop. Called once, on any thread.
     *
     * @param epoch under which this gateway writes it; 0 if it does not
     * @param done is called once the recording is there, or will not be
     */
    void resume(int epoch, Runnable done);

    /** Another heir has the stream. */
    void drop();
  }

  /** No upstream can continue a stream. */
  public static final class NotContinuedException extends Exception {
    private static final long serialVersionUID = 1;

    public NotContinuedException(Throwable cause) {
      super("stream: must have an upstream that continues it, had none", cause);
    }
  }

  private final StreamStore store;
  private final Host host;
  private final Map<StreamId, Waiting> waiting = new ConcurrentHashMap<>();

  /** Clients here of streams that other gateways write, should these die. */
  private final Map<StreamReader, JournaledStreams.Wanted> readers = new ConcurrentHashMap<>();

  private final int memory;

  /** How many bytes more of streams may be in memory. */
  private final Semaphore room;

  /**
   * A stream that is open and that nothing writes, until it is written again or has ended.
   * Thread-safe.
   */
  private static final class Waiting {
    private final List<JournaledStreams.Wanted> readers = new ArrayList<>();
    private final List<Consumer<Boolean>> stops = new ArrayList<>();

    /** Under which another gateway wrote it; 0 if that is not known. */
    private final int epoch;

    private boolean taken;
    private boolean settled;

    Waiting(int epoch) {
      this.epoch = epoch;
    }

    /** {@return whether the reader will be counted; false once it is settled} */
    synchronized boolean read(JournaledStreams.Wanted reader) {
      return !settled && readers.add(reader);
    }

    /** {@return whether the end that is asked for will be seen to; false once it is settled} */
    synchronized boolean stop(Consumer<Boolean> stopped) {
      return !settled && stops.add(stopped);
    }

    /** {@return whether the caller is the only one that takes it over} */
    synchronized boolean take() {
      boolean first = !taken;
      taken = true;
      return first;
    }

    synchronized boolean isTaken() {
      return taken;
    }

    /** {@return whether this is the first time} From now on neither readers nor stops are taken. */
    synchronized boolean settle() {
      boolean first = !settled;
      settled = true;
      return first;
    }
  }

  /** What continues the streams that a store found open. */
  public Takeovers(StreamStore store, Host host) {
    this(store, host, MEMORY);
  }

  Takeovers(StreamStore store, Host host, int memory) {
    this.store = store;
    this.host = host;
    this.memory = memory;
    room = new Semaphore(memory, true);
    store.leftOpen().forEach(id -> waiting.put(id, new Waiting(0)));
  }

  /** Begins with the streams that were found open. */
  public void start() {
    store.leftOpen().forEach(id -> host.execute(() -> begin(id, null)));
  }

  /** Keeps the streams that wait from expiring. */
  public void touch() {
    waiting.keySet().forEach(store::touch);
  }

  /** Takes over what other gateways left. On a thread that may wait for the journal. */
  public void look() {
    try {
      readers.values().removeIf(wanted -> wanted.reader().isOver());
      var found = new LinkedHashMap<StreamId, Waiting>();
      for (JournalStream orphan : store.orphans()) {
        var there = new Waiting(orphan.epoch());
        if (waiting.putIfAbsent(orphan.id(), there) == null) {
          found.put(orphan.id(), there);
        }
      }
      var interested = interested(found);
      found.keySet().forEach(id -> host.execute(() -> begin(id, interested.get(id))));
    } catch (RuntimeException e) {
      // The journal cannot be reached; the next time it may be.
    }
  }

  /** {@return a client for each stream that one reads} */
  private Map<StreamId, JournaledStreams.Wanted> interested(Map<StreamId, Waiting> found) {
    var first = new HashMap<StreamId, JournaledStreams.Wanted>();
    for (var wanted : List.copyOf(found.isEmpty() ? List.of() : readers.values())) {
      var there = found.get(wanted.id());
      if (there != null && there.read(wanted) && readers.remove(wanted.reader(), wanted)) {
        first.putIfAbsent(wanted.id(), wanted);
      }
    }
    return first;
  }

  private void begin(StreamId id, JournaledStreams.@Nullable Wanted wanted) {
    if (!attempt(id, wanted)) {
      host.later(store.config().waitForClient(), () -> giveUp(id, CUT, null));
    }
  }

  /** A client reads a stream. */
  public void wanted(JournaledStreams.Wanted wanted) {
    var there = waiting.get(wanted.id());
    if (there != null && there.read(wanted)) {
      host.execute(() -> attempt(wanted.id(), wanted));
      return;
    }
    wanted.rejoin();
    if (store.isShared() && store.live(wanted.id()) == null) {
      readers.put(wanted.reader(), wanted);
      var found = waiting.get(wanted.id()); // By a look at this moment.
      if (found != null && found.read(wanted)) {
        readers.remove(wanted.reader(), wanted);
        host.execute(() -> attempt(wanted.id(), wanted));
      }
    }
  }

  // ---------------------------------------------------------------- stops

  /**
   * Ends a stream, wherever it is written.
   *
   * @param stopped receives whether that is stored, once it is known
   */
  public void abandon(StreamId id, Consumer<Boolean> stopped) {
    var there = waiting.get(id);
    if (there == null || !there.stop(stopped)) {
      stop(id, stopped);
      return;
    }
    host.execute(() -> giveUp(id, STOPPED, null));
  }

  /** Ends a stream that another gateway writes, as another stream takes its place. */
  public void replace(StreamId id) {
    host.execute(() -> seize(id, REPLACED, stopped -> {}, 1));
  }

  /** Ends a stream that waits no more: it is written again, or has ended. */
  private void stop(StreamId id, Consumer<Boolean> stopped) {
    var live = store.live(id);
    if (live != null) {
      live.stop(() -> confirm(id, stopped));
    } else {
      confirm(id, stopped);
    }
  }

  /** What this gateway wrote is over; another may have the stream. */
  private void confirm(StreamId id, Consumer<Boolean> stopped) {
    if (store.isShared()) {
      host.execute(() -> seize(id, STOPPED, stopped, 1));
    } else {
      stopped.accept(true);
    }
  }

  /** Ends a stream that another gateway may write. */
  private void seize(StreamId id, JournalEnd end, Consumer<Boolean> stopped, int tries) {
    try {
      store.seize(id, end, refusal -> seized(id, end, refusal, stopped, tries));
    } catch (RuntimeException e) {
      stopped.accept(false); // The journal cannot be reached.
    }
  }

  private void seized(
      StreamId id,
      JournalEnd end,
      @Nullable JournalRefusal refusal,
      Consumer<Boolean> stopped,
      int tries) {
    if (refusal == null) {
      stopped.accept(true);
    } else if (refusal.reason() == JournalRefusal.Reason.FENCED && tries < MOST_TRIES) {
      // Another took it over meanwhile.
      host.later(TRY_AGAIN, () -> seize(id, end, stopped, tries + 1));
    } else {
      stopped.accept(false);
    }
  }

  /**
   * Ends a stream.
   *
   * @param tail up to where it was read, if that decided: its owner may have woken up and written
   *     more, and then the next look decides; null for any place
   */
  private void giveUp(StreamId id, JournalEnd end, @Nullable JournalOffset tail) {
    var there = waiting.get(id);
    if (there == null || !there.take()) {
      return; // What takes it over sees to the stops.
    }
    try {
      store.takeOver(
          id,
          tail,
          epoch -> {
            if (epoch > 0) {
              store.end(id, epoch, end, () -> settle(id, there));
            } else {
              settle(id, there);
            }
          });
    } catch (RuntimeException e) {
      settle(id, there);
    }
  }

  private void settle(StreamId id, Waiting there) {
    if (!there.settle()) {
      return;
    }
    waiting.remove(id, there);
    there.readers.forEach(JournaledStreams.Wanted::rejoin);
    there.stops.forEach(stopped -> stop(id, stopped));
  }

  // ---------------------------------------------------------------- one stream

  /** {@return whether nothing more is to be waited for} */
  private boolean attempt(StreamId id, JournaledStreams.@Nullable Wanted wanted) {
    var there = waiting.get(id);
    if (there == null || there.isTaken()) {
      return true;
    }
    JournalStream stream;
    try {
      stream = store.find(id).orElse(null);
    } catch (UncheckedIOException e) {
      settle(id, there); // The journal cannot be reached; the next look finds the stream again.
      return true;
    }
    if (stream == null || (there.epoch != 0 && stream.epoch() != there.epoch)) {
      settle(id, there); // It has expired, or another gateway was faster.
      return true;
    }
    int bytes = Math.clamp(stream.bytes(), 1, memory);
    try {
      room.acquire(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true; // The gateway ends; the next process continues.
    }
    return attempt(stream, wanted, there, bytes);
  }

  private boolean attempt(
      JournalStream stream, JournaledStreams.@Nullable Wanted wanted, Waiting there, int bytes) {
    var id = stream.id();
    boolean taken = false;
    JournalOffset tail = null;
    try {
      var stored = store.read(stream).orElse(null);
      tail = stored == null ? null : stored.tail();
      if (stored == null || stored.request() == null) {
        giveUp(id, CUT, tail);
        return true;
      }
      var heir = host.prepare(id, stored, wanted);
      if (heir == null) {
        return false; // For its client.
      }
      taken = there.take();
      if (taken) {
        take(id, stored, heir, there, bytes);
      } else {
        heir.drop();
      }
    } catch (UncheckedIOException e) {
      settle(id, there); // The journal cannot be reached; the next look finds the stream again.
    } catch (NotContinuedException | RuntimeException e) {
      giveUp(id, CUT, tail);
    } finally {
      if (!taken) {
        room.release(bytes);
      }
    }
    return true;
  }

  private void take(StreamId id, StreamStore.Stored stored, Heir heir, Waiting there, int bytes) {
    Runnable done =
        () -> {
          room.release(bytes);
          settle(id, there);
        };
    try {
      store.takeOver(id, stored.tail(), epoch -> heir.resume(epoch, done));
    } catch (RuntimeException e) {
      heir.resume(0, done);
    }
  }
}
