package dev.holdfast.observe;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Streams counted by a name, with a bound on names. Not thread-safe. */
final class Groups {
  /** Most distinct names. */
  static final int MAX_KEYS = 20;

  private static final String OTHER = "other";
  private static final String UNKNOWN = "unknown";

  private final Map<String, Group> groups = new HashMap<>();

  private static final class Group {
    final LogBuckets firstTokens = new LogBuckets();
    long successful;
    long truncated;
    long failed;
    long cancelled;
    long inputTokens;
    long outputTokens;
    boolean estimated;
    long recoveries;
    long errors;

    void add(Group other) {
      firstTokens.addAll(other.firstTokens);
      successful += other.successful;
      truncated += other.truncated;
      failed += other.failed;
      cancelled += other.cancelled;
      inputTokens += other.inputTokens;
      outputTokens += other.outputTokens;
      estimated |= other.estimated;
      recoveries += other.recoveries;
      errors += other.errors;
    }

    GroupReport report(String name) {
      return new GroupReport(
          name,
          successful,
          truncated,
          failed,
          cancelled,
          inputTokens,
          outputTokens,
          estimated,
          recoveries,
          errors,
          firstTokens.distribution());
    }
  }

  private Group of(String name) {
    String known = name.isEmpty() ? UNKNOWN : name;
    boolean room = groups.containsKey(known) || groups.size() < MAX_KEYS;
    return groups.computeIfAbsent(room ? known : OTHER, key -> new Group());
  }

  void ended(String name, StreamMetrics stream) {
    Group group = of(name);
    switch (stream.state()) {
      case COMPLETE -> group.successful++;
      case TRUNCATED -> group.truncated++;
      case FAILED -> group.failed++;
      case CANCELLED -> group.cancelled++;
      case ACTIVE -> throw new IllegalStateException("state: must be over, was ACTIVE");
    }
    group.inputTokens += stream.inputTokens().orElse(0);
    group.outputTokens += stream.outputTokens();
    group.estimated |= stream.tokensEstimated() && stream.outputTokens() > 0;
    group.recoveries += stream.recoveries();
  }

  void firstToken(String name, long micros) {
    of(name).firstTokens.add(micros, 1);
  }

  void error(String name) {
    of(name).errors++;
  }

  /** Adds what another has counted; its names are bounded already. */
  void addAll(Groups other) {
    other.groups.forEach(
        (name, group) -> groups.computeIfAbsent(name, key -> new Group()).add(group));
  }

  void clear() {
    groups.clear();
  }

  /** {@return the groups of most streams, most first; ties by name} */
  List<GroupReport> top(int max) {
    return groups.entrySet().stream()
        .map(entry -> entry.getValue().report(entry.getKey()))
        .sorted(
            Comparator.comparingLong(GroupReport::ended)
                .thenComparingLong(GroupReport::errors)
                .reversed()
                .thenComparing(GroupReport::name))
        .limit(max)
        .toList();
  }
}
