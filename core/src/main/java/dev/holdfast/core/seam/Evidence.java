package dev.holdfast.core.seam;

import java.util.HashSet;

/**
 * Where a continuation is asked to begin. The place is far enough before the end that repeating the
 * rest proves the fit. A tokeniser would begin a token there; it is in the middle of a sentence,
 * and unlike any other place near.
 */
public final class Evidence {
  /** Visible characters that must be repeated before two texts are joined. */
  public static final int MIN_VISIBLE = 12;

  /** How many words they must be. */
  static final int MIN_WORDS = 3;

  /** How many different letters a short anchor must have. */
  private static final int MIN_LETTERS = 8;

  /** An anchor to be repeated is longer: it costs little and is rarely ambiguous. */
  public static final int MIN_ANCHOR = 32;

  /**
   * How many characters before the start may equal those before the cut. A text whose period begins
   * at the start looks the same in both places, and its next period like a repetition.
   */
  private static final int MAX_CONTEXT = 2;

  /** A row of few words comes again by chance: an anchor has so many different ones. */
  private static final int DIFFERENT_WORDS = 5;

  /** Or so many. */
  private static final int MANY_WORDS = 12;

  /** Beyond this the repetition would cost more than it proves. */
  private static final int MAX_BACK = 640;

  /** How far a script without spaces is searched for a better boundary. */
  private static final int PATIENCE = 64;

  private Evidence() {}

  /**
   * {@return the last place from which the text is long enough to prove anything, or -1} Every
   * place before it is, too.
   */
  static int lastEnough(CharSequence text) {
    var counter = new WordCounter();
    int visible = 0;
    for (int at = text.length() - 1; at >= 0; at--) {
      int words = counter.before(text, at);
      if (!Alignment.isSpace(text.charAt(at)) && Graphemes.isBoundary(text, at)) {
        visible++;
        if (visible >= MIN_VISIBLE && words >= MIN_WORDS) {
          return at;
        }
      }
    }
    return -1;
  }

  /**
   * {@return where a continuation of {@code text} shall begin, or -1 if no place will do}
   *
   * <p>The text before it is not blank and does not end in white space (Claude and vLLM refuse such
   * a prefill); the text after it holds {@code minVisible} visible characters in {@link #MIN_WORDS}
   * words and is {@link Tail#isUnlikeOthers unlike others}.
   */
  public static int startFor(CharSequence text, TextIndex index, int minVisible) {
    return startFor(text, index, minVisible, 0);
  }

  private static int startFor(CharSequence text, TextIndex index, int minVisible, int minLetters) {
    var tail = new Tail(text, index);
    int end = tail.end;
    int earliest = Math.max(1, text.length() - MAX_BACK);
    var next = new NextPart(tail);
    int second = -1;
    int folded = 0;
    var counter = new WordCounter();
    int visible = 0;
    int patience = PATIENCE;
    for (int at = end - 1; at >= earliest; at--) {
      int words = counter.before(text, at);
      boolean space = Alignment.isSpace(text.charAt(at));
      // A run of white space is one character.
      folded += space && Alignment.isSpace(text.charAt(at + 1)) ? 0 : 1;
      if (!space && Graphemes.isBoundary(text, at)) {
        visible++;
      }
      if (visible < minVisible || words < MIN_WORDS) {
        continue;
      }
      if ((isTokenBoundary(text, at) || (--patience <= 0 && isCharBoundary(text, at)))
          && isInsideSentence(text, at)
          && Repetition.commonContext(text, at, end, MAX_CONTEXT + 1) <= MAX_CONTEXT) {
        int length = space ? folded - 1 : folded;
        int repeated = tail.longestEnd();
        if (length >= repeated + MIN_VISIBLE
            && !tail.isWithinPeriods(length, MIN_VISIBLE)
            && !isBlank(text, at)
            && (minVisible < MIN_ANCHOR
                || words >= MANY_WORDS
                || isVaried(text, at, DIFFERENT_WORDS))
            && (minLetters == 0 || WordCounter.letters(text, at) >= minLetters)
            && !next.mayBeginAt(at)) {
          if (!next.mayBeginAfterSign(at)) {
            return at;
          }
          second = second < 0 ? at : second;
        }
      }
    }
    return second >= 0 && next.writtenTwice() == 0 ? second : -1;
  }

  /**
   * {@return where a continuation of a text shall begin that is too short for {@link #MIN_ANCHOR},
   * or -1} What is so short must not be of a few letters only: ticks and tocks come again by
   * chance.
   */
  public static int shortStartFor(CharSequence text, TextIndex index) {
    return startFor(text, index, MIN_VISIBLE, MIN_LETTERS);
  }

  /** {@return whether so many different words, apart by spaces, are from a place on} */
  static boolean isVaried(CharSequence text, int from, int different) {
    var words = new HashSet<String>();
    int word = from;
    for (int i = from; i < text.length() && words.size() <= different; i++) {
      char c = text.charAt(i);
      boolean ideograph = Character.isIdeographic(c);
      if (ideograph || Alignment.isSpace(c)) {
        words.add(text.subSequence(word, i).toString());
        words.add(ideograph ? String.valueOf(c) : "");
        word = i + 1;
      }
    }
    words.add("");
    return words.size() > different; // The empty one does not count.
  }

  /** A word ends before {@code at}, or a script without spaces continues there. */
  private static boolean isTokenBoundary(CharSequence text, int at) {
    char before = text.charAt(at - 1);
    char after = text.charAt(at);
    if (Alignment.isSpace(before)) {
      return false;
    }
    return Alignment.isSpace(after)
        || (isCharBoundary(text, at) && Character.isIdeographic(before));
  }

  /**
   * Whether neither a sentence nor a line begins at {@code at}. Texts repeat whole lines and
   * paragraphs, and what looks like a repetition of one may be the next one like it.
   */
  private static boolean isInsideSentence(CharSequence text, int at) {
    if (TextEnd.isStop(text.charAt(at - 1))) {
      return false;
    }
    for (int i = at; i < text.length() && Alignment.isSpace(text.charAt(i)); i++) {
      if (text.charAt(i) == '\n') {
        return false;
      }
    }
    return true;
  }

  /** No character is cut at {@code at}, and no white space precedes it. */
  static boolean isCharBoundary(CharSequence text, int at) {
    return !Alignment.isSpace(text.charAt(at - 1)) && Graphemes.isBoundary(text, at);
  }

  private static boolean isBlank(CharSequence text, int end) {
    for (int i = 0; i < end; i++) {
      if (!Alignment.isSpace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
