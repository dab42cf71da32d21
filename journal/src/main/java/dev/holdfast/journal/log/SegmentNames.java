package dev.holdfast.journal.log;

import java.util.OptionalLong;

/** How the files of a shard are called. */
final class SegmentNames {
  private static final String ENDING = ".seg";
  private static final int DIGITS = 16;

  private SegmentNames() {}

  static String path(String directory, long number) {
    return "%s/%016d%s".formatted(directory, number, ENDING);
  }

  /** {@return the number of the segment with this file name; empty for another file} */
  static OptionalLong number(String name) {
    boolean formed =
        name.length() == DIGITS + ENDING.length()
            && name.endsWith(ENDING)
            && name.chars().limit(DIGITS).allMatch(c -> c >= '0' && c <= '9');
    return formed
        ? OptionalLong.of(Long.parseLong(name.substring(0, DIGITS)))
        : OptionalLong.empty();
  }
}
