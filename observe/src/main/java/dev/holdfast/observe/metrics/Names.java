package dev.holdfast.observe.metrics;

import dev.holdfast.observe.PlainText;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the names that become tags: a meter is kept permanently for each combination, and the
 * caller names the model. Thread-safe.
 */
final class Names {
  /** Most distinct names; the rest become {@link #OTHER}. */
  static final int MAX = 200;

  static final String OTHER = "other";
  static final String UNKNOWN = "unknown";

  private static final int MAX_LENGTH = 64;

  private final Set<String> known = ConcurrentHashMap.newKeySet();

  String bounded(String name) {
    if (name.isEmpty()) {
      return UNKNOWN;
    }
    String line = PlainText.line(name, MAX_LENGTH);
    if (known.contains(line)) {
      return line;
    }
    return known.size() < MAX && known.add(line) ? line : known.contains(line) ? line : OTHER;
  }
}
