package dev.holdfast.observe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * What happened to one stream, bounded. Attempts are kept with their upstream and detail before all
 * else: an entry of the middle is left out and counted, and one of an attempt only where there is
 * no other. Not thread-safe.
 */
final class MonitorTimeline {
  /** Entries kept of a stream that is not over. */
  static final int LIVE = 64;

  /** Entries kept of a stream that is over. */
  static final int FINISHED = 48;

  /** Length of all details that are kept once the stream is over, in UTF-16 units. */
  static final int DETAILS = 1200;

  private final List<TimelineEntry> entries = new ArrayList<>(4);
  private long skipped;

  void add(TimelineEntry entry) {
    entries.add(entry);
    trim(LIVE);
  }

  /** Reduces it to what is kept after the end. */
  void finish() {
    trim(FINISHED);
    var known = new HashMap<String, String>();
    entries.forEach(entry -> known.putIfAbsent(entry.detail(), entry.detail()));
    int length = known.keySet().stream().mapToInt(String::length).sum();
    if (length > DETAILS) {
      int share = Math.max(4, DETAILS / known.size());
      known.replaceAll((detail, same) -> PlainText.line(detail, share));
    }
    // Attempts mostly have details in common: one string for all of them.
    entries.replaceAll(entry -> entry.withDetail(known.getOrDefault(entry.detail(), "")));
  }

  long skipped() {
    return skipped;
  }

  List<TimelineEntry> entries() {
    return List.copyOf(entries);
  }

  private void trim(int max) {
    while (entries.size() > max) {
      var unused = entries.remove(leastWanted());
      skipped++;
    }
  }

  /** {@return the first entry after the beginning that is not about an attempt, else about one} */
  private int leastWanted() {
    int from = entries.size() / 3;
    for (int i = from; i < entries.size() - 1; i++) {
      if (!isWanted(entries.get(i).kind())) {
        return i;
      }
    }
    for (int i = 0; i < from; i++) {
      if (!isWanted(entries.get(i).kind())) {
        return i;
      }
    }
    return from;
  }

  private static boolean isWanted(TimelineEntry.Kind kind) {
    return switch (kind) {
      case ATTEMPT_OPENED, ATTEMPT_FAILED, ATTEMPT_CLOSED, FIRST_TOKEN, ENDED -> true;
      case RETRYING, SEAM, FRAME_REJECTED, WARNED, ERROR -> false;
    };
  }
}
