package dev.holdfast.core.seam;

/**
 * The marks that a model puts around the text that it was asked to repeat.
 *
 * @param behind where in the continuation they end
 * @param isOpen whether one that was opened before the repetition is not closed after it
 * @param closed the marks that were opened before it and closed after it
 * @param isOwn whether the mark directly before it is the delivered text's own, and closed after it
 */
record Quotation(int behind, boolean isOpen, String closed, boolean isOwn) {
  /** What opens a quotation, and beneath it what closes it. */
  private static final String OPENING =
      "\u00ab\u00bb\u201c\u201e\u201d\u2018\u201a\u2039\u203a\u300c\u300e([{\"'`*";

  private static final String CLOSING =
      "\u00bb\u00ab\u201d\u201c\u201d\u2019\u2018\u203a\u2039\u300d\u300f)]}\"'`*";

  /** More of what a text opens and closes. Models are not believed that they put it around. */
  private static final String OTHERS = "\uff08\u3010\u300a\u3008\u3014\u3016\uff3b\uff5b\u2768<";

  private static final String OTHERS_CLOSING =
      "\uff09\u3011\u300b\u3009\u3015\u3017\uff3d\uff5d\u2769>";

  /** {@return whether models put such a character before what they repeat} */
  static boolean mayStandBefore(char c) {
    return Alignment.isSpace(c) || OPENING.indexOf(c) >= 0 || isDot(c);
  }

  /** {@return whether one mark opens what another one closes} */
  static boolean isPair(char opening, char closing) {
    int kind = OPENING.indexOf(opening);
    int other = OTHERS.indexOf(opening);
    return kind >= 0
        ? closes(closing, CLOSING.charAt(kind))
        : other >= 0
            ? closing == OTHERS_CLOSING.charAt(other)
            : opening == closing && "_~$=|/".indexOf(opening) >= 0;
  }

  /** Whether an ellipsis is made of such characters. */
  private static boolean isDot(char c) {
    return c == '.' || c == '\u2026' || c == '\u2025' || c == '\u22ef';
  }

  /**
   * {@return the marks around a repetition}
   *
   * @param lead where it begins
   * @param end where it ends
   * @param before the delivered character directly before it, without white space between; else 0
   * @param item whether an item of a list with a star begins with it
   */
  static Quotation around(CharSequence continuation, int lead, int end, char before, boolean item) {
    int behind = end;
    boolean open = false;
    boolean own = false;
    var closed = new StringBuilder();
    for (int i = lead - 1; i >= 0; i--) {
      char c = continuation.charAt(i);
      int kind = OPENING.indexOf(c);
      if (kind < 0) {
        continue;
      }
      boolean closes =
          behind < continuation.length()
              && closes(continuation.charAt(behind), CLOSING.charAt(kind));
      if (i == lead - 1 && c == before) {
        own |= closes; // The text's own mark, repeated with the rest.
      } else if (closes) {
        behind++;
        closed.append(c);
      } else {
        // A star and a space are the mark of a list.
        open |= c != '*' || !item || !Alignment.isSpace(continuation.charAt(i + 1));
      }
    }
    return new Quotation(behind, open, closed.toString(), own);
  }

  private static boolean closes(char c, char closing) {
    // German quotations end with the mark that English ones begin with, and some with theirs.
    return c == closing || (closing == '\u201c' && c == '\u201d');
  }
}
