package dev.holdfast.gateway.route;

import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which upstream wrote what only it can read: answers by their ids, signatures of tool calls, and,
 * where a protocol's state has no name that is seen in passing, the last answer of a session. Keeps
 * hashes and names, the newest. Thread-safe.
 */
public final class StateOrigins {
  private static final int MAX = 50_000;

  private final LinkedHashMap<Long, String> origins = new LinkedHashMap<>();

  /** Records the upstream that wrote it. */
  public synchronized void wrote(long hash, String upstream) {
    origins.remove(hash);
    origins.put(hash, upstream);
    if (origins.size() > MAX) {
      origins.remove(origins.keySet().iterator().next());
    }
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
