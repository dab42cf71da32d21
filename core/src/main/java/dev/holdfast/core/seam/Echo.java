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

  private final Tail tail;
  private final CharSequence delivered;
  private final int end;
  private final int lineStart;
  private @Nullable List<Alignment> candidates;

  Echo(Tail tail) {
    this.tail = tail;
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
      int bare = skip(fresh, 0, false);
      int marked = skip(fresh, bare, true);
      marked = Math.min(marked, bare + MAX_MARKS);
      if (!last && fresh.length() - marked < PREFILTER_CHARS) {
        return Finding.UNKNOWN;
      }
      candidates = new ArrayList<>();
      for (int at = bare; at <= marked; at++) {
        if (at == bare || !Alignment.isSpace(fresh.charAt(at - 1)) || at == marked) {
          gather(candidates, fresh, at);
        }
      }
    }
    boolean may = false;
    for (var i = candidates.iterator(); i.hasNext(); ) {
      var candidate = i.next();
      switch (candidate.advance(fresh)) {
        case NONE -> i.remove();
        case PARTIAL -> may = true;
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
        && (Alignment.isSpace(text.charAt(at))
            || (marks
                && (Quotation.mayStandBefore(text.charAt(at))
                    || "<>|=~{-_#".indexOf(text.charAt(at)) >= 0)))) {
      at++;
    }
    return at;
  }
}
