package dev.holdfast.gateway.route;

import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which upstream wrote what only it can read: answers by their ids; signatures of tool calls; and,
 * where a protocol's state has no name that is seen in passing, the last answer of a session. Keeps
 * hashes and names, the newest. Thread-safe.
 */
public final class StateOrigins {
  private static final int MAX = 50_000;

  private final LinkedHashMap<Long, String> origins = new LinkedHashMap<>();
  private volatile @Nullable Listener listener;

  /** Receives what was recorded here. */
  @FunctionalInterface
  public interface Listener {
    /** An upstream wrote something. */
    void wrote(long hash, String upstream);
  }

  /** Sets what receives what is recorded here; it must return at once. */
  public void onWrote(Listener listener) {
    this.listener = listener;
  }

  /** Records the upstream that wrote it. */
  public void wrote(long hash, String upstream) {
    boolean known = upstream.equals(learn(hash, upstream));
    var there = listener;
    if (there != null && !known) {
      there.wrote(hash, upstream);
    }
  }

  /** {@return what was known before} Records what another gateway found out. */
  public synchronized @Nullable String learn(long hash, String upstream) {
    String before = origins.remove(hash);
    origins.put(hash, upstream);
    if (origins.size() > MAX) {
      origins.remove(origins.keySet().iterator().next());
    }
    return before;
  }

  /**
   * {@return the upstream that wrote the newest of these; null if unknown}
   *
   * @param states hashes in the order of the request
   * @param session the session's hash, which is asked last
   */
  public synchronized @Nullable String of(List<Long> states, long session) {
    for (int i = states.size() - 1; i >= 0; i--) {
      String found = origins.get(states.get(i));
      if (found != null) {
        return found;
      }
    }
    return origins.get(session);
  }
}
