package dev.holdfast.core.seam;

import java.util.Arrays;

/**
 * Fenced blocks of code in Markdown, as far as a seam must know of them (CommonMark, 4.5).
 *
 * <p>Follows a text as it grows, so that a seam in a long one need not read it all again.
 */
final class Fences {
  /** An opening line is no longer than this. */
  static final int MAX_LINE = 64;

  private static final int LEAST = 3;
  private static final int MAX_INDENT = 3;

  /** Where the lines end that open a block and close one, in turns. */
  private int[] ends = new int[8];

  private int count;
  private int seen;
  private int line;
  private char open;
  private int length;
  private String opening = "";

  /** {@return the blocks of a text} */
  static Fences of(CharSequence text) {
    var fences = new Fences();
    fences.follow(new StringBuilder(text));
    return fences;
  }

  /** Reads what the text has more than when it was read last; a shorter one is another text. */
  void follow(StringBuilder text) {
    if (text.length() < seen) {
      count = 0;
      seen = 0;
      line = 0;
      open = 0;
    }
    for (int i = text.indexOf("\n", seen); i >= 0; i = text.indexOf("\n", i + 1)) {
      line(text, i);
      line = i + 1;
    }
    seen = text.length();
  }

  private void line(StringBuilder text, int end) {
    int start = indent(text, line, end);
    int run = run(text, start, end);
    if (run < LEAST) {
      return;
    }
    char mark = text.charAt(start);
    if (open == 0) {
      open = mark;
      length = run;
      opening = text.substring(start + run, end).strip();
    } else if (mark == open && run >= length && isBlank(text, start + run, end)) {
      open = 0;
    } else {
      return;
    }
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, 2 * count);
    }
    ends[count++] = end;
  }

  /** {@return whether {@code at} lies within a block that is open there} */
  boolean isInside(int at) {
    int found = Arrays.binarySearch(ends, 0, count, at);
    int before = found < 0 ? -found - 1 : found;
    return before % 2 == 1;
  }

  /** {@return whether the last line closes the block that is open before it} */
  boolean closesAt(CharSequence text, int end) {
    if (open == 0) {
      return true; // The line was read to its end.
    }
    int first = end;
    while (first > 0 && end - first < MAX_LINE && text.charAt(first - 1) != '\n') {
      first--;
    }
    int start = indent(text, first, end);
    int run = run(text, start, end);
    return run >= length && text.charAt(start) == open && start + run == end;
  }

  /** {@return whether a line opens a block as the one that is open was opened} */
  boolean opensLikewise(CharSequence text, int from, int behind) {
    String named = text.subSequence(from + run(text, from, behind), behind).toString().strip();
    return open != 0 && !opening.isEmpty() && named.equals(opening);
  }

  /** {@return whether the text may yet become a line that opens a block} */
  static boolean mayOpen(CharSequence text, int from) {
    int marks = run(text, from, text.length());
    boolean whole = marks >= LEAST || from + marks == text.length();
    return whole && text.length() - from < MAX_LINE && behindLine(text, from) < 0;
  }

  /** {@return the index after the line at {@code from} if that line could open a block, or -1} */
  static int behindOpening(CharSequence text, int from) {
    return run(text, from, text.length()) < LEAST ? -1 : behindLine(text, from);
  }

  /** {@return whether the line names a language, which a line that closes a block never does} */
  static boolean namesLanguage(CharSequence text, int from, int behind) {
    return !isBlank(text, from + run(text, from, behind), behind);
  }

  /** {@return whether a text begins with a line that opens or closes a block and names nothing} */
  static boolean isBareFence(String text) {
    int run = run(text, 0, text.length());
    int line = text.indexOf('\n');
    return run >= LEAST && isBlank(text, run, line < 0 ? text.length() : line);
  }

  private static int behindLine(CharSequence text, int from) {
    for (int i = from; i < text.length() && i - from < MAX_LINE; i++) {
      if (text.charAt(i) == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  private static int indent(CharSequence text, int from, int to) {
    int at = from;
    while (at < to && at - from < MAX_INDENT && text.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  private static int run(CharSequence text, int from, int to) {
    if (from >= to || (text.charAt(from) != '`' && text.charAt(from) != '~')) {
      return 0;
    }
    int at = from;
    while (at < to && text.charAt(at) == text.charAt(from)) {
      at++;
    }
    return at - from;
  }

  private static boolean isBlank(CharSequence text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!Alignment.isSpace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
