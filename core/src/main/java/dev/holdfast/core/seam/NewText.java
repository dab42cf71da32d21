package dev.holdfast.core.seam;

import dev.holdfast.core.seam.Stitcher.Decision;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the text that a seam would hand on, before it is handed on. A repetition proves where a
 * continuation begins; whether what follows it is the answer is another question.
 */
final class NewText {
  /** A line of a paragraph under way is longer than a heading, a verse or an item. */
  private static final int PROSE_LINE = 60;

  private final Tail tail;
  private final CharSequence delivered;
  private final Fences fences;
  private final int end;
  private final int start;
  private final Echo echo;
  private final NextPart next;

  /**
   * Looks at text that follows what was delivered.
   *
   * @param start where the continuation was asked to begin
   */
  NewText(Tail tail, int start) {
    this.tail = tail;
    this.delivered = tail.text;
    this.fences = tail.index.fences();
    this.end = tail.end;
    this.start = start;
    this.echo = new Echo(tail);
    this.next = new NextPart(tail);
  }

  /**
   * {@return why the continuation without new text is refused, or null}
   *
   * @param held all of it
   * @param full how it repeats the delivered text
   * @param asked whether the model was asked in words to repeat
   */
  @Nullable String doubtOfNothing(CharSequence held, Alignment full, boolean asked) {
    String after = held.subSequence(full.consumed(), held.length()).toString();
    String trailing = tail.trailingSpace();
    boolean line = trailing.isEmpty() || trailing.equals("\n") || trailing.equals("\r\n");
    if (!after.isBlank()
        || !line
        || !(asked ? after.equals(trailing) : after.startsWith(trailing))) {
      return "the continuation brings nothing new, and the text was to continue";
    }
    if (!TextEnd.isPossible(delivered, end, fences)) {
      return "the continuation brings nothing new where the text cannot end";
    }
    return isNextPart(held, full, 0, after) || tail.mayBePeriod(full.from(), 0)
        ? "the continuation may be the next part of a text that repeats itself"
        : null;
  }

  /**
   * {@return the seam, if what is new may be handed on; or that more must be seen, or a refusal}
   *
   * @param seam what would be handed on
   * @param full how the continuation repeats the delivered text
   * @param last whether nothing follows
   */
  Decision look(Decision.Join seam, CharSequence held, Alignment full, boolean last) {
    String fresh = seam.text();
    int visible = 0;
    while (visible < fresh.length() && Alignment.isSpace(fresh.charAt(visible))) {
      visible++;
    }
    int dots = visible;
    while (dots < fresh.length() && Quotation.isDot(fresh.charAt(dots))) {
      dots++;
    }
    if (visible < fresh.length() && "\u200b\u2060\ufeff".indexOf(fresh.charAt(visible)) >= 0) {
      return new Decision.Refuse("an invisible character follows the repetition");
    }
    if (dots == fresh.length() && !last) {
      return Stitcher.HOLD;
    }
    var omission = omission(fresh, visible, last);
    if (omission == Omission.UNKNOWN) {
      return Stitcher.HOLD;
    }
    if (omission == Omission.MARKED
        || dots - visible > 1
        || (dots > visible && fresh.charAt(visible) != '.')
        || fresh.startsWith("\u3002\u3002", visible)) {
      return new Decision.Refuse(
          "an ellipsis behind the repetition may be the text's or the model's");
    }
    boolean unknown = false;
    switch (echo.of(fresh, last)) {
      case REPEATS -> {
        return new Decision.Refuse("the continuation repeats the delivered text a second time");
      }
      case UNKNOWN -> unknown = true;
      case NEW -> {}
    }
    switch (Remarks.of(fresh, TextEnd.isUnderWay(delivered, end), last)) {
      case REMARK -> {
        return new Decision.Refuse("the continuation speaks of itself behind the repetition");
      }
      case UNKNOWN -> unknown = true;
      case NONE -> {}
    }
    if (unknown) {
      return Stitcher.HOLD;
    }
    int echoed = echoed(full.from(), fresh, visible);
    if (isNextPart(held, full, echoed, fresh) || tail.mayBePeriod(full.from(), echoed)) {
      return new Decision.Refuse(
          "the continuation may be the next part of a text that repeats itself");
    }
    return breaksProse(fresh, visible)
        ? new Decision.Refuse("the continuation begins a paragraph within a sentence")
        : seam;
  }

  /** Whether a text begins with a sign that something was left out. */
  private enum Omission {
    NONE,
    UNKNOWN,
    MARKED
  }

  /** {@return whether a text begins with an ellipsis in brackets, or one whose dots are apart} */
  private static Omission omission(String fresh, int visible, boolean last) {
    int at = visible;
    boolean bracket = at < fresh.length() && "[(".indexOf(fresh.charAt(at)) >= 0;
    at += bracket ? 1 : 0;
    int dots = 0;
    while (at < fresh.length()
        && (Quotation.isDot(fresh.charAt(at)) || Alignment.isSpace(fresh.charAt(at)))) {
      dots += Quotation.isDot(fresh.charAt(at)) ? 1 : 0;
      at++;
    }
    if (at == fresh.length() && !last && (bracket || dots > 0)) {
      return Omission.UNKNOWN;
    }
    boolean closed = at < fresh.length() && "])".indexOf(fresh.charAt(at)) >= 0;
    return dots > 0 && (bracket ? closed : dots > 1) ? Omission.MARKED : Omission.NONE;
  }

  /** For how many characters what is new begins like the repetition. */
  private int echoed(int from, String fresh, int visible) {
    int at = from;
    while (at < end && Alignment.isSpace(delivered.charAt(at))) {
      at++;
    }
    int same = 0;
    while (at + same < end
        && visible + same < fresh.length()
        && delivered.charAt(at + same) == fresh.charAt(visible + same)) {
      same++;
    }
    return same;
  }

  /** Whether the repetition may be the next part of the text. */
  private boolean isNextPart(CharSequence held, Alignment full, int echoed, String fresh) {
    int visible = full.lead();
    while (visible < held.length() && Alignment.isSpace(held.charAt(visible))) {
      visible++;
    }
    int from = full.from();
    return next.mayBe(held, visible, from, from == start, echoed, fresh);
  }

  /** Whether a paragraph begins though a sentence of prose was under way. */
  private boolean breaksProse(String fresh, int visible) {
    if (SeamSpace.breaks(fresh.substring(0, visible)) < 2
        || visible == fresh.length()
        || end < delivered.length()
        || !Character.isLetterOrDigit(delivered.charAt(end - 1))) {
      return false;
    }
    char first = fresh.charAt(visible);
    if (!Character.isLetter(first) || Character.isLowerCase(first)) {
      return false;
    }
    int limit = Math.max(0, end - Stitcher.OVERLAP_WINDOW);
    int line = end;
    while (line > limit && delivered.charAt(line - 1) != '\n') {
      line--;
    }
    boolean begins = line == 0 || delivered.charAt(line - 1) == '\n';
    boolean block =
        begins
            && ("#-*|>+\u2022 \t".indexOf(delivered.charAt(line)) >= 0
                || Character.isDigit(delivered.charAt(line)));
    return end - line >= PROSE_LINE && !block && !fences.isInside(end);
  }
}
