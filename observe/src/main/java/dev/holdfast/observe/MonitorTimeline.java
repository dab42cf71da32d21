package dev.holdfast.observe;

import java.util.ArrayList;
import java.util.List;

/**
 * What happened to one stream, bounded: the beginning and the end are kept, the middle is left out
 * and counted. Not thread-safe.
 */
final class MonitorTimeline {
  /** Entries kept of a stream that is not over. */
  static final int LIVE = 64;

  /** Entries kept of a stream that is over. */
  static final int FINISHED = 16;

  /** Entries whose detail is kept once the stream is over, the last ones. */
  static final int DETAILS = 4;

  private final List<TimelineEntry> entries = new ArrayList<>(8);
  private long skipped;

  void add(TimelineEntry entry) {
    entries.add(entry);
    trim(LIVE);
  }

  /** Reduces it to what is kept after the end. */
  void finish() {
    trim(FINISHED);
    int details = 0;
    for (int i = entries.size() - 1; i >= 0; i--) {
      var entry = entries.get(i);
      if (!entry.detail().isEmpty() && ++details > DETAILS) {
        entries.set(
            i,
            new TimelineEntry(
                entry.atMillis(),
                entry.kind(),
                entry.attempt(),
                entry.cause(),
                entry.rung(),
                entry.number(),
                ""));
      }
    }
  }

  long skipped() {
    return skipped;
  }

  List<TimelineEntry> entries() {
    return List.copyOf(entries);
  }

  private void trim(int max) {
    while (entries.size() > max) {
      var unused = entries.remove(max / 3);
      skipped++;
    }
  }
}
