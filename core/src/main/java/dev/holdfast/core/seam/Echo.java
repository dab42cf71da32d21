package dev.holdfast.core.seam;

import dev.holdfast.core.seam.Alignment.Match;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether what seems to be new repeats the end of the delivered text once more, bare or in
 * marks. A model that repeats what it was asked to may do so twice.
 */
final class Echo {
  /** How many letters are compared before a place is followed in earnest. */
  private static final int PREFILTER_CHARS = 6;

  /** A line of fewer characters comes again by chance. */
  private static final int MIN_LINE = 12;

  /** And one of fewer different words. */
  private static final int LINE_WORDS = 3;

  /** Marks that may precede it. */
  private static final int MAX_MARKS = 12;

  /**
   * What a model that was asked to repeat may write between two repetitions: a dash, a number, a
   * word or three.
   */
  private static final int MAX_GAP = 20;

  /** What is in brackets between them may be longer. */
  private static final int MAX_BRACKET = 40;

  private final Tail tail;
  private final CharSequence delivered;
  private final int end;
  private final int start;
  private final boolean asked;
  private final int lineStart;
  private @Nullable List<Alignment> candidates;

  /**
   * Looks for the end of what was delivered.
   *
   * @param start where the continuation was asked to begin
   * @param asked whether the model was asked in words to repeat; then there may be a gap
   */
  Echo(Tail tail, int start, boolean asked) {
    this.tail = tail;
    this.start = start;
    this.asked = asked;
    this.delivered = tail.text;
    this.end = tail.end;
    // A line that is longer than the window is found as any other text is.
    int first = Math.max(0, end - Stitcher.OVERLAP_WINDOW);
    int line = end;
    while (line > first && delivered.charAt(line - 1) != '\n') {
      line--;
    }
    boolean begins = line == 0 || delivered.charAt(line - 1) == '\n';
    while (line < end && Alignment.isSpace(delivered.charAt(line))) {
      line++;
    }
    this.lineStart =
        begins && end - line >= MIN_LINE && Evidence.isVaried(delivered, line, LINE_WORDS)
            ? line
            : Integer.MAX_VALUE;
  }

  /** What is known about the new text. */
  enum Finding {
    /** It is new. */
    NEW,
    /** All of it so far may be repetition. */
    UNKNOWN,
    /** It repeats the end of the delivered text. */
    REPEATS
  }

  /**
   * {@return what is known}
   *
   * @param fresh what seems to be new; the same text, grown, at each call
   * @param last whether nothing follows
   */
  Finding of(CharSequence fresh, boolean last) {
    if (candidates == null) {
      // In a long text some of it may be repeated from farther back than the window.
      int seen = skip(fresh, 0, false);
      if (tail.isLong()) {
        if (!last && fresh.length() - seen < Landmarks.SURE) {
          return Finding.UNKNOWN;
        }
        if (tail.index.landmarks().holds(delivered, fresh, seen)) {
          return Finding.REPEATS;
        }
      }
      int bare = seen;
      int marked = skip(fresh, bare, true);
      marked = Math.min(marked, bare + MAX_MARKS);
      int gap = asked ? behindBracket(fresh, marked) + MAX_GAP : marked;
      if (!last && fresh.length() - gap < PREFILTER_CHARS) {
        return Finding.UNKNOWN;
      }
      candidates = new ArrayList<>();
      gather(candidates, fresh, bare);
      if (marked > bare) {
        gather(candidates, fresh, marked);
      }
      for (int at = bare + 1; at <= Math.min(gap, fresh.length() - 1); at++) {
        if (at != marked && !Alignment.isSpace(fresh.charAt(at))) {
          gatherBehindGap(candidates, fresh, at);
        }
      }
    }
    boolean may = false;
    for (var i = candidates.iterator(); i.hasNext(); ) {
      var candidate = i.next();
      switch (candidate.advance(fresh)) {
        case NONE -> i.remove();
        case PARTIAL -> {
          may = true;
          if (last && isBegun(candidate)) {
            return Finding.REPEATS;
          }
        }
        case FULL -> {
          if (isLine(candidate.from()) || tail.isUnlikeOthers(candidate.from())) {
            return Finding.REPEATS;
          }
          i.remove();
        }
      }
    }
    return may && !last ? Finding.UNKNOWN : Finding.NEW;
  }

  /** Whether a continuation that is over had begun to repeat what it was asked to. */
  private boolean isBegun(Alignment candidate) {
    return asked
        && (candidate.from() == start || candidate.from() == anchor())
        && candidate.consumed() - candidate.lead() >= Evidence.MIN_VISIBLE;
  }

  /** Whether the last line is repeated from its beginning; that is known by few characters. */
  private boolean isLine(int from) {
    return from == lineStart;
  }

  private void gather(List<Alignment> found, CharSequence fresh, int lead) {
    int at = skip(fresh, lead, false);
    int letters = Math.min(PREFILTER_CHARS, fresh.length() - at);
    if (letters == 0) {
      return;
    }
    int first = Math.max(0, end - Stitcher.OVERLAP_WINDOW);
    char[] window = delivered.subSequence(first, end).toString().toCharArray();
    if (first > 0) {
      add(found, fresh, 0, at);
    }
    int lastEnough = tail.lastEnough();
    if (lineStart > lastEnough && lineStart < end) {
      add(found, fresh, lineStart, at);
    }
    char begin = fresh.charAt(at);
    for (int from = first; from <= lastEnough; from++) {
      if (window[from - first] == begin && isAlike(window, from - first, fresh, at, letters)) {
        add(found, fresh, from, at);
      }
    }
  }

  /**
   * Behind a gap only what was asked for counts, or the whole answer. A text that has a sentence
   * twice looks like a repetition of more than that.
   */
  private void gatherBehindGap(List<Alignment> found, CharSequence fresh, int at) {
    int letters = Math.min(PREFILTER_CHARS, fresh.length() - at);
    int from = anchor();
    if (from < end && isAlike(from, fresh, at, letters)) {
      add(found, fresh, from, at);
    }
    if (start > 0 && isAlike(0, fresh, at, letters)) {
      add(found, fresh, 0, at);
    }
  }

  /** Where what was asked for begins, without white space. */
  private int anchor() {
    int from = start;
    while (from < end && Alignment.isSpace(delivered.charAt(from))) {
      from++;
    }
    return from;
  }

  private boolean isAlike(int from, CharSequence fresh, int at, int letters) {
    int most = Math.min(letters, end - from);
    for (int i = 0; i < most; i++) {
      if (delivered.charAt(from + i) != fresh.charAt(at + i)) {
        return false;
      }
    }
    return true;
  }

  /** Where a remark in brackets ends that the marks before a place open; else the place. */
  private static int behindBracket(CharSequence text, int at) {
    if (at == 0 || "([{<\uff08\u3010\u300c\u300a".indexOf(text.charAt(at - 1)) < 0) {
      return at;
    }
    int limit = Math.min(text.length(), at + MAX_BRACKET);
    for (int i = at; i < limit; i++) {
      if (")]}>\uff09\u3011\u300d\u300b".indexOf(text.charAt(i)) >= 0) {
        return i + 1;
      }
    }
    return at;
  }

  private static boolean isAlike(char[] window, int from, CharSequence fresh, int at, int letters) {
    int most = Math.min(letters, window.length - from);
    for (int i = 1; i < most; i++) {
      if (window[from + i] != fresh.charAt(at + i)) {
        return false;
      }
    }
    return true;
  }

  private void add(List<Alignment> found, CharSequence fresh, int from, int lead) {
    var candidate = new Alignment(delivered, end, from, lead, true);
    if (candidate.advance(fresh) != Match.NONE) {
      found.add(candidate);
    }
  }

  private static int skip(CharSequence text, int from, boolean marks) {
    int at = from;
    while (at < text.length()
        && (Alignment.isSpace(text.charAt(at)) || (marks && !Remarks.isOfWord(text.charAt(at))))) {
      at++;
    }
    return at;
  }
}
