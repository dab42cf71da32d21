package dev.holdfast.observe;

import dev.holdfast.observe.WindowReport.Tally;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Errors counted by cause and by upstream, with a bound on names. Not thread-safe. */
final class Errors {
  /** Most distinct names of either kind. */
  static final int MAX_KEYS = 50;

  private static final String OTHER = "other";
  private static final String UNKNOWN = "unknown";

  private final Map<String, Long> byCause = new HashMap<>();
  private final Map<String, Long> byUpstream = new HashMap<>();

  void add(String cause, String upstream) {
    count(byCause, cause, 1);
    count(byUpstream, upstream.isEmpty() ? UNKNOWN : upstream, 1);
  }

  /** Adds what another has counted; its names are bounded already. */
  void addAll(Errors other) {
    other.byCause.forEach((name, count) -> byCause.merge(name, count, Long::sum));
    other.byUpstream.forEach((name, count) -> byUpstream.merge(name, count, Long::sum));
  }

  void clear() {
    byCause.clear();
    byUpstream.clear();
  }

  List<Tally> topCauses(int max) {
    return top(byCause, max);
  }

  List<Tally> topUpstreams(int max) {
    return top(byUpstream, max);
  }

  private static void count(Map<String, Long> counts, String name, long more) {
    boolean known = counts.containsKey(name) || counts.size() < MAX_KEYS;
    counts.merge(known ? name : OTHER, more, Long::sum);
  }

  private static List<Tally> top(Map<String, Long> counts, int max) {
    return counts.entrySet().stream()
        .map(entry -> new Tally(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(Tally::count).reversed().thenComparing(Tally::name))
        .limit(max)
        .toList();
  }
}
