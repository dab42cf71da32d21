package dev.holdfast.core.spi;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A durable log of streams, so that a stream outlives its reader, its connection and its process.
 * Thread-safe.
 *
 * <p>Operations that write return at once and report to a {@link Receipt}. Operations of one stream
 * are stored in the order of their calls, so a producer may append before the receipt of the
 * previous batch arrived. An entry is visible to readers only after it is stored: no offset leaves
 * the process before its bytes reached the storage.
 *
 * <p>A producer owns a stream under an epoch. Another takes over with {@link #fence} and a higher
 * epoch, after which batches of the first are refused. After a crash a gateway fences each of
 * {@link #openStreams}, reads what is stored and continues it. {@code JournalContract} of the test
 * kit holds every implementation to this page.
 */
public interface Journal extends AutoCloseable {
  /** Creates a stream. Refused: {@code EXISTS, TOO_LARGE, FULL, STORAGE, CLOSED}. */
  void create(NewStream stream, Receipt receipt);

  /**
   * Creates a stream with its first entries. Refused as {@link #create(NewStream, Receipt)} and
   * {@link #append} are; after the refusal of the entries the stream may be there. A store that
   * several processes share does both in one step: no process finds the stream without them.
   *
   * @param first its first entries, of the stream's epoch; without an end
   */
  default void create(NewStream stream, JournalBatch first, Receipt receipt) {
    var created =
        new Receipt() {
          private volatile @Nullable JournalRefusal refused;

          @Override
          public void onStored(JournalOffset tail) {}

          @Override
          public void onRefused(JournalRefusal refusal) {
            refused = refusal;
          }
        };
    create(stream, created);
    append(
        stream.id(),
        first,
        new Receipt() {
          @Override
          public void onStored(JournalOffset tail) {
            var before = created.refused;
            if (before == null) {
              receipt.onStored(tail);
            } else {
              receipt.onRefused(before);
            }
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            var before = created.refused;
            receipt.onRefused(before == null ? refusal : before);
          }
        });
  }

  /**
   * Appends a batch. Refused: {@code UNKNOWN, FENCED, ENDED, WRONG_SEQUENCE, TOO_LARGE, FULL, BUSY,
   * STORAGE, CLOSED}. A failure of the storage, a full disk included, ends the stream as {@code
   * FAILED}: its readers receive that end. The end is written when the storage works again. A batch
   * without entries is never refused as {@code FULL} or {@code BUSY}, because readers wait for it.
   */
  void append(StreamId id, JournalBatch batch, Receipt receipt);

  /**
   * Takes a stream over. Refused: {@code UNKNOWN, STORAGE, CLOSED}, and {@code FENCED} unless the
   * epoch is higher than the stream's. A stream that has ended can be fenced, too.
   */
  void fence(StreamId id, int epoch, Receipt receipt);

  /**
   * Begins the time to live of a sliding stream anew. Refused: {@code UNKNOWN, CLOSED}. The touch
   * counts at once; a store may write it later, or lose it in a crash.
   */
  void touch(StreamId id, Receipt receipt);

  /**
   * Removes a stream at once. Refused: {@code UNKNOWN, STORAGE, CLOSED}. After {@code STORAGE} the
   * stream is gone for readers, and its removal is written when the storage works again.
   */
  void delete(StreamId id, Receipt receipt);

  /**
   * {@return the stream; empty for one that was never there, was deleted, or has expired} May read
   * from the storage once after a restart.
   */
  Optional<JournalStream> find(StreamId id);

  /** {@return the ids of all streams, in no order} */
  List<StreamId> streams();

  /** {@return the ids of the streams that have no end, in no order} */
  List<StreamId> openStreams();

  /**
   * Reads entries that are stored. May read from the storage, so an event loop uses {@link #follow}
   * instead. Refused: {@code UNKNOWN, WRONG_OFFSET, DAMAGED, NO_CONTENT, CLOSED}.
   *
   * @param after where to begin
   * @param maxBytes of payloads; one entry is returned even if it is larger
   */
  JournalRead read(StreamId id, JournalOffset after, int maxBytes);

  /**
   * Follows a stream from an offset: what is stored, then what is appended, then the end. The
   * journal holds nothing for a follower that does not demand.
   */
  Subscription follow(StreamId id, JournalOffset after, Follower follower);

  /**
   * Removes streams whose time has passed, and frees storage. An implementation may also do so by
   * itself. A stream is unknown from its time on, also before this is called.
   *
   * @return how many streams were removed
   */
  int expire();

  /** {@return how much is there at this moment} */
  JournalSize size();

  /** {@return what is accepted} */
  JournalLimits limits();

  /**
   * Stores what is pending and closes. Followers receive a refusal with {@code CLOSED}; open
   * streams stay open in the storage.
   */
  @Override
  void close();

  /**
   * Receives the result of one operation: exactly one call, on any thread, possibly before the
   * operation returns. It must return at once.
   */
  interface Receipt {
    /** It is stored; {@code tail} is the place after the stream's last entry at that moment. */
    void onStored(JournalOffset tail);

    /** It is not done. */
    void onRefused(JournalRefusal refusal);
  }

  /**
   * Receives one stream, one call at a time: entries as far as demanded, then exactly one of end
   * and refusal, which need no demand. Calls must return at once.
   */
  interface Follower {
    /** The next entry. */
    void onEntry(StoredEntry entry);

    /**
     * The stream ended and all its entries were received. With {@code EXPIRED} it was removed, and
     * entries may be missing.
     */
    void onEnd(JournalEnd end);

    /**
     * Nothing more can be read: {@code UNKNOWN} (also if the stream is deleted meanwhile), {@code
     * WRONG_OFFSET, DAMAGED, NO_CONTENT, STORAGE, CLOSED}.
     */
    void onRefused(JournalRefusal refusal);
  }

  /** A follower's side of a stream. Both methods are thread-safe and return at once. */
  interface Subscription {
    /** Allows {@code entries} more calls of {@link Follower#onEntry}. None is allowed at first. */
    void demand(long entries);

    /** Ends the subscription. At most a call under way follows. */
    void cancel();
  }
}
