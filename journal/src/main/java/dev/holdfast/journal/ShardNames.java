package dev.holdfast.journal;

import dev.holdfast.journal.file.JournalFiles;
import java.io.IOException;

/** How the directories of shards are called. */
final class ShardNames {
  private static final String PREFIX = "shard-";

  private ShardNames() {}

  static String of(int shard) {
    return "%s%02d".formatted(PREFIX, shard);
  }

  /** {@return how many shards a journal has, by the highest number} */
  static int count(JournalFiles files) throws IOException {
    int count = 0;
    for (String name : files.list("")) {
      if (name.matches(PREFIX + "\\d{2}")) {
        count = Math.max(count, Integer.parseInt(name.substring(PREFIX.length())) + 1);
      }
    }
    return count;
  }
}
