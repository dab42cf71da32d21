package dev.holdfast.core.seam;

import dev.holdfast.core.seam.Stitcher.Decision;
import org.jspecify.annotations.Nullable;

/**
 * Extracts the new text from a continuation whose repetition was found. It drops the model's marks
 * around the repetition, joins the white space of both sides, and opens no block of code twice.
 * What cannot be decided is refused.
 */
final class Join {
  /** What begins a line is known by so many characters. */
  private static final int LINE_MARK = 4;

  /** So many marks are put around a repetition at most. */
  private static final int MAX_MARKS = 4;

  private final Tail tail;
  private final CharSequence delivered;
  private final Fences fences;
  private final int end;
  private final int start;
  private final boolean asked;

  /**
   * Joins to what was delivered.
   *
   * @param start where the continuation was asked to begin
   * @param asked whether the model was asked in words to repeat. Then the layout, and the white
   *     space and marks after the repetition, may be its own
   */
  Join(Tail tail, int start, boolean asked) {
    this.start = start;
    this.tail = tail;
    this.delivered = tail.text;
    this.fences = tail.index.fences();
    this.end = tail.end;
    this.asked = asked;
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
    boolean direct =
        lead < held.length()
            && !Alignment.isSpace(held.charAt(lead))
            && !Alignment.isSpace(delivered.charAt(from));
    char own = direct ? tail.before(from) : 0;
    var quotation = Quotation.around(held, lead, consumed, own, isItem(from));
    int at = quotation.behind();
    int visible = at;
    while (visible < held.length() && Alignment.isSpace(held.charAt(visible))) {
      visible++;
    }
    boolean fence = Fences.mayOpen(held, visible) && (isInside() || asked);
    if (!last && (visible == held.length() || fence)) {
      return Stitcher.HOLD;
    }
    String deliveredSpace = tail.trailingSpace();
    String continuedSpace = held.subSequence(at, visible).toString();
    String rest = held.subSequence(visible, held.length()).toString();
    boolean layout = asked && SeamSpace.breaks(continuedSpace) > 0;
    boolean mark = continuedSpace.isEmpty() && OpenMarks.isOneMark(rest);
    if (!last && (mark || (layout && rest.length() < LINE_MARK))) {
      return Stitcher.HOLD;
    }
    if (continuedSpace.isEmpty()
        && !rest.isEmpty()
        && opensWhat(rest.charAt(0), held, lead, from)) {
      return refuse("a closing mark may belong to the repetition or to the text");
    }
    String doubt = doubtOf(quotation);
    if (doubt != null) {
      return refuse(doubt);
    }
    int behind = Fences.behindOpening(rest, 0);
    if (behind >= 0 && Fences.namesLanguage(rest, 0, behind) && isInside()) {
      // A line that closes a block never names a language: the block is opened a second time.
      return deliveredSpace.indexOf('\n') < 0 || !fences.opensLikewise(rest, 0, behind)
          ? refuse("the continuation opens its block of code again inside a line")
          : new Decision.Join(rest.substring(behind), visible + behind);
    }
    doubt = doubtOf(quotation, deliveredSpace, continuedSpace, rest);
    if (doubt != null) {
      return refuse(doubt);
    }
    boolean inFence = !continuedSpace.startsWith(deliveredSpace) && isInside();
    char after = rest.isEmpty() ? 0 : rest.charAt(0);
    String space = SeamSpace.join(deliveredSpace, continuedSpace, tail.before(end), after, inFence);
    if (space == null) {
      return refuse("the continuation resumes after other white space");
    }
    return new Decision.Join(space + rest, visible - Math.min(visible, space.length()));
  }

  /** Whether the repetition begins with the first word of an item of a list that has a star. */
  private boolean isItem(int from) {
    int at = from;
    while (at < end && Alignment.isSpace(delivered.charAt(at))) {
      at++;
    }
    int star = at - 1;
    while (star >= 0 && Alignment.isSpace(delivered.charAt(star))) {
      star--;
    }
    return star >= 0 && star < at - 1 && delivered.charAt(star) == '*';
  }

  /**
   * Whether a mark of the text was repeated before the requested part, and one after it closes it.
   * It may be the model's, too.
   */
  private boolean opensWhat(char closing, CharSequence held, int lead, int from) {
    if (from >= start || from < start - MAX_MARKS) {
      return false;
    }
    int at = lead;
    while (at < held.length() && Alignment.isSpace(held.charAt(at))) {
      at++;
    }
    for (int i = at; i < Math.min(held.length(), at + start - from); i++) {
      if (Quotation.isPair(held.charAt(i), closing)) {
        return true;
      }
    }
    return false;
  }

  /** {@return why the marks around the repetition may be the text's own, or null} */
  private @Nullable String doubtOf(Quotation quotation) {
    if (quotation.isOpen()) {
      return "the repeated text is in a quotation that is not closed behind it";
    }
    boolean own = quotation.isOwn();
    for (char mark : quotation.closed().toCharArray()) {
      own |= OpenMarks.mayBeOpen(delivered, end, mark) || (isInside() && mark == '`');
    }
    return own ? "a closing mark may belong to the repetition or to the text" : null;
  }

  /** {@return why what separates the repetition from the rest may be the model's, or null} */
  private @Nullable String doubtOf(
      Quotation quotation, String deliveredSpace, String continuedSpace, String rest) {
    if (rest.isEmpty()) {
      return null;
    }
    char before = tail.before(end);
    boolean quoted = !quotation.closed().isEmpty();
    boolean word = Character.isLetterOrDigit(before);
    int breaks = SeamSpace.breaks(continuedSpace);
    if (quoted && word && !Character.isIdeographic(before)) {
      return "the continuation may have lost or added a space behind its quotation";
    }
    if (quoted && (!continuedSpace.isEmpty() || isInside())) {
      return "the white space behind a quotation may be the text's or the model's";
    }
    if (continuedSpace.isEmpty()
        && deliveredSpace.isEmpty()
        && OpenMarks.isStray(delivered, end, rest, asked)) {
      return "the continuation closes what was not opened";
    }
    if (asked && !isInside() && Fences.isBareFence(rest)) {
      return "a block of code behind the repetition may be the text's or the model's";
    }
    if (asked && breaks > 0 && !isOwnBreak(deliveredSpace, continuedSpace, breaks, rest)) {
      return "the line break behind the repetition may be the text's or the model's";
    }
    return null;
  }

  /**
   * Whether a line break after the repetition is the text's. A model that was asked to repeat
   * something puts it on a line of its own as easily. So a line must be able to end there, and the
   * text must break its lines in the same way.
   */
  private boolean isOwnBreak(
      String deliveredSpace, String continuedSpace, int breaks, String rest) {
    if (!deliveredSpace.isEmpty()) {
      return continuedSpace.startsWith(deliveredSpace)
          && breaks == SeamSpace.breaks(deliveredSpace);
    }
    String indent = continuedSpace.substring(continuedSpace.lastIndexOf('\n') + 1);
    if (indent.equals(" ") || breaks > 2) {
      return false;
    }
    if (isInside()) {
      return ";{}:>".indexOf(tail.before(end)) >= 0
          && (breaks == 1
              ? tail.before(end) != '{' || !indent.isEmpty()
              : isBlankLineOfBlock(indent));
    }
    char last = tail.before(end);
    boolean midway =
        Character.isLetterOrDigit(last) || "{([,\"'\u201c\u2018\u00ab".indexOf(last) >= 0;
    if (midway && TextEnd.isMidway(delivered, end) && (breaks > 1 || !isListMark(rest))) {
      return false;
    }
    int single = 0;
    int several = 0;
    for (int i = Math.max(0, end - Stitcher.OVERLAP_WINDOW); i < end; i++) {
      if (delivered.charAt(i) == '\n') {
        int run = 0;
        while (i < end && Alignment.isSpace(delivered.charAt(i))) {
          run += delivered.charAt(i++) == '\n' ? 1 : 0;
        }
        single += run == 1 ? 1 : 0;
        several += run > 1 ? 1 : 0;
      }
    }
    if (breaks == 1) {
      return single > 0;
    }
    boolean sign = !Character.isLetterOrDigit(last) && !TextEnd.isStop(last);
    return single == 0 || (sign ? several > 0 : single < several && !isListMark(rest));
  }

  /**
   * Whether a blank line in a block of code is the text's. It is if the block has such lines after
   * the same sign, all followed by this indentation, and no simple line break is. A model that adds
   * a line break of its own to a simple one keeps the indentation of that, so the two are
   * distinguished.
   */
  private boolean isBlankLineOfBlock(String indent) {
    boolean seen = false;
    int first = Math.max(1, end - Stitcher.OVERLAP_WINDOW);
    for (int i = end - 1; i >= first && fences.isInside(i); i--) {
      if (delivered.charAt(i) != '\n' || delivered.charAt(i - 1) != tail.before(end)) {
        continue;
      }
      int at = i;
      int breaks = 0;
      int line = i;
      while (at < end && Alignment.isSpace(delivered.charAt(at))) {
        if (delivered.charAt(at++) == '\n') {
          breaks++;
          line = at;
        }
      }
      boolean same = indent.contentEquals(delivered.subSequence(line, at));
      if (breaks == 1 ? same : !same || breaks > 2) {
        return false;
      }
      seen |= breaks == 2;
    }
    return seen;
  }

  /** Whether a text begins like an item of a list, a row of a table, a heading. */
  private static boolean isListMark(String rest) {
    int at = 0;
    while (at < rest.length() && Character.isDigit(rest.charAt(at))) {
      at++;
    }
    if (at > 0) {
      return at + 1 < rest.length()
          && ".)".indexOf(rest.charAt(at)) >= 0
          && rest.charAt(at + 1) == ' ';
    }
    return rest.startsWith("|")
        || rest.equals("-")
        || (rest.length() > 1 && "-*+\u2022#".indexOf(rest.charAt(0)) >= 0 && rest.charAt(1) == ' ')
        || rest.startsWith("##");
  }

  private static Decision refuse(String reason) {
    return new Decision.Refuse(reason);
  }

  private boolean isInside() {
    return fences.isInside(delivered.length());
  }
}
