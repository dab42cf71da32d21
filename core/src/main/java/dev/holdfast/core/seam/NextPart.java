package dev.holdfast.core.seam;

import java.util.HashSet;

/**
 * Whether what seems to repeat the delivered text may be its next part. A text that repeats itself
 * has sentences, lines, verses or objects twice. A model that continues at once, without repeating
 * what it was asked to, then writes what was delivered before.
 *
 * <p>A part begins where one ended, after a line or a sentence. What was begun of it before the cut
 * is the same in both places.
 */
final class NextPart {
  /** So many characters before a beginning equal those before the cut in no text by chance. */
  private static final int MAX_CONTEXT = 24;

  /** So many hardly do, where fewer of them are chance. */
  private static final int SOME_CONTEXT = 6;

  /** How many more than chance they must be then. */
  private static final int MARGIN = 6;

  /** A row of fewer different words comes again by chance. */
  private static final int DIFFERENT_WORDS = 5;

  /** Any text that is written twice is no chance from so many characters on. */
  private static final int LONG = 48;

  /** A sentence or a line from so many on. */
  private static final int LEAST_PART = 20;

  /** Places are entered with the characters from them on, one place in so many. */
  private static final int GRID = 4;

  private static final int GRAM = LONG - GRID + 1;

  /** A text of which one character in so many is written twice may be written twice as a whole. */
  private static final int SHARE = 2;

  private static final String OPENING = "{[(\uff08";
  private static final String CLOSING = "}])\uff09";

  private final Tail tail;
  private final CharSequence text;
  private final int end;
  private int writtenTwice = -1;

  NextPart(Tail tail) {
    this.tail = tail;
    this.text = tail.text;
    this.end = tail.end;
  }

  /**
   * {@return whether a part may begin at a place, of which as much was begun at the end} Such a
   * place is not to be asked for.
   *
   * @param at after the last visible character before the place
   */
  boolean mayBeginAt(int at) {
    return areEdges(at, context(at), false);
  }

  /** {@return whether a place follows a sign, and the text ends with one} */
  boolean mayBeginAfterSign(int at) {
    return isSign(text.charAt(at - 1)) && isSign(text.charAt(end - 1));
  }

  /**
   * {@return whether a repetition may be the next part of the text}
   *
   * @param held the continuation
   * @param visible where its first visible character is
   * @param from where in the delivered text it begins
   * @param asked whether it was asked to begin there
   * @param echoed for how many characters what is new begins like the repetition
   * @param fresh what is new
   */
  boolean mayBe(
      CharSequence held, int visible, int from, boolean asked, int echoed, CharSequence fresh) {
    int first = from;
    while (first < end && Alignment.isSpace(text.charAt(first))) {
      first++;
    }
    if (asked) {
      return ends(first, echoed) && writtenTwice() > 0;
    }
    int at = first;
    while (at > 0 && Alignment.isSpace(text.charAt(at - 1))) {
      at--;
    }
    if (at == first && visible > 0) {
      return true; // No white space was here: it separates the part from what was delivered.
    }
    return (isVaried(first) && ends(first, echoed))
        || (at == 0
            ? mayBeAll(fresh)
            : mayBePart(
                at,
                first,
                breaksFirst(fresh) || (hasBreak(held, 0, visible) && fresh.toString().isBlank())));
  }

  private boolean mayBePart(int at, int first, boolean again) {
    int context = context(at);
    if (context >= MAX_CONTEXT && isVaried(end - context)) {
      return true;
    }
    // A row of few words looks like its own next part everywhere. It needs a longer repetition.
    boolean varied = isVaried(first);
    return (varied && context >= SOME_CONTEXT && context >= chance(at) + MARGIN)
        || ((varied || context >= at) && areEdges(at, context, again))
        || isInBrackets(first)
        // What comes next begins where a part does, or after what the delivered text ends with.
        || (writtenTwice() > 0 && (context > 0 || isEdge(at)));
  }

  /** Whether the text may begin once more. */
  private boolean mayBeAll(CharSequence fresh) {
    if (SHARE * writtenTwice() >= Math.min(end, Stitcher.OVERLAP_WINDOW)) {
      return true;
    }
    if (hasBreak(text, end, text.length())) {
      return !hasBreak(text, 0, end) && isVaried(0);
    }
    return breaksFirst(fresh)
        ? !hasBreak(text, 0, end) && isVaried(0) && isPart(0, end, false)
        : isStop(end) && isPart(0, end, false);
  }

  private boolean isVaried(int from) {
    return isVaried(text, from, end);
  }

  /** Whether there are so many different words, with any signs between them. */
  private static boolean isVaried(CharSequence text, int from, int to) {
    var words = new HashSet<String>();
    int word = from;
    for (int i = from; i <= to && words.size() < DIFFERENT_WORDS; i++) {
      boolean letter = i < to && Character.isLetterOrDigit(text.charAt(i));
      boolean ideograph = letter && Character.isIdeographic(text.charAt(i));
      if ((!letter || ideograph) && i > word) {
        words.add(text.subSequence(word, i).toString());
      }
      word = letter && !ideograph ? word : i + 1;
      if (ideograph) {
        words.add(String.valueOf(text.charAt(i)));
      }
    }
    return words.size() >= DIFFERENT_WORDS;
  }

  private int chance(int at) {
    return tail.repetition().longestEndBut(Repetition.folded(text, at, end));
  }

  /** How many characters before a place equal those before the end. */
  private int context(int at) {
    return Repetition.commonContext(text, at, end, Stitcher.OVERLAP_WINDOW);
  }

  /**
   * Whether a part begins within the common context, and another one as far before the end.
   *
   * @param again whether a line ends where the repetition ends
   */
  private boolean areEdges(int at, int context, boolean again) {
    boolean line = again || hasBreak(text, end, text.length());
    if (isEdge(at) && (line || isStop(end)) && isPart(at, end, line)) {
      return true;
    }
    for (int i = 1; i <= context; i++) {
      if (text.charAt(at - i) == '{') {
        return true; // An object of an array begins here, and there.
      }
      if (isEdge(at - i) && isEdge(end - i) && isPart(at - i, end - i, isLineStart(end - i))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a text is a sentence, or lines; of what has no evidence yet no more is expected. */
  private boolean isPart(int from, int to, boolean line) {
    if (line && isLineStart(from)) {
      return true;
    }
    int few = from == 0 || Character.isIdeographic(text.charAt(from)) ? 2 : 1;
    int stops = 0;
    for (int i = from + 1; i < to && stops < few; i++) {
      stops += TextEnd.endsSentence(text, i) && !TextEnd.endsSentence(text, i + 1) ? 1 : 0;
    }
    return stops < few;
  }

  private boolean isLineStart(int place) {
    int at = place;
    while (at > 0 && Alignment.isSpace(text.charAt(at - 1)) && text.charAt(at - 1) != '\n') {
      at--;
    }
    int after = place;
    while (after < end && Alignment.isSpace(text.charAt(after))) {
      after++;
    }
    return at == 0 || text.charAt(at - 1) == '\n' || hasBreak(text, at, after);
  }

  /** Whether the text from a place on is all in brackets, except for signs at its end. */
  private boolean isInBrackets(int first) {
    int depth = 0;
    for (int i = first; i < end; i++) {
      char c = text.charAt(i);
      depth += OPENING.indexOf(c) >= 0 ? 1 : CLOSING.indexOf(c) >= 0 ? -1 : 0;
      if (depth <= 0 && !isSign(c)) {
        return false;
      }
    }
    return depth == 0;
  }

  /** Whether a part ends in the first characters of a repetition. */
  private boolean ends(int first, int echoed) {
    for (int i = 1; i <= echoed; i++) {
      int edge = first + i;
      if (edge >= end || (isEdge(edge) && isPart(edge, end, isLineStart(edge)))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a part can begin at a place; white space around it is looked through. */
  private boolean isEdge(int place) {
    int at = place;
    while (at > 0 && Alignment.isSpace(text.charAt(at - 1))) {
      at--;
    }
    int after = place;
    while (after < end && Alignment.isSpace(text.charAt(after))) {
      after++;
    }
    return at == 0 || hasBreak(text, at, after) || isStop(at);
  }

  /** Whether a sentence or a clause ends at a place. */
  private boolean isStop(int at) {
    return at > 0
        && !Character.isLetterOrDigit(text.charAt(at - 1))
        && (!TextEnd.isMidway(text, at) || ",\u2014\u2013\uff0c".indexOf(text.charAt(at - 1)) >= 0);
  }

  private static boolean isSign(char c) {
    return !Character.isLetterOrDigit(c)
        && switch (Character.getType(c)) {
          case Character.SURROGATE,
              Character.NON_SPACING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.ENCLOSING_MARK,
              Character.FORMAT ->
              false;
          default -> "'\u2019-_".indexOf(c) < 0;
        };
  }

  private static boolean breaksFirst(CharSequence text) {
    int at = 0;
    while (at < text.length() && Alignment.isSpace(text.charAt(at))) {
      at++;
    }
    return hasBreak(text, 0, at);
  }

  private static boolean hasBreak(CharSequence text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) == '\n') {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return about how many characters of the window are written in it before: whole sentences and
   * lines, or more than {@link #LONG} in a row; 0 where chance explains them}
   */
  int writtenTwice() {
    if (writtenTwice < 0) {
      int first = Math.max(0, end - Stitcher.OVERLAP_WINDOW);
      char[] window = text.subSequence(first, end).toString().toCharArray();
      writtenTwice = Math.max(partsTwice(first), runsTwice(window));
    }
    return writtenTwice;
  }

  private int partsTwice(int first) {
    var parts = new HashSet<String>();
    int twice = 0;
    int from = first;
    for (int i = first; i < end; i++) {
      if (i + 1 == end || text.charAt(i) == '\n' || isStop(i + 1)) {
        while (from < i && Alignment.isSpace(text.charAt(from))) {
          from++;
        }
        if (i + 1 - from
            >= (Character.isIdeographic(text.charAt(from)) ? LEAST_PART / 2 : LEAST_PART)) {
          String part = text.subSequence(from, i + 1).toString().stripTrailing();
          twice += !parts.add(part) && isVaried(part, 0, part.length()) ? part.length() : 0;
        }
        from = i + 1;
      }
    }
    return twice;
  }

  private static int runsTwice(char[] window) {
    int[] places = new int[4 * Integer.highestOneBit(Math.max(GRID, window.length / GRID))];
    int mask = places.length - 1;
    int top = 1;
    for (int i = 1; i < GRAM; i++) {
      top *= 31;
    }
    int hash = 0;
    int twice = 0;
    int covered = 0;
    for (int i = 0; i < window.length; i++) {
      hash = 31 * hash + window[i];
      int at = i - GRAM + 1;
      if (at < 0) {
        continue;
      }
      int slot = ((hash * 0x9E3779B9) >>> 16) & mask;
      boolean found = false;
      while (places[slot] > 0 && !found) {
        found = isAlike(window, places[slot] - 1, at);
        slot = found ? slot : (slot + 1) & mask;
      }
      if (found) {
        if (covered > at || isVaried(String.valueOf(window, at, GRAM), 0, GRAM)) {
          twice += Math.min(i + 1 - covered, GRAM);
          covered = i + 1;
        }
      } else if (at % GRID == 0) {
        places[slot] = at + 1;
      }
      hash -= top * window[at];
    }
    return twice;
  }

  private static boolean isAlike(char[] window, int one, int other) {
    for (int i = 0; i < GRAM; i++) {
      if (window[one + i] != window[other + i]) {
        return false;
      }
    }
    return true;
  }
}
