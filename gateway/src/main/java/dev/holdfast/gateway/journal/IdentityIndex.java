package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.StreamId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Which stream identical requests receive here. No method waits. Thread-safe. */
final class IdentityIndex {
  /** Names of requests come from clients: what is known of them is bounded. */
  private static final int MOST = 100_000;

  private final Map<String, StreamId> streams = new ConcurrentHashMap<>();
  private final Consumer<Consumer<Predicate<StreamId>>> remaining;
  private final AtomicBoolean sweeping = new AtomicBoolean();

  /**
   * An empty index.
   *
   * @param remaining finds out which streams there still are, and passes that on; at once, or later
   */
  IdentityIndex(Consumer<Consumer<Predicate<StreamId>>> remaining) {
    this.remaining = remaining;
  }

  @Nullable StreamId get(String identity) {
    return streams.get(identity);
  }

  void put(String identity, StreamId id) {
    streams.put(identity, id);
  }

  void putIfAbsent(String identity, StreamId id) {
    streams.putIfAbsent(identity, id);
  }

  /** Another gateway began the stream of an identity. Where many are known, it is asked again. */
  void learn(String identity, StreamId id) {
    if (streams.size() < MOST) {
      streams.put(identity, id);
    }
  }

  /**
   * {@return whether a stream is now the one of its identity} Another may have been faster.
   *
   * @param before what was known; null for nothing
   */
  boolean claim(String identity, @Nullable StreamId before, StreamId id) {
    if (streams.size() >= MOST && sweeping.compareAndSet(false, true)) {
      remaining.accept(exists -> {
        streams.values().removeIf(stream -> !exists.test(stream));
        sweeping.set(false);
      });
    }
    return before == null
        ? streams.putIfAbsent(identity, id) == null
        : streams.replace(identity, before, id);
  }

  void forget(String identity, StreamId id) {
    streams.remove(identity, id);
  }
}
