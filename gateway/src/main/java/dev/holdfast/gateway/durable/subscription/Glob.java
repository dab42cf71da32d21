package dev.holdfast.gateway.durable.subscription;

import java.util.List;

/**
 * A pattern of paths: {@code *} is one segment, {@code **} any number of them. Matched in time
 * proportional to the product of both lengths.
 */
final class Glob {
  private final List<String> pattern;

  Glob(String pattern) {
    this.pattern = segments(pattern);
  }

  private static List<String> segments(String path) {
    return List.of(path.split("/", -1)).stream().filter(part -> !part.isEmpty()).toList();
  }

  boolean matches(String path) {
    var parts = segments(path);
    // Which beginnings of the pattern match the beginning of the path.
    boolean[] reached = new boolean[pattern.size() + 1];
    reached[0] = true;
    skip(reached);
    for (String part : parts) {
      boolean[] next = new boolean[reached.length];
      for (int i = 0; i < pattern.size(); i++) {
        if (!reached[i]) {
          continue;
        }
        String wanted = pattern.get(i);
        if (wanted.equals("**")) {
          next[i] = true;
        } else if (wanted.equals("*") || wanted.replaceAll("%2[Aa]", "*").equals(part)) {
          next[i + 1] = true;
        }
      }
      reached = next;
      skip(reached);
    }
    return reached[pattern.size()];
  }

  private void skip(boolean[] reached) {
    for (int i = 0; i < pattern.size(); i++) {
      if (reached[i] && pattern.get(i).equals("**")) {
        reached[i + 1] = true;
      }
    }
  }
}
