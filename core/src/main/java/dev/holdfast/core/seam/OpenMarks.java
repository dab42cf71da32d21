package dev.holdfast.core.seam;

import java.util.List;
import java.util.Locale;

/**
 * Marks that the delivered text has opened and not closed. What closes them is the text's own, even
 * where a model has put the same marks around what it repeats.
 */
final class OpenMarks {
  /** A longer text is not searched: what it has open is not known. */
  private static final int MAX_SEARCH = 16_384;

  private static final String QUOTES =
      "\"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\u2033";
  private static final String SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b";
  private static final String OPENING = "([{\uff08\u3010\u300a\u3008\u300c\u300e\u00ab\u201e\u2039";
  private static final String CLOSING = ")]}\uff09\u3011\u300b\u3009\u300d\u300f\u00bb\u201c\u203a";
  private static final String EMPHASIS = "*_`~";

  /** What may close something. */
  private static final String MARKS =
      ")]}\u300d\u300f\uff09\u3011\u300b\u3009\u201d\u00bb\u203a\u00ab\u201c>\"\u2019'*_`~$";

  private OpenMarks() {}

  /**
   * {@return whether the text may have a mark open that {@code opening} opens} Where that is not
   * certain, it has.
   *
   * @param end where the text's last visible character ends
   */
  static boolean mayBeOpen(CharSequence text, int end, char opening) {
    if (end > MAX_SEARCH) {
      return true;
    }
    if (EMPHASIS.indexOf(opening) >= 0) {
      return occurs(text, paragraph(text, end), end, String.valueOf(opening));
    }
    if (SINGLE_QUOTES.indexOf(opening) >= 0) {
      return occurs(text, 0, end, SINGLE_QUOTES);
    }
    if (QUOTES.indexOf(opening) >= 0) {
      int since = paragraph(text, end);
      return count(text, 0, end, QUOTES) % 2 == 1
          || count(text, since, end, QUOTES) % 2 == 1
          || isUnclosed(text, 0, end, "\u201c", "\u201d")
          || isUnclosed(text, 0, end, "\u201e", "\u201c\u201d")
          || isUnclosed(text, 0, end, "\u00ab", "\u00bb")
          || isUnclosed(text, 0, end, "\u300c", "\u300d")
          || isUnclosed(text, 0, end, "\u300e", "\u300f");
    }
    int kind = OPENING.indexOf(opening);
    return kind < 0
        || isUnclosed(
            text, 0, end, OPENING.substring(kind, kind + 1), CLOSING.substring(kind, kind + 1));
  }

  /** {@return whether a bracket, a quotation or an emphasis is open in the last paragraph} */
  static boolean isAnyOpen(CharSequence text, int end) {
    int since = paragraph(text, end);
    if (count(text, since, end, "\"") % 2 == 1
        || count(text, since, end, "`") % 2 == 1
        || count(text, since, end, "\u201c\u201d\u201e") % 2 == 1
        || strong(text, since, end) % 2 == 1) {
      return true;
    }
    for (int i = 0; i < OPENING.length(); i++) {
      String opening = OPENING.substring(i, i + 1);
      // Quotation marks are counted: some are written in both directions, »so« and «so».
      if ("\u00ab\u2039\u201e".indexOf(opening.charAt(0)) < 0
          && isUnclosed(text, since, end, opening, CLOSING.substring(i, i + 1))) {
        return true;
      }
    }
    return count(text, since, end, "\u00ab\u00bb") % 2 == 1;
  }

  /** {@return whether all of a text is one mark again and again: what follows shows what it is} */
  static boolean isOneMark(String text) {
    return !text.isEmpty() && MARKS.indexOf(text.charAt(0)) >= 0 && run(text) == text.length();
  }

  /**
   * {@return whether a text that follows directly begins with a mark that closes nothing} It looks
   * as what closes a quotation that the model did not open.
   *
   * @param asked whether the model was asked in words to repeat, and was shown a quotation
   */
  static boolean isStray(CharSequence text, int end, String rest, boolean asked) {
    char mark = rest.charAt(0);
    if (asked && (rest.startsWith("\\)") || rest.startsWith("\\]"))) {
      return end > MAX_SEARCH || !isFormulaOpen(text, end, mark, rest.charAt(1));
    }
    if (MARKS.indexOf(mark) < 0 || end == 0 || end > MAX_SEARCH) {
      return false;
    }
    int run = run(rest);
    boolean apostrophe = mark == '\u2019' || mark == '\'';
    boolean closes = run == rest.length() || !Character.isLetterOrDigit(rest.charAt(run));
    if (asked && !closes && Character.isLetterOrDigit(text.charAt(end - 1))) {
      return !(apostrophe && isContraction(rest)); // Within a word nothing is opened or closed.
    }
    int kind = CLOSING.indexOf(mark);
    return switch (mark) {
      case ')', ']', '}', '\u300d', '\u300f', '\uff09', '\u3011', '\u300b', '\u3009' ->
          !occurs(text, 0, end, OPENING.substring(kind, kind + 1));
      case '\u201d' -> !occurs(text, 0, end, "\u201c\u201e\u201d");
      case '\u00bb' -> closes && !occurs(text, 0, end, "\u00ab\u00bb");
      case '\u203a' -> closes && !occurs(text, 0, end, "\u2039\u203a");
      case '\u00ab' -> closes && !occurs(text, 0, end, "\u00bb");
      case '\u201c' -> closes && !occurs(text, 0, end, "\u201e\u201c");
      case '>' -> closes && !occurs(text, 0, end, "<");
      case '"' -> closes && count(text, 0, end, "\"") % 2 == 0;
      case '\u2019', '\'' -> closes && !occurs(text, paragraph(text, end), end, SINGLE_QUOTES);
      default -> closes && !occurs(text, paragraph(text, end), end, rest.substring(0, 1));
    };
  }

  /** Whether the text has a formula open that is written between such marks. */
  private static boolean isFormulaOpen(CharSequence text, int end, char mark, char closing) {
    char opening = closing == ')' ? '(' : '[';
    for (int i = end - 2; i >= 0; i--) {
      if (text.charAt(i) == mark && text.charAt(i + 1) == closing) {
        return false;
      }
      if (text.charAt(i) == mark && text.charAt(i + 1) == opening) {
        return true;
      }
    }
    return false;
  }

  private static boolean isContraction(String rest) {
    int at = 1;
    while (at < rest.length() && Character.isLetter(rest.charAt(at))) {
      at++;
    }
    String letters = rest.substring(1, at).toLowerCase(Locale.ROOT);
    return List.of("s", "t", "re", "ve", "ll", "d", "m").contains(letters);
  }

  private static int run(String text) {
    int run = 1;
    while (run < text.length() && text.charAt(run) == text.charAt(0)) {
      run++;
    }
    return run;
  }

  /** Where the last paragraph begins. */
  private static int paragraph(CharSequence text, int end) {
    int at = end;
    while (at > 0) {
      if (text.charAt(at - 1) == '\n') {
        int before = at - 1;
        while (before > 0
            && text.charAt(before - 1) != '\n'
            && Alignment.isSpace(text.charAt(before - 1))) {
          before--;
        }
        if (before == 0 || text.charAt(before - 1) == '\n') {
          return at;
        }
      }
      at--;
    }
    return 0;
  }

  private static boolean isUnclosed(
      CharSequence text, int from, int end, String opening, String closing) {
    int closed = 0;
    for (int i = end - 1; i >= from; i--) {
      char c = text.charAt(i);
      if (opening.indexOf(c) >= 0) {
        if (closed == 0) {
          return true;
        }
        closed--;
      } else if (closing.indexOf(c) >= 0) {
        closed++;
      }
    }
    return false;
  }

  /** How many runs of two stars or underscores there are. */
  private static int strong(CharSequence text, int from, int end) {
    int runs = 0;
    for (int i = from; i + 1 < end; i++) {
      char c = text.charAt(i);
      if ((c == '*' || c == '_') && text.charAt(i + 1) == c) {
        runs++;
        while (i + 1 < end && text.charAt(i + 1) == c) {
          i++;
        }
      }
    }
    return runs;
  }

  private static boolean occurs(CharSequence text, int from, int end, String marks) {
    return count(text, from, end, marks) > 0;
  }

  private static int count(CharSequence text, int from, int end, String marks) {
    int count = 0;
    for (int i = from; i < end; i++) {
      count += marks.indexOf(text.charAt(i)) >= 0 ? 1 : 0;
    }
    return count;
  }
}
