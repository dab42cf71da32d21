package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.SharedJournal;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.JournalConfig;
import io.netty.channel.EventLoop;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The streams of this gateway in a journal: which are written now, which an identical request
 * receives, and whose each one is. Thread-safe.
 */
public final class StreamStore {
  /** How long another gateway may take to create the stream that it has claimed. */
  private static final Duration CREATION = Duration.ofSeconds(3);

  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);
  private static final int AT_A_TIME = 1_000;

  /** An epoch is at most so far above the one before it. */
  private static final int MOST_STEP = 1 << 20;

  private static final byte[] NO_OWNER = new byte[Caller.TAG_BYTES];

  private final Journal journal;

  /** Readers that follow a recording instead of the journal. */
  private final AtomicInteger served = new AtomicInteger();

  private final JournalConfig config;
  private final LongSupplier clock;
  private final RandomGenerator random;

  /** Runs what waits for a journal that is shared. */
  private final Executor threads;

  /** The journal, where other gateways use it, too. */
  private final @Nullable SharedJournal shared;

  private final Map<StreamId, StreamRecording> live = new ConcurrentHashMap<>();
  private final IdentityIndex byIdentity = new IdentityIndex(this::remaining);
  private final List<StreamId> left = new ArrayList<>();
  private final ChatIndex chats;

  /** The streams that a journal holds, and that this gateway wrote. */
  public StreamStore(Journal journal, JournalConfig config, LongSupplier clock) {
    this(journal, config, clock, new SecureRandom(), Thread::startVirtualThread);
  }

  /** A store with randomness of its own. {@code threads} runs what waits for the journal. */
  public StreamStore(
      Journal journal,
      JournalConfig config,
      LongSupplier clock,
      RandomGenerator random,
      Executor threads) {
    this.random = random;
    this.threads = threads;
    this.journal = journal;
    this.clock = clock;
    this.config = config;
    shared = journal instanceof SharedJournal others ? others : null;
    chats = new ChatIndex(this::remaining, clock);
    if (shared != null) {
      shared.onLost(this::lost);
    }
    // Others write what is under a lease.
    var open = new HashSet<>(shared == null ? journal.openStreams() : shared.orphans());
    var best = new HashMap<String, JournalStream>();
    for (JournalStream stream : found(journal.streams())) {
      var metadata = StreamMetadata.of(stream.metadata());
      if (metadata == null) {
        continue;
      }
      if (metadata.keyed()) {
        best.merge(HexFormat.of().formatHex(metadata.identity()), stream, StreamStore::better);
      }
      if (open.contains(stream.id())) {
        left.add(stream.id());
        if (metadata.chat().length > 0) {
          chats.found(HexFormat.of().formatHex(metadata.chat()), stream.id());
        }
      }
    }
    best.forEach((identity, stream) -> byIdentity.put(identity, stream.id()));
  }

  /** {@return streams of the journal} Asks for many at a time where each answer takes a while. */
  private List<JournalStream> found(List<StreamId> ids) {
    if (shared == null) {
      return ids.stream().flatMap(id -> journal.find(id).stream()).toList();
    }
    var found = new ArrayList<JournalStream>();
    for (int from = 0; from < ids.size(); from += AT_A_TIME) {
      var some = ids.subList(from, Math.min(from + AT_A_TIME, ids.size()));
      var answers =
          some.stream()
              .map(id -> CompletableFuture.supplyAsync(() -> journal.find(id), threads))
              .toList();
      answers.forEach(answer -> answer.join().ifPresent(found::add));
    }
    return found;
  }

  /** {@return the one that a repeated request receives: not one that failed, then the newer} */
  private static JournalStream better(JournalStream one, JournalStream other) {
    if (isAnswer(one) != isAnswer(other)) {
      return isAnswer(one) ? one : other;
    }
    return one.createdMillis() >= other.createdMillis() ? one : other;
  }

  /** {@return whether it is whole, or may become that} */
  private static boolean isAnswer(JournalStream stream) {
    return stream.end().map(end -> end.kind() == JournalEnd.Kind.COMPLETE).orElse(true);
  }

  private static @Nullable StreamMetadata metadata(Optional<JournalStream> stream) {
    return stream.map(there -> StreamMetadata.of(there.metadata())).orElse(null);
  }

  /** {@return the streams that another process began and did not end} */
  public List<StreamId> leftOpen() {
    return List.copyOf(left);
  }

  private void lost(StreamId id) {
    var writes = live.get(id);
    if (writes != null) {
      writes.lost();
    }
  }

  /** {@return whether other gateways use the journal, too} */
  public boolean isShared() {
    return shared != null;
  }

  /**
   * {@return the open streams that no gateway writes now, in an order of this gateway's own; none
   * unless the journal is shared} Waits for the journal.
   */
  public List<JournalStream> orphans() {
    if (shared == null) {
      return List.of();
    }
    var ids = shared.orphans().stream().filter(id -> !live.containsKey(id)).toList();
    var orphans = new ArrayList<JournalStream>();
    for (JournalStream stream : found(ids)) {
      var id = stream.id();
      var metadata = StreamMetadata.of(stream.metadata());
      if (metadata == null) {
        continue;
      }
      orphans.add(stream);
      if (metadata.keyed()) {
        byIdentity.putIfAbsent(HexFormat.of().formatHex(metadata.identity()), id);
      }
      if (metadata.chat().length > 0) {
        chats.found(HexFormat.of().formatHex(metadata.chat()), id);
      }
    }
    // Other gateways find the same: each begins with others.
    Collections.shuffle(orphans, random);
    return orphans;
  }

  /** {@return the answers that chats may come back for} */
  public ChatIndex chats() {
    return chats;
  }

  /** {@return how its journal is configured} */
  public JournalConfig config() {
    return config;
  }

  long nowNanos() {
    return clock.getAsLong();
  }

  /** A reader follows its stream's recording, beside the journal, or no longer does. */
  void served(boolean on) {
    served.addAndGet(on ? 1 : -1);
  }

  /** {@return how much is in the journal, with all readers of its streams} */
  public JournalSize size() {
    var size = journal.size();
    return new JournalSize(
        size.streams(),
        size.open(),
        size.followers() + served.get(),
        size.bytes(),
        size.pending(),
        size.memory());
  }

  Journal journal() {
    return journal;
  }

  // ---------------------------------------------------------------- ids

  /** {@return an id that cannot be guessed} */
  public StreamId draw() {
    return StreamId.draw(random);
  }

  /** A stream that its owner has named. */
  public record Found(StreamId id, JournalStream stream, String dialect) {}

  /**
   * {@return the stream of an id} Empty for one that is malformed, not there, expired, or another
   * caller's: these take the same steps, and are not distinguished.
   */
  public Optional<Found> find(String text, Caller caller) {
    StreamId id;
    boolean formed = true;
    try {
      id = StreamId.parse(text);
    } catch (IllegalArgumentException e) {
      id = new StreamId(0, 0);
      formed = false;
    }
    var stream = journal.find(id);
    var metadata = metadata(stream);
    byte[] owner = metadata == null ? NO_OWNER : metadata.owner();
    boolean own = MessageDigest.isEqual(owner, caller.tag(id));
    return formed && own && metadata != null && stream.isPresent()
        ? Optional.of(new Found(id, stream.get(), metadata.dialect()))
        : Optional.empty();
  }

  /** Receives what was looked for. */
  public interface Lookup {
    /** {@return where it is to be read from; empty for a malformed offset} On any thread. */
    Optional<JournalOffset> place(Found found);

    /** The stream of an id, or none. */
    void found(Optional<Found> found);

    /** The place is not one of the stream. */
    void wrongOffset();

    /** The journal cannot be reached. */
    void unreachable();
  }

  /**
   * Looks for the stream of an id as {@link #find(String, Caller)} does, and answers on the loop.
   * At once, except where the journal has to be waited for: there the place is checked before, as a
   * reader would learn too late that it is none.
   */
  public void lookUp(String text, Caller caller, EventLoop loop, Lookup then) {
    if (shared == null) {
      then.found(find(text, caller));
      return;
    }
    threads.execute(() -> {
      Runnable answer;
      try {
        var found = find(text, caller);
        boolean fits = found.isEmpty() || fits(found.get().id(), then.place(found.get()));
        answer = fits ? () -> then.found(found) : then::wrongOffset;
      } catch (UncheckedIOException e) {
        answer = then::unreachable;
      }
      onLoop(loop, answer);
    });
  }

  private boolean fits(StreamId id, Optional<JournalOffset> place) {
    return place.isEmpty()
        || place.get().sequence() == 0
        || !(journal.read(id, place.get(), 1) instanceof JournalRead.Refused refused)
        || refused.refusal().reason() != JournalRefusal.Reason.WRONG_OFFSET;
  }

  /** {@return the one of these callers whose stream it is; null for none} */
  public @Nullable Caller owner(StreamId id, List<Caller> callers) {
    var metadata = metadata(journal.find(id));
    for (Caller caller : callers) {
      if (metadata != null && MessageDigest.isEqual(metadata.owner(), caller.tag(id))) {
        return caller;
      }
    }
    return null;
  }

  // ---------------------------------------------------------------- streams that are written

  /** {@return the recording of a stream that is written now; null for none} */
  public @Nullable StreamRecording live(StreamId id) {
    return live.get(id);
  }

  void began(StreamRecording recording) {
    live.put(recording.id(), recording);
  }

  void ended(StreamRecording recording) {
    live.remove(recording.id(), recording);
  }

  /** Begins the time to live of a stream anew. */
  public void touch(StreamId id) {
    journal.touch(id, Receipts.of(refusal -> {}));
  }

  // ---------------------------------------------------------------- identical requests

  /**
   * What is known here of the stream that an identical request began last.
   *
   * @param id null for none
   * @param live its recording; null if it is not written here
   * @param stored as the journal has it; empty where it is written here, or the journal cannot be
   *     reached
   */
  public record Known(
      @Nullable StreamId id, @Nullable StreamRecording live, Optional<JournalStream> stored) {
    private static final Known NOTHING = new Known(null, null, Optional.empty());
  }

  /**
   * Looks for the stream that an identical request began last, and answers on the loop. At once,
   * except where the journal has to be waited for.
   */
  public void identical(String identity, EventLoop loop, Consumer<Known> then) {
    StreamId id = byIdentity.get(identity);
    var writes = id == null ? null : live.get(id);
    if (id == null || writes != null) {
      then.accept(id == null ? Known.NOTHING : new Known(id, writes, Optional.empty()));
    } else if (shared == null) {
      then.accept(stored(identity, id));
    } else {
      threads.execute(() -> {
        var known = stored(identity, id);
        onLoop(loop, () -> then.accept(known));
      });
    }
  }

  private Known stored(String identity, StreamId id) {
    try {
      var stream = journal.find(id);
      if (stream.isEmpty()) {
        byIdentity.forget(identity, id);
        return Known.NOTHING;
      }
      return new Known(id, null, stream);
    } catch (UncheckedIOException e) {
      return new Known(id, null, Optional.empty());
    }
  }

  private static void onLoop(EventLoop loop, Runnable action) {
    try {
      loop.execute(action);
    } catch (RejectedExecutionException e) {
      // The gateway has ended, and the connection with it.
    }
  }

  /** {@return the stream that an identical request began last here, there or not} */
  public @Nullable StreamId known(String identity) {
    return byIdentity.get(identity);
  }

  /** Another gateway began the stream of an identity. Where many are known, it is asked again. */
  public void learn(String identity, StreamId id) {
    byIdentity.learn(identity, id);
  }

  /** Passes on which streams there still are; later, where the journal has to be waited for. */
  private void remaining(Consumer<Predicate<StreamId>> then) {
    if (shared == null) {
      then.accept(id -> live.containsKey(id) || journal.find(id).isPresent());
      return;
    }
    threads.execute(() -> {
      Predicate<StreamId> exists;
      try {
        var ids = new HashSet<>(journal.streams());
        exists = id -> live.containsKey(id) || ids.contains(id);
      } catch (UncheckedIOException e) {
        exists = id -> true; // The next time may do it.
      }
      then.accept(exists);
    });
  }

  /**
   * {@return whether this stream is now the one of its identity} Another may have been faster.
   *
   * @param before what was known; null for nothing
   */
  boolean claim(String identity, @Nullable StreamId before, StreamId id) {
    return byIdentity.claim(identity, before, id);
  }

  /** Identical requests do not find the stream any more. */
  public void forget(String identity, StreamId id) {
    byIdentity.forget(identity, id);
  }

  /**
   * {@return the stream that another gateway is creating; empty if it is not there within a time}
   * Waits for the journal, and asks it some 50 times at most. It pauses for a quarter of the time
   * that has passed, up to a tenth of a second: so much later it may find the stream.
   */
  public Optional<JournalStream> created(StreamId id) {
    long began = System.nanoTime();
    while (true) {
      try {
        var found = journal.find(id);
        if (found.isPresent()) {
          return found;
        }
      } catch (UncheckedIOException e) {
        // It may answer the next time.
      }
      long waited = System.nanoTime() - began;
      if (waited >= CREATION.toNanos()) {
        return Optional.empty();
      }
      LockSupport.parkNanos(pauseNanos(waited));
    }
  }

  static long pauseNanos(long waitedNanos) {
    return Math.clamp(waitedNanos / 4, SHORTEST_PAUSE.toNanos(), LONGEST_PAUSE.toNanos());
  }

  // ---------------------------------------------------------------- what a restart does

  /**
   * Takes a stream over from a process that has ended.
   *
   * @param tail up to where it was read: if its owner has written more meanwhile, it is left to the
   *     next look; null for any place
   * @param done receives the epoch under which this process may write, or 0 if it may not; on any
   *     thread
   */
  public void takeOver(StreamId id, @Nullable JournalOffset tail, IntConsumer done) {
    var stream = journal.find(id);
    if (stream.isEmpty()) {
      done.accept(0);
      return;
    }
    int epoch = nextEpoch(stream.get());
    var receipt =
        new Journal.Receipt() {
          @Override
          public void onStored(JournalOffset reached) {
            boolean grew = tail != null && reached.sequence() != tail.sequence();
            if (grew && shared != null) {
              shared.release(id);
            }
            done.accept(grew ? 0 : epoch);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            done.accept(0);
          }
        };
    if (shared == null) {
      journal.fence(id, epoch, receipt);
    } else {
      shared.takeOver(id, epoch, receipt);
    }
  }

  /**
   * {@return an epoch that no other process draws} A shared store may lose the last fence, as by a
   * failover. If the next gateway then fenced under the same epoch, two would write under it, and
   * an offset would name two entries.
   */
  private int nextEpoch(JournalStream stream) {
    int epoch = stream.epoch();
    boolean steps = shared != null && epoch < Integer.MAX_VALUE - 2 * MOST_STEP;
    return epoch + 1 + (steps ? random.nextInt(MOST_STEP) : 0);
  }

  /**
   * Ends a stream that another gateway may write at this moment, which then loses it. Waits for the
   * journal.
   *
   * @param done receives null once the stream has an end, or is no more; else why not. After {@code
   *     FENCED} another gateway has it
   */
  public void seize(StreamId id, JournalEnd end, Consumer<@Nullable JournalRefusal> done) {
    var stream = journal.find(id);
    if (stream.isEmpty() || stream.get().end().isPresent()) {
      done.accept(null);
      return;
    }
    int epoch = nextEpoch(stream.get());
    journal.fence(
        id,
        epoch,
        Receipts.of(refusal -> {
          if (refusal == null) {
            journal.append(id, JournalBatch.ending(epoch, end), ended(done));
          } else {
            done.accept(isOver(refusal) ? null : refusal);
          }
        }));
  }

  private static Journal.Receipt ended(Consumer<@Nullable JournalRefusal> done) {
    return Receipts.of(refusal -> done.accept(refusal == null || isOver(refusal) ? null : refusal));
  }

  private static boolean isOver(JournalRefusal refusal) {
    return refusal.reason() == JournalRefusal.Reason.ENDED
        || refusal.reason() == JournalRefusal.Reason.UNKNOWN;
  }

  /** Ends a stream that this process took over. */
  public void end(StreamId id, int epoch, JournalEnd end, Runnable done) {
    journal.append(id, JournalBatch.ending(epoch, end), Receipts.of(refusal -> done.run()));
  }

  /**
   * What is stored of a stream.
   *
   * @param identity the hash of its request; empty if it was not stored
   * @param keyed whether the request had an {@code Idempotency-Key}
   * @param request null if it was not stored
   * @param head null if no byte of the answer had left
   * @param body its frames in order
   * @param tail the place after the last entry
   */
  public record Stored(
      String identity,
      boolean keyed,
      @Nullable StoredRequest request,
      @Nullable StoredHead head,
      List<byte[]> body,
      JournalOffset tail) {}

  /**
   * {@return the stream as the journal has it; empty once it has expired} Waits for the journal.
   *
   * @throws UncheckedIOException if a journal that is shared cannot be reached
   */
  public Optional<JournalStream> find(StreamId id) {
    return journal.find(id);
  }

  /**
   * {@return what is stored of a stream; empty if it cannot be read} Reads from the disk, so not on
   * an event loop.
   *
   * @throws UncheckedIOException if a journal that is shared cannot be reached
   */
  public Optional<Stored> read(JournalStream stream) {
    return StoredContent.read(journal, stream);
  }
}
