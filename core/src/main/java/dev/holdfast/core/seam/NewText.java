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
  private final boolean asked;
  private final Echo echo;
  private final NextPart next;

  /**
   * Looks at text that follows what was delivered.
   *
   * @param start where the continuation was asked to begin
   * @param asked whether the model was asked in words to repeat
   */
  NewText(Tail tail, int start, boolean asked) {
    this.tail = tail;
    this.delivered = tail.text;
    this.fences = tail.index.fences();
    this.end = tail.end;
    this.start = start;
    this.asked = asked;
    this.echo = new Echo(tail, start, asked);
    this.next = new NextPart(tail);
  }

  /**
   * {@return why the continuation without new text is refused, or null}
   *
   * @param held all of it
   * @param full how it repeats the delivered text
   */
  @Nullable String doubtOfNothing(CharSequence held, Alignment full) {
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
    if (visible < fresh.length() && "\u200b\u2060\ufeff".indexOf(fresh.charAt(visible)) >= 0) {
      return new Decision.Refuse("an invisible character follows the repetition");
    }
    switch (Omission.of(fresh, asked, last)) {
      case UNKNOWN -> {
        return Stitcher.HOLD;
      }
      case MARKED -> {
        return new Decision.Refuse(
            "an ellipsis behind the repetition may be the text's or the model's");
      }
      case DASH -> {
        return new Decision.Refuse("a dash behind the repetition may be the text's or the model's");
      }
      case NONE -> {}
    }
    boolean unknown = false;
    switch (echo.of(fresh, last)) {
      case REPEATS -> {
        return new Decision.Refuse("the continuation repeats the delivered text a second time");
      }
      case UNKNOWN -> unknown = true;
      case NEW -> {}
    }
    switch (remark(fresh, last)) {
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

  private Remarks.Kind remark(String fresh, boolean last) {
    char before = end < delivered.length() ? ' ' : delivered.charAt(end - 1);
    boolean glued = Remarks.isOfWord(before) && !Character.isIdeographic(before);
    return new Remarks(fresh, asked, glued, fences.isInside(end))
        .find(TextEnd.isUnderWay(delivered, end), last);
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
