package dev.holdfast.core.seam;

import java.util.Arrays;

/**
 * Places of a long text by what is written there, so that a repetition is found however far back it
 * is. Each {@link #GRID}th character is the place of the {@link #GRAM} characters from it on. An
 * end of at least {@link #SURE} characters that occurs elsewhere holds one of them, and is found.
 *
 * <p>Follows a text as it grows. Nothing is kept of texts within {@link Stitcher#OVERLAP_WINDOW},
 * which is searched itself.
 */
final class Landmarks {
  private static final int GRAM = 16;
  private static final int GRID = 32;

  /** Any repeated end of this length is found. */
  static final int SURE = GRID + GRAM - 1;

  /** So many places that read alike are a pattern, not a place. */
  private static final int MOST_ALIKE = 8;

  /** Places, each one more than it is; 0 is free. Open addressing. */
  private int[] places = new int[0];

  private int count;

  /** The place that is read next; it may lie beyond the text so far. */
  private int next;

  /** How long the text was when it was read last. */
  private int length;

  /** Reads what the text has more than when it was read last; a shorter one is another text. */
  void follow(CharSequence text) {
    if (text.length() < length) {
      places = new int[0];
      count = 0;
      next = 0;
    }
    length = text.length();
    if (text.length() <= Stitcher.OVERLAP_WINDOW) {
      return;
    }
    while (next + GRAM <= text.length()) {
      if (2 * (count + 1) > places.length) {
        grow(text);
      }
      insert(text, next);
      next += GRID;
    }
  }

  private void grow(CharSequence text) {
    int[] old = places;
    places = new int[Math.max(512, 2 * old.length)];
    count = 0;
    // In their order: of many alike the first ones stay.
    int[] kept = Arrays.stream(old).filter(place -> place > 0).sorted().toArray();
    for (int place : kept) {
      insert(text, place - 1);
    }
  }

  private void insert(CharSequence text, int at) {
    int mask = places.length - 1;
    int alike = 0;
    int slot = hash(text, at) & mask;
    while (places[slot] > 0) {
      if (isAlike(text, places[slot] - 1, at) && ++alike == MOST_ALIKE) {
        return;
      }
      slot = (slot + 1) & mask;
    }
    places[slot] = at + 1;
    count++;
  }

  /**
   * {@return characters of the longest end that occurs elsewhere in the text, if it is at least
   * {@link #SURE}; else 0; {@link Integer#MAX_VALUE} where it occurs too often to decide}
   */
  int longestEnd(CharSequence text, int end) {
    return search(text, end, false);
  }

  /** {@return whether the text begins with an end of its own, of at least {@link #SURE}} */
  boolean endsAsItBegins(CharSequence text, int end) {
    return search(text, end, true) > 0;
  }

  private int search(CharSequence text, int end, boolean begin) {
    if (count == 0 || end < SURE) {
      return 0;
    }
    int mask = places.length - 1;
    int longest = 0;
    for (int at = end - SURE; at + GRAM <= end; at++) {
      int alike = 0;
      for (int slot = hash(text, at) & mask; places[slot] > 0; slot = (slot + 1) & mask) {
        int place = places[slot] - 1;
        if (place != at && isAlike(text, place, at)) {
          if (++alike == MOST_ALIKE) {
            return Integer.MAX_VALUE;
          }
          int same = same(text, place, at, end);
          boolean whole = same > 0 && place + (end - at) == same;
          longest = Math.max(longest, begin && !whole ? 0 : same);
        }
      }
    }
    return longest;
  }

  /** How much of the end is written up to the place that corresponds to it; 0 if not all of it. */
  private static int same(CharSequence text, int place, int at, int end) {
    int after = end - at;
    if (place + after >= end) {
      return 0;
    }
    for (int i = GRAM; i < after; i++) {
      if (text.charAt(place + i) != text.charAt(at + i)) {
        return 0;
      }
    }
    int before = 0;
    while (before < place && text.charAt(place - 1 - before) == text.charAt(at - 1 - before)) {
      before++;
    }
    return before + after >= SURE ? before + after : 0;
  }

  /** {@return whether a text occurs here that begins as {@code other} does from a place on} */
  boolean holds(CharSequence text, CharSequence other, int from) {
    if (count == 0 || other.length() - from < SURE) {
      return false;
    }
    int mask = places.length - 1;
    for (int at = from; at < from + GRID; at++) {
      for (int slot = hash(other, at) & mask; places[slot] > 0; slot = (slot + 1) & mask) {
        int place = places[slot] - 1 - (at - from);
        if (place >= 0 && begins(text, place, other, from)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean begins(CharSequence text, int place, CharSequence other, int from) {
    if (place + SURE > text.length()) {
      return false;
    }
    for (int i = 0; i < SURE; i++) {
      if (text.charAt(place + i) != other.charAt(from + i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAlike(CharSequence text, int one, int other) {
    for (int i = 0; i < GRAM; i++) {
      if (text.charAt(one + i) != text.charAt(other + i)) {
        return false;
      }
    }
    return true;
  }

  private static int hash(CharSequence text, int at) {
    int hash = 0;
    for (int i = 0; i < GRAM; i++) {
      hash = 31 * hash + text.charAt(at + i);
    }
    hash *= 0x9E3779B9;
    return hash ^ (hash >>> 15);
  }
}
