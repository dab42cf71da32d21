package dev.holdfast.observe.explain;

import java.util.ArrayList;
import java.util.List;

/**
 * One wording of a message. Letters and digits count and nothing else; a star stands for up to
 * {@value #GAP} of them, a hash for a number with its unit.
 */
final class Wording {
  private static final int GAP = 90;

  /** A mistyped letter is forgiven where so many others are right. */
  private static final int TYPO_FROM = 16;

  /** So much of a wording must be there where an ellipsis replaces the rest. */
  private static final int PART_FROM = 16;

  /** A number has so many groups of digits: 1,000.25 has three. */
  private static final int MAX_GROUPS = 5;

  private static final int MAX_UNIT = 12;

  private static final String STAR = "*";
  private static final String NUMBER = "#";

  private final String text;
  private final List<String> pieces;
  private final int weight;

  private Wording(String text, List<String> pieces, int weight) {
    this.text = text;
    this.pieces = pieces;
    this.weight = weight;
  }

  /** Where a wording was found. */
  record Span(int from, int to) {
    boolean contains(Span other) {
      return from <= other.from && to >= other.to;
    }
  }

  /** {@return a wording from its line in the table} */
  static Wording of(String text) {
    var pieces = new ArrayList<String>();
    int weight = 0;
    int begin = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : '*';
      if (c == '*' || c == '#') {
        String letters = PastedText.reduced(text.substring(begin, i));
        if (!letters.isEmpty()) {
          pieces.add(letters);
          weight += letters.length();
        }
        if (i < text.length()) {
          pieces.add(c == '*' ? STAR : NUMBER);
          weight += c == '#' ? 1 : 0;
        }
        begin = i + 1;
      }
    }
    if (pieces.isEmpty() || pieces.getFirst().equals(STAR) || pieces.getLast().equals(STAR)) {
      throw new IllegalStateException("wording: must begin and end with words, was " + text);
    }
    return new Wording(text, List.copyOf(pieces), weight);
  }

  /** {@return the wording as the table has it} */
  String text() {
    return text;
  }

  /** {@return how many letters must be right: the more, the more specific} */
  int weight() {
    return weight;
  }

  /** {@return whether other words may be inside a match} */
  boolean hasGap() {
    return pieces.contains(STAR);
  }

  /** {@return its place in a text, beginning at or after a place, or null} */
  @org.jspecify.annotations.Nullable Span find(PastedText pasted, int from) {
    String first = pieces.getFirst();
    if (first.equals(NUMBER)) {
      for (int at = from; at < pasted.length(); at++) {
        if (pasted.isBoundary(at)) {
          int end = end(pasted, at, 0, 0);
          if (end >= 0) {
            return new Span(at, end);
          }
        }
      }
      return null;
    }
    for (int at = pasted.letters().indexOf(first, from);
        at >= 0;
        at = pasted.letters().indexOf(first, at + 1)) {
      int end = pasted.isBoundary(at) ? end(pasted, at, 0, 0) : -1;
      if (end >= 0) {
        return new Span(at, end);
      }
    }
    return null;
  }

  /** {@return its place in a text with one letter mistyped, left out or too many, or null} */
  @org.jspecify.annotations.Nullable Span findMistyped(PastedText pasted, int from) {
    if (weight < TYPO_FROM || pieces.getFirst().equals(NUMBER)) {
      return null;
    }
    char first = pieces.getFirst().charAt(0);
    for (int at = from; at < pasted.length(); at++) {
      if (pasted.letters().charAt(at) == first && pasted.isBoundary(at)) {
        int end = end(pasted, at, 0, 1);
        if (end >= 0) {
          return new Span(at, end);
        }
      }
    }
    return null;
  }

  /** {@return its place in a text with its rest left out at an ellipsis, or null} */
  @org.jspecify.annotations.Nullable Span findPart(PastedText pasted) {
    if (pieces.size() > 1) {
      return null;
    }
    String whole = pieces.getFirst();
    for (int place : pasted.ellipses()) {
      int head = head(pasted, whole, place);
      int tail = tail(pasted, whole, place);
      boolean enough =
          (Math.max(head, tail) >= PART_FROM && head + tail < whole.length())
              || (head + tail >= PART_FROM && head + tail == whole.length());
      if (enough && 2 * (head + tail) >= whole.length()) {
        return new Span(place - head, place + tail);
      }
    }
    return null;
  }

  /** {@return length of the wording's beginning before the ellipsis} */
  private static int head(PastedText pasted, String whole, int place) {
    for (int length = Math.min(whole.length() - 1, place); length > 0; length--) {
      if (pasted.isBoundary(place - length)
          && pasted.letters().startsWith(whole.substring(0, length), place - length)) {
        return length;
      }
    }
    return 0;
  }

  /** {@return length of the wording's end after the ellipsis} */
  private static int tail(PastedText pasted, String whole, int place) {
    for (int length = Math.min(whole.length() - 1, pasted.length() - place); length > 0; length--) {
      if (pasted.isBoundary(place + length)
          && pasted.letters().startsWith(whole.substring(whole.length() - length), place)) {
        return length;
      }
    }
    return 0;
  }

  /** {@return where the pieces from {@code piece} on end if they begin at {@code at}, or -1} */
  private int end(PastedText pasted, int at, int piece, int typos) {
    if (piece == pieces.size()) {
      return pasted.isBoundary(at) ? at : -1;
    }
    String next = pieces.get(piece);
    if (next.equals(NUMBER)) {
      return number(pasted, at, piece, typos);
    }
    if (next.equals(STAR)) {
      if (!pasted.isBoundary(at)) {
        return -1;
      }
      for (int skip = at; skip <= Math.min(pasted.length(), at + GAP); skip++) {
        int end = pasted.isBoundary(skip) ? end(pasted, skip, piece + 1, typos) : -1;
        if (end >= 0) {
          return end;
        }
      }
      return -1;
    }
    if (pasted.letters().startsWith(next, at)) {
      return end(pasted, at + next.length(), piece + 1, typos);
    }
    if (typos == 0 || next.length() < TYPO_FROM / 2) {
      return -1;
    }
    for (int change = -1; change <= 1; change++) {
      if (isMistyped(pasted.letters(), at, next, next.length() + change)) {
        int end = end(pasted, at + next.length() + change, piece + 1, typos - 1);
        if (end >= 0) {
          return end;
        }
      }
    }
    return -1;
  }

  private int number(PastedText pasted, int at, int piece, int typos) {
    int end = at;
    for (int group = 0; group < MAX_GROUPS && isDigit(pasted, end); group++) {
      do {
        end++;
      } while (isDigit(pasted, end) && !pasted.isBoundary(end));
      int after = end(pasted, end, piece + 1, typos);
      if (after >= 0) {
        return after;
      }
      // The unit: "60 s", "100ms".
      int unit = end;
      do {
        unit++;
      } while (unit < pasted.length() && !pasted.isBoundary(unit) && unit - end < MAX_UNIT);
      after = unit <= pasted.length() ? end(pasted, unit, piece + 1, typos) : -1;
      if (after >= 0) {
        return after;
      }
    }
    return -1;
  }

  private static boolean isDigit(PastedText pasted, int at) {
    return at < pasted.length() && PastedText.isDigit(pasted.letters().charAt(at));
  }

  /** {@return whether {@code length} letters of the text are the word with one mistake in it} */
  private static boolean isMistyped(String letters, int at, String word, int length) {
    if (at + length > letters.length()) {
      return false;
    }
    int same = 0;
    while (same < Math.min(length, word.length())
        && letters.charAt(at + same) == word.charAt(same)) {
      same++;
    }
    if (same == 0) {
      return false; // The first letter is right, or every word of the text would be tried.
    }
    int left = word.length() - same;
    boolean swapped =
        length == word.length()
            && left >= 2
            && letters.charAt(at + same) == word.charAt(same + 1)
            && letters.charAt(at + same + 1) == word.charAt(same)
            && letters.startsWith(word.substring(same + 2), at + same + 2);
    int skipText = length >= word.length() ? 1 : 0;
    int skipWord = length <= word.length() ? 1 : 0;
    boolean changed =
        left >= skipWord
            && letters.startsWith(word.substring(same + skipWord), at + same + skipText)
            && noDigit(letters, at + same, skipText)
            && noDigit(word, same, skipWord);
    return (swapped && noDigit(word, same, 2)) || changed;
  }

  /** A wrong digit is another number, not a slip. */
  private static boolean noDigit(String text, int at, int count) {
    for (int i = at; i < Math.min(text.length(), at + count); i++) {
      if (PastedText.isDigit(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
