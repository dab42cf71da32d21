package dev.holdfast.gateway.config.file;

import dev.holdfast.core.guard.Redactor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The errors of a file, and the keys that its reader knows. */
final class Findings {
  private static final int MAX_VALUE = 120;

  private record Finding(int line, String text) {}

  private final String file;
  private final List<Finding> findings = new ArrayList<>();
  private final Set<String> known = new TreeSet<>();

  Findings(String file) {
    this.file = file;
  }

  /** Records an error at a line, from 1. */
  void add(int line, String key, String rule) {
    findings.add(new Finding(line, "%s:%d: %s: %s".formatted(file, line, key, rule)));
  }

  /** Records an error with the value that broke the rule. */
  void add(int line, String key, String rule, String was) {
    add(line, key, rule + ", was " + shown(was));
  }

  /** Keys of providers are hidden, and a value ends somewhere. */
  private static String shown(String was) {
    String clean = Redactor.SHAPES.text(was).replaceAll("\\p{Cntrl}", "?");
    return "'" + (clean.length() > MAX_VALUE ? clean.substring(0, MAX_VALUE) + "..." : clean) + "'";
  }

  /** Records that the reader asks for a key; items of lists have {@code []} in its path. */
  void knows(String path) {
    known.add(path.replaceAll("\\[\\d+]", "[]"));
  }

  Set<String> known() {
    return known;
  }

  boolean isEmpty() {
    return findings.isEmpty();
  }

  /** {@return all errors, in the order of the file} */
  List<String> all() {
    return findings.stream()
        .sorted(Comparator.comparingInt(Finding::line))
        .map(Finding::text)
        .toList();
  }
}
