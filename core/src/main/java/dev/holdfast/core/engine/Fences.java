package dev.holdfast.core.engine;

/** Fenced blocks of code in Markdown, as far as a seam must know of them (CommonMark, 4.5). */
final class Fences {
  /** An opening line is no longer than this. */
  static final int MAX_LINE = 64;

  private static final int LEAST = 3;
  private static final int MAX_INDENT = 3;

  private Fences() {}

  /** {@return whether {@code at} lies within a block that is open there} Reads all before it. */
  static boolean isInside(CharSequence text, int at) {
    char open = 0;
    int length = 0;
    int line = 0;
    for (int i = 0; i <= at; i++) {
      if (i < at && text.charAt(i) != '\n') {
        continue;
      }
      int start = indent(text, line, i);
      int run = run(text, start, i);
      if (run >= LEAST && i < at) {
        char mark = text.charAt(start);
        if (open == 0) {
          open = mark;
          length = run;
        } else if (mark == open && run >= length && isBlank(text, start + run, i)) {
          open = 0;
        }
      }
      line = i + 1;
    }
    return open != 0;
  }

  /** {@return whether the text may yet become a line that opens a block} */
  static boolean mayOpen(CharSequence text, int from) {
    int marks = run(text, from, text.length());
    boolean whole = marks >= LEAST || from + marks == text.length();
    return whole && text.length() - from < MAX_LINE && behindLine(text, from) < 0;
  }

  /** {@return the index behind the line at {@code from} if that line could open a block, or -1} */
  static int behindOpening(CharSequence text, int from) {
    return run(text, from, text.length()) < LEAST ? -1 : behindLine(text, from);
  }

  /** {@return whether the line names a language, which a line that closes a block never does} */
  static boolean namesLanguage(CharSequence text, int from, int behind) {
    return !isBlank(text, from + run(text, from, behind), behind);
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
