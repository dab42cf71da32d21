package dev.holdfast.core.seam;

/**
 * The marks that a model puts around the text that it was asked to repeat.
 *
 * @param behind where in the continuation they end
 * @param isOpen whether one that was opened before the repetition is not closed behind it
 * @param isClosed whether one was
 * @param isPlain whether that was a mark that looks the same at both ends
 */
record Quotation(int behind, boolean isOpen, boolean isClosed, boolean isPlain) {
  /** What opens a quotation, and beneath it what closes it. */
  private static final String OPENING =
      "\u00ab\u00bb\u201c\u201e\u2018\u201a\u2039\u300c\u300e([{\"'`*";

  private static final String CLOSING =
      "\u00bb\u00ab\u201d\u201c\u2019\u2018\u203a\u300d\u300f)]}\"'`*";

  /** {@return whether models put such a character before what they repeat} */
  static boolean mayStandBefore(char c) {
    return Alignment.isSpace(c) || OPENING.indexOf(c) >= 0 || "<>.\u2026".indexOf(c) >= 0;
  }

  /**
   * {@return the marks around a repetition}
   *
   * @param lead where it begins
   * @param end where it ends
   * @param before the delivered character before it: a mark of the text's own is none of the
   *     model's
   */
  static Quotation around(CharSequence continuation, int lead, int end, char before) {
    int behind = end;
    boolean open = false;
    boolean closed = false;
    boolean plain = false;
    for (int i = lead - 1; i >= 0; i--) {
      char c = continuation.charAt(i);
      int kind = OPENING.indexOf(c);
      if (kind < 0 || (i == lead - 1 && c == before)) {
        continue;
      }
      char closing = CLOSING.charAt(kind);
      if (behind < continuation.length() && closes(continuation.charAt(behind), closing)) {
        behind++;
        closed = true;
        plain |= c == '"';
      } else {
        open |= c != '*'; // A star alone is the mark of a list.
      }
    }
    return new Quotation(behind, open, closed, plain);
  }

  private static boolean closes(char c, char closing) {
    // German quotations end with the mark that English ones begin with, and some with theirs.
    return c == closing || (closing == '\u201c' && c == '\u201d');
  }
}
