package dev.holdfast.core.seam;

import org.jspecify.annotations.Nullable;

/** The delivered text as a seam looks at it, and how far its end occurs in it elsewhere. */
final class Tail {
  /** Texts of shorter periods have several in every repetition. */
  private static final int MIN_PERIOD = 24;

  final CharSequence text;
  final TextIndex index;

  /** Where its last visible character ends. */
  final int end;

  private @Nullable Repetition repetition;
  private int lastEnough = Integer.MIN_VALUE;
  private int far = -1;
  private int period = -1;

  /**
   * How many characters of the end are written a period before it, or 0 if chance explains that.
   */
  private int periodic;

  Tail(CharSequence text, TextIndex index) {
    this.text = text;
    this.index = index;
    this.end = Alignment.withoutTrailingSpace(text);
  }

  /** {@return the white space that it ends with} */
  String trailingSpace() {
    return text.subSequence(end, text.length()).toString();
  }

  /** {@return a character before a place, or 0} */
  char before(int at) {
    return at == 0 ? 0 : text.charAt(at - 1);
  }

  /** {@return what occurs twice in its last characters} */
  Repetition repetition() {
    if (repetition == null) {
      repetition = Repetition.of(text, end);
    }
    return repetition;
  }

  /** {@return the last place from which it is long enough to prove anything, or -1} */
  int lastEnough() {
    if (lastEnough == Integer.MIN_VALUE) {
      lastEnough = Evidence.lastEnough(text);
    }
    return lastEnough;
  }

  /** {@return whether it is longer than the window, so that not all of it is searched} */
  boolean isLong() {
    return text.length() > Stitcher.OVERLAP_WINDOW;
  }

  /**
   * {@return characters of the longest end that occurs elsewhere, or may} Of one farther back than
   * the window is known whether it is as long as {@link Landmarks#SURE}.
   */
  int longestEnd() {
    int near = repetition().longestEnd();
    if (!isLong()) {
      return near;
    }
    if (far < 0) {
      far = Math.max(Landmarks.SURE, index.landmarks().longestEnd(text, end));
    }
    // Half of what an int holds, so that it can be added to.
    return Math.min(Integer.MAX_VALUE / 2, Math.max(near, far));
  }

  /**
   * {@return whether the text between two places is {@link Evidence#MIN_VISIBLE} characters longer
   * than what occurs twice anyway} To repeat it is no chance, then.
   */
  boolean isMoreThanChance(int from, int to) {
    return Repetition.folded(text, from, to) >= longestEnd() + Evidence.MIN_VISIBLE;
  }

  /**
   * {@return whether the text from a place on is unlike any other} To occur once is not enough: a
   * long row of ticks and tocks is likely to come again, so repeating it proves little.
   */
  boolean isUnlikeOthers(int from) {
    return from == 0
        ? !isLong() || !index.landmarks().endsAsItBegins(text, end)
        : isMoreThanChance(from, end);
  }

  /**
   * {@return whether the text from a place on is longer than a period of it} Its end is written a
   * period before, too, and nowhere else for nearly as long: no chance does that. A repetition from
   * a period later reads the same.
   */
  boolean spansPeriod(int from) {
    return isWithinPeriods(
        Repetition.folded(text, Math.max(from, end - Stitcher.OVERLAP_WINDOW), end), 0);
  }

  /**
   * {@return whether an end of so many characters is longer than a period, and not longer than the
   * text is periodic}
   *
   * @param margin how much longer it must be
   */
  boolean isWithinPeriods(int length, int margin) {
    if (period < 0) {
      period = repetition().bestDistance();
      int same = repetition().at(period);
      boolean chance = same < repetition().longestEndBut(period) + Evidence.MIN_VISIBLE;
      periodic = period == 0 || chance ? 0 : same;
    }
    return periodic > 0 && length >= period && length <= periodic + period + margin;
  }

  /**
   * {@return whether the next period of the text may be taken for a repetition} The characters
   * before a beginning equal those before the cut, or what is new begins like what was repeated,
   * for longer than chance explains.
   *
   * @param from where the repetition begins
   * @param echoed for how many characters what is new begins like the repetition
   */
  boolean mayBePeriod(int from, int echoed) {
    int same = Repetition.commonContext(text, from, end, Stitcher.OVERLAP_WINDOW) + echoed;
    return same >= MIN_PERIOD
        && same
            >= repetition().longestEndBut(Repetition.folded(text, from, end))
                + Evidence.MIN_VISIBLE;
  }
}
