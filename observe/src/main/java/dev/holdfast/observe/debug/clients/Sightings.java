package dev.holdfast.observe.debug.clients;

import java.util.EnumMap;
import java.util.Map;

/** How often each kind was seen. */
final class Sightings {
  private final Map<ClientKind, Integer> counts = new EnumMap<>(ClientKind.class);

  void add(ClientKind kind) {
    counts.merge(kind, 1, (a, b) -> a == Integer.MAX_VALUE ? a : a + b);
  }

  void addIf(boolean seen, ClientKind kind) {
    if (seen) {
      add(kind);
    }
  }

  Map<ClientKind, Integer> counts() {
    return counts;
  }
}
