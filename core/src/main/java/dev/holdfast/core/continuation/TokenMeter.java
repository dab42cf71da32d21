package dev.holdfast.core.continuation;

import java.util.Arrays;

/**
 * Counts the tokens of one generation as its events come, and keeps for the last {@link
 * #REMEMBERED} events how many had come before each. Offsets are UTF-16 units of its text of choice
 * 0.
 */
public final class TokenMeter {
  static final int REMEMBERED = 1024;

  /** Characters per token in English prose; fewer in most other texts. */
  private static final int CHARS_PER_TOKEN = 4;

  /** No vocabulary has tokens that are this long on average. */
  private static final int MOST_CHARS_PER_TOKEN = 12;

  /** As many events must have come before their lengths prove how they were cut. */
  private static final int SAMPLE = 64;

  /** What counts as a token. */
  public enum Measure {
    /** What the provider reported, else one for each event: never too many. */
    LEAST,
    /** The same, or the number that the length suggests where that is larger. */
    LIKELY,
    /**
     * As many as can have come where an event holds one token, and those before it that ended
     * within its only character. Never too few.
     */
    MOST
  }

  /** They grow with the events: most streams have no limit, and count nothing. */
  private long[] ends = {};

  private long[] counts = {};
  private long[] hiddens = {};
  private long[] sizes = {};
  private long marks;
  private long written;
  private long counted;
  private long hidden;

  /** Characters of all output. */
  private long size;

  private boolean reported;

  /** How much output came, and what it hid, apart from every report. */
  private long pieces;

  private long hiddenPieces;
  private long events;
  private long letters;
  private boolean afterLetter;

  /** {@return how much text has come} */
  long written() {
    return written;
  }

  /** Text of choice 0 has come. */
  public void text(String text) {
    if (text.isEmpty()) {
      return;
    }
    weigh(text);
    boolean letter = isLetter(text.charAt(text.length() - 1));
    events++;
    letters += letter && afterLetter && text.length() == 1 ? 1 : 0;
    afterLetter = letter;
    written += text.length();
    mark((int) (marks++ % REMEMBERED));
  }

  /** Something else than text has come that counts as output: reasoning, a refusal, a call. */
  public void beside(String text) {
    if (!text.isEmpty()) {
      weigh(text);
    }
  }

  private void weigh(String text) {
    counted++;
    pieces++;
    String visible = text.strip();
    boolean lone = visible.length() > 0 && visible.codePointCount(0, visible.length()) == 1;
    int within = lone && visible.codePointAt(0) >= 0x80 ? utf8(visible) - 1 : 0;
    hidden += within;
    hiddenPieces += within;
    size += text.length();
  }

  /** The provider reported how many tokens have come so far. Impossible counts are ignored. */
  public void reported(long tokens) {
    if (size == 0 || tokens < 1 || tokens < size / MOST_CHARS_PER_TOKEN) {
      return;
    }
    reported = true;
    counted = tokens;
    hidden = 0;
    if (marks > 0) {
      mark((int) ((marks - 1) % REMEMBERED));
    }
  }

  /**
   * The reports are of an end that nothing confirmed: they may count what never came. From now on
   * its events count.
   */
  public void disown() {
    if (!reported) {
      return;
    }
    reported = false;
    counted = pieces;
    hidden = hiddenPieces;
    for (int i = 0; i < Math.min(marks, counts.length); i++) {
      counts[i] = Math.min(counts[i], counted);
    }
    if (marks > 0) {
      mark((int) ((marks - 1) % REMEMBERED));
    }
  }

  private void mark(int at) {
    if (at == ends.length) {
      int length = Math.clamp(2L * at, 16, REMEMBERED);
      ends = Arrays.copyOf(ends, length);
      counts = Arrays.copyOf(counts, length);
      hiddens = Arrays.copyOf(hiddens, length);
      sizes = Arrays.copyOf(sizes, length);
    }
    ends[at] = written;
    counts[at] = counted;
    hiddens[at] = hidden;
    sizes[at] = size;
  }

  /** {@return how many tokens have come} */
  public long total(Measure measure) {
    return tokens(measure, counted, hidden, size);
  }

  /**
   * {@return how many tokens came before a place in the text} The tokens of an event that holds the
   * place are spread over its characters: a document is one event, however long it is. For {@link
   * Measure#LEAST} all but one come before the place.
   */
  public long before(long offset, Measure measure) {
    if (offset >= written) {
      return total(measure);
    }
    long lowest = Math.max(0, marks - REMEMBERED);
    long previous = lowest == 0 ? 0 : -1;
    long begin = 0;
    for (long i = lowest; i < marks; i++) {
      int at = (int) (i % REMEMBERED);
      long here = tokens(measure, counts[at], hiddens[at], sizes[at]);
      if (ends[at] == offset) {
        return here;
      }
      if (ends[at] > offset) {
        // Forgotten events are counted too high rather than too low.
        return previous < 0
            ? here
            : within(measure, previous, here, offset - begin, ends[at] - begin);
      }
      previous = here;
      begin = ends[at];
    }
    return total(measure);
  }

  /** {@return how many tokens came before a place within an event} */
  private static long within(Measure measure, long before, long after, long place, long length) {
    return measure == Measure.LEAST
        ? Math.max(before, after - 1) // The rest of the event is one at least.
        : before + (after - before) * place / length;
  }

  /** {@return up to where text from an offset on holds no more than so many tokens} */
  long fit(long offset, long tokens, Measure measure) {
    if (total(measure) - before(offset, measure) <= tokens) {
      return written;
    }
    long fits = offset;
    long first = before(offset, measure);
    for (long i = Math.max(0, marks - REMEMBERED); i < marks; i++) {
      int at = (int) (i % REMEMBERED);
      long here = tokens(measure, counts[at], hiddens[at], sizes[at]);
      if (ends[at] > offset && here - first <= tokens) {
        fits = ends[at];
      }
    }
    return fits;
  }

  private long tokens(Measure measure, long count, long more, long length) {
    if (reported) {
      return Math.min(count, counted);
    }
    // A gateway cut the text into single letters: its events are no tokens.
    boolean split = events >= SAMPLE && 2 * letters > events;
    long estimate = length / CHARS_PER_TOKEN;
    return switch (measure) {
      case LEAST -> split ? 0 : count;
      case LIKELY -> split ? estimate : Math.max(count, estimate);
      case MOST -> split ? estimate : count + more;
    };
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static int utf8(String text) {
    int size = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // A surrogate is half of four bytes.
      size += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return size;
  }
}
