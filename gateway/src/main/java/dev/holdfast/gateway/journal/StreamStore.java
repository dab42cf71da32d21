package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.SharedJournal;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.JournalConfig;
import io.netty.channel.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
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
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The streams of this gateway in a journal: which are written now, which an identical request
 * receives, and whose each one is. Thread-safe.
 */
public final class StreamStore {
  /** Names of requests come from clients: what is known of them is bounded. */
  private static final int MOST_IDENTITIES = 100_000;

  /** How long another gateway may take to create the stream that it has claimed. */
  private static final Duration CREATION = Duration.ofSeconds(3);

  private static final long CREATION_POLL_NANOS = 2_000_000;
  private static final int AT_A_TIME = 1_000;

  /** An epoch is at most so far above the one before it. */
  private static final int MOST_STEP = 1 << 20;

  private static final int PAGE_BYTES = 1 << 20;
  private static final byte[] NO_OWNER = new byte[Caller.TAG_BYTES];

  private final Journal journal;
  private final JournalConfig config;
  private final LongSupplier clock;
  private final RandomGenerator random;

  /** Runs what waits for a journal that is shared. */
  private final Executor threads;

  /** The journal, where other gateways use it, too. */
  private final @Nullable SharedJournal shared;

  private final Map<StreamId, StreamRecording> live = new ConcurrentHashMap<>();
  private final Map<String, StreamId> byIdentity = new ConcurrentHashMap<>();
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
    chats = new ChatIndex(id -> live.containsKey(id) || stored(id).isPresent(), clock);
    if (shared != null) {
      shared.onLost(this::lost);
    }
    // Others write what is under a lease.
    var open = new HashSet<>(shared == null ? journal.openStreams() : shared.orphans());
    var best = new HashMap<String, JournalStream>();
    for (JournalStream stream : all()) {
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

  /**
   * {@return all streams of the journal} Asks for many at a time where each answer takes a while.
   */
  private List<JournalStream> all() {
    var ids = journal.streams();
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
   * {@return the open streams that no gateway writes now; none unless the journal is shared} Waits
   * for the journal.
   */
  public List<StreamId> orphans() {
    if (shared == null) {
      return List.of();
    }
    var orphans = new ArrayList<StreamId>();
    for (StreamId id : shared.orphans()) {
      var metadata = live.containsKey(id) ? null : metadata(journal.find(id));
      if (metadata == null) {
        continue;
      }
      orphans.add(id);
      if (metadata.keyed()) {
        byIdentity.putIfAbsent(HexFormat.of().formatHex(metadata.identity()), id);
      }
      if (metadata.chat().length > 0) {
        chats.found(HexFormat.of().formatHex(metadata.chat()), id);
      }
    }
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
   * Looks for the stream of an id as {@link #find} does, and answers on the loop. At once, except
   * where the journal has to be waited for: there the place is checked before, as a reader would
   * learn too late that it is none.
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
      try {
        loop.execute(answer);
      } catch (RejectedExecutionException e) {
        // The gateway has ended, and the connection with it.
      }
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

  /** {@return the stream that an identical request began last, if it is still there} */
  public @Nullable StreamId identical(String identity) {
    StreamId id = byIdentity.get(identity);
    if (id != null && isGone(id)) {
      byIdentity.remove(identity, id);
      return null;
    }
    return id;
  }

  /** {@return the stream that an identical request began last here, there or not} */
  public @Nullable StreamId known(String identity) {
    return byIdentity.get(identity);
  }

  /** Another gateway began the stream of an identity. Where many are known, it is asked again. */
  public void learn(String identity, StreamId id) {
    if (byIdentity.size() < MOST_IDENTITIES) {
      byIdentity.put(identity, id);
    }
  }

  /** {@return whether the stream is no more} Not where the journal cannot be reached. */
  private boolean isGone(StreamId id) {
    try {
      return live.get(id) == null && journal.find(id).isEmpty();
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /**
   * {@return whether this stream is now the one of its identity} Another may have been faster.
   *
   * @param before what {@link #identical} returned
   */
  boolean claim(String identity, @Nullable StreamId before, StreamId id) {
    if (byIdentity.size() >= MOST_IDENTITIES) {
      byIdentity.values().removeIf(this::isGone);
    }
    return before == null
        ? byIdentity.putIfAbsent(identity, id) == null
        : byIdentity.replace(identity, before, id);
  }

  /** Identical requests do not find the stream any more. */
  public void forget(String identity, StreamId id) {
    byIdentity.remove(identity, id);
  }

  /**
   * {@return the stream as the journal has it; empty once it has expired, or while the journal
   * cannot be reached}
   */
  public Optional<JournalStream> stored(StreamId id) {
    try {
      return journal.find(id);
    } catch (UncheckedIOException e) {
      return Optional.empty();
    }
  }

  /**
   * {@return the stream that another gateway is creating; empty if it is not there within a time}
   * Waits for the journal.
   */
  public Optional<JournalStream> created(StreamId id) {
    long deadline = System.nanoTime() + CREATION.toNanos();
    var found = stored(id);
    while (found.isEmpty() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(CREATION_POLL_NANOS);
      found = stored(id);
    }
    return found;
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
   * @param request null if it was not stored
   * @param head null if no byte of the answer had left
   * @param body its frames in order
   * @param tail the place after the last entry
   */
  public record Stored(
      @Nullable StoredRequest request,
      @Nullable StoredHead head,
      List<byte[]> body,
      JournalOffset tail) {}

  /**
   * {@return what is stored of a stream; empty if it cannot be read} Reads from the disk, so not on
   * an event loop.
   *
   * @throws UncheckedIOException if a journal that is shared cannot be reached
   */
  public Optional<Stored> read(StreamId id) {
    var request = new ByteArrayOutputStream();
    StoredHead head = null;
    var body = new ArrayList<byte[]>();
    var at = JournalOffset.START;
    while (true) {
      var read = journal.read(id, at, PAGE_BYTES);
      if (!(read instanceof JournalRead.Page page)) {
        if (shared != null
            && read instanceof JournalRead.Refused refused
            && refused.refusal().reason() == JournalRefusal.Reason.STORAGE) {
          throw new UncheckedIOException(new IOException(refused.refusal().detail()));
        }
        return Optional.empty();
      }
      for (StoredEntry stored : page.entries()) {
        var payload = stored.entry().payload();
        switch (stored.entry().type()) {
          case EntryType.REQUEST -> request.writeBytes(bytes(payload));
          case EntryType.HEAD -> head = StoredHead.of(payload);
          case EntryType.OPENING -> {}
          default -> body.add(bytes(payload));
        }
      }
      at = page.next();
      if (page.atTail()) {
        var asked =
            request.size() == 0 ? null : StoredRequest.of(ByteBuffer.wrap(request.toByteArray()));
        return Optional.of(new Stored(asked, head, body, at));
      }
    }
  }

  private static byte[] bytes(ByteBuffer payload) {
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    return bytes;
  }
}
