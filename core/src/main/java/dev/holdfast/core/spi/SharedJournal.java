package dev.holdfast.core.spi;

import java.util.List;
import java.util.function.Consumer;

/**
 * A journal that several processes share. A stream that is open belongs to the process that created
 * it, or fenced it last, under a lease: the journal renews it until the stream has ended, is
 * released, or the journal is closed. A process that dies renews nothing, and once the lease has
 * run out another one takes the stream over.
 *
 * <p>The lease only decides which process tries. The epoch alone decides which producer may write,
 * so a process that slept through its lease harms nothing: its batches are refused.
 *
 * <p>Where the store does not answer, a process does not know how its streams end, as another one
 * may continue them. Their followers in this process are refused as {@code STORAGE}, and receive no
 * end.
 */
public interface SharedJournal extends Journal {
  /** {@return the ids of open streams under no lease, in no order} May read from the storage. */
  List<StreamId> orphans();

  /**
   * Fences a stream that is under no lease, as {@link #fence} does. Refused as {@code FENCED} while
   * another process has it.
   */
  void takeOver(StreamId id, int epoch, Receipt receipt);

  /** Ends the lease of a stream that this process owns: another may take it over at once. */
  void release(StreamId id);

  /**
   * Sets what receives the streams of this process that another one took over, or removed. Called
   * within a third of a lease, on any thread; it must return at once.
   */
  void onLost(Consumer<StreamId> listener);
}
