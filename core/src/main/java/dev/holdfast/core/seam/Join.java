package dev.holdfast.core.seam;

import dev.holdfast.core.seam.Stitcher.Decision;

/**
 * Makes of a continuation whose repetition was found the text that is new: without the marks that
 * the model put around the repetition, with the white space of both sides joined, and without a
 * block of code opened twice. What cannot be decided is refused.
 */
final class Join {
  private final CharSequence delivered;
  private final Fences fences;
  private final int end;

  /**
   * Joins to {@code delivered}.
   *
   * @param fences its blocks of code
   * @param end where its last visible character ends
   */
  Join(CharSequence delivered, Fences fences, int end) {
    this.delivered = delivered;
    this.fences = fences;
    this.end = end;
  }

  /**
   * {@return the seam, or that more must be seen first: what follows the repetition shows what the
   * white space between them is}
   *
   * @param held the continuation so far
   * @param lead where in it the repetition begins
   * @param from with which character of the delivered text
   * @param consumed where in it the repetition ends
   * @param last whether nothing follows
   */
  Decision at(CharSequence held, int lead, int from, int consumed, boolean last) {
    var quotation = Quotation.around(held, lead, consumed, before(from));
    int at = quotation.behind();
    int visible = at;
    while (visible < held.length() && Alignment.isSpace(held.charAt(visible))) {
      visible++;
    }
    boolean fence = Fences.mayOpen(held, visible) && isInside();
    if (!last && (visible == held.length() || fence)) {
      return Stitcher.HOLD;
    }
    if (quotation.isOpen()) {
      return refuse("the repeated text is in a quotation that is not closed behind it");
    }
    if (quotation.isPlain() && hasOpenQuote()) {
      return refuse("a quotation mark may belong to the repetition or to the text");
    }
    String deliveredSpace = delivered.subSequence(end, delivered.length()).toString();
    String continuedSpace = held.subSequence(at, visible).toString();
    String rest = held.subSequence(visible, held.length()).toString();
    int behind = Fences.behindOpening(rest, 0);
    if (behind >= 0 && Fences.namesLanguage(rest, 0, behind) && isInside()) {
      // A line that closes a block never names a language: the block is opened a second time.
      return deliveredSpace.indexOf('\n') < 0
          ? refuse("the continuation opens its block of code again inside a line")
          : new Decision.Join(rest.substring(behind), visible + behind);
    }
    return spaced(quotation, deliveredSpace, continuedSpace, rest, visible);
  }

  private Decision spaced(
      Quotation quotation, String deliveredSpace, String continuedSpace, String rest, int visible) {
    char before = before(end);
    char after = rest.isEmpty() ? 0 : rest.charAt(0);
    boolean words = isWord(before) && isWord(after);
    if (quotation.isClosed() && deliveredSpace.isEmpty() && continuedSpace.isEmpty() && words) {
      return refuse("the continuation may have lost a space behind its quotation");
    }
    boolean inFence = !continuedSpace.startsWith(deliveredSpace) && isInside();
    String space = SeamSpace.join(deliveredSpace, continuedSpace, before, after, inFence);
    if (space == null) {
      return refuse("the continuation goes on behind other white space");
    }
    return new Decision.Join(space + rest, visible - Math.min(visible, space.length()));
  }

  private static Decision refuse(String reason) {
    return new Decision.Refuse(reason);
  }

  private boolean isInside() {
    return fences.isInside(delivered.length());
  }

  private char before(int at) {
    return at == 0 ? 0 : delivered.charAt(at - 1);
  }

  /** Whether a plain quotation mark is open in the last line: these look the same at both ends. */
  private boolean hasOpenQuote() {
    boolean open = false;
    int first = Math.max(0, end - Stitcher.OVERLAP_WINDOW);
    for (int i = end - 1; i >= first && delivered.charAt(i) != '\n'; i--) {
      open ^= delivered.charAt(i) == '"';
    }
    return open;
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c) && !Character.isIdeographic(c);
  }
}
