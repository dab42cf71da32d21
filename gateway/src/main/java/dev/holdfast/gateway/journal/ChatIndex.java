package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.StreamId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which answer of each chat a client may come back for: the one that is written, or that ended
 * while a client was away. Chats are known by their {@link Caller#chat tag}. Thread-safe.
 */
public final class ChatIndex {
  /** Names of chats come from clients: what is known of them is bounded. */
  private static final int MOST_CHATS = 100_000;

  /** How long an answer that was written can be asked for, if its client may not have it. */
  private static final Duration UNPROVEN = Duration.ofMinutes(5);

  /** The newest answer of a chat. */
  private static final class Answer {
    private final StreamId id;
    private volatile boolean owed;
    private volatile long writtenNanos;
    private volatile @Nullable BooleanSupplier written;

    Answer(StreamId id, boolean owed) {
      this.id = id;
      this.owed = owed;
    }
  }

  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final Consumer<Consumer<Predicate<StreamId>>> remaining;
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final LongSupplier clock;

  /**
   * An empty index.
   *
   * @param remaining finds out which streams there still are, and passes that on; at once, or later
   */
  ChatIndex(Consumer<Consumer<Predicate<StreamId>>> remaining, LongSupplier clock) {
    this.remaining = remaining;
    this.clock = clock;
  }

  /** An answer that another process began. */
  void found(String chat, StreamId id) {
    answers.put(chat, new Answer(id, true));
  }

  /** {@return the answer that a client may come back for, which may have expired; null for none} */
  public @Nullable StreamId current(String chat) {
    var answer = answers.get(chat);
    if (answer == null) {
      return null;
    }
    var acknowledged = answer.written;
    boolean over =
        acknowledged != null
            && !answer.owed
            && (acknowledged.getAsBoolean()
                || clock.getAsLong() - answer.writtenNanos > UNPROVEN.toNanos());
    if (over) {
      answers.remove(chat, answer);
      return null;
    }
    return answer.id;
  }

  /** {@return the answer whose place a new one takes; null for none} */
  public @Nullable StreamId begin(String chat, StreamId id) {
    if (answers.size() >= MOST_CHATS && sweeping.compareAndSet(false, true)) {
      remaining.accept(exists -> {
        answers.values().removeIf(answer -> !exists.test(answer.id));
        sweeping.set(false);
      });
    }
    var before = answers.put(chat, new Answer(id, false));
    return before == null ? null : before.id;
  }

  /**
   * A client left before the end: it may come back.
   *
   * @param id what it read; null if that is not known yet
   */
  public void left(String chat, @Nullable StreamId id) {
    var answer = answers.get(chat);
    if (answer != null && (id == null || answer.id.equals(id))) {
      answer.owed = true;
    }
  }

  /**
   * The end was written to a client.
   *
   * @param back whether it had come back, so that nothing is owed to it any more
   * @param acknowledged whether its machine has the end, each time it is asked
   */
  public void written(String chat, StreamId id, boolean back, BooleanSupplier acknowledged) {
    var answer = answers.get(chat);
    if (answer != null && answer.id.equals(id)) {
      answer.owed &= !back;
      answer.writtenNanos = clock.getAsLong();
      answer.written = acknowledged;
    }
  }

  /** A client has shown that it has the end. */
  public void received(String chat, StreamId id) {
    var answer = answers.get(chat);
    if (answer != null && answer.id.equals(id) && !answer.owed) {
      answers.remove(chat, answer);
    }
  }

  /** Nothing of the answer will be asked for. */
  public void forget(String chat, StreamId id) {
    var answer = answers.get(chat);
    if (answer != null && answer.id.equals(id)) {
      answers.remove(chat, answer);
    }
  }
}
