package dev.holdfast.gateway.config.file;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The known word that was probably meant. */
final class Nearest {
  private static final int MAX_EDITS = 2;

  private Nearest() {}

  /** {@return the nearest of some words, at most two edits away; null if none is} */
  static @Nullable String of(String written, Collection<String> known) {
    String plain = plain(written);
    String nearest = null;
    int least = MAX_EDITS + 1;
    for (String word : known.stream().sorted().toList()) {
      int edits = edits(plain, plain(word));
      if (edits < least && edits < word.length() - 1) {
        least = edits;
        nearest = word;
      }
    }
    return nearest;
  }

  /** Other spellings of one word are no edits. */
  private static String plain(String word) {
    return word.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  private static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int above = row[j];
        int swap = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(swap, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[to.length()];
  }
}
