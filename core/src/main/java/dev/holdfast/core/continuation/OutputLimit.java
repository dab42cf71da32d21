package dev.holdfast.core.continuation;

import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.stream.Rung;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a stream to the output limit of its request, over all attempts that write its text. A
 * request to continue asks for what is left, and for the tokens that are repeated at its seam. No
 * more than the limit is delivered.
 */
public final class OutputLimit {
  /** A text that is cut within a token may need some tokens more. */
  private static final int SPARE = 8;

  private final long limit;
  private TokenCount count;
  private final List<Part> parts = new ArrayList<>();

  /**
   * What one generation brought of the delivered text.
   *
   * @param from where it begins in the delivered text
   * @param begin where it begins in the generation's own text
   */
  private record Part(TokenMeter meter, long from, long begin) {}

  /** How many tokens the provider counted before a place of the delivered text. */
  private record Counted(int start, long tokens) {}

  /** The last count; null where none was asked for. */
  private @Nullable Counted counted;

  /** A limit in tokens, none if it is not positive. */
  public OutputLimit(long limit, TokenCount count) {
    this.limit = limit;
    this.count = count;
  }

  /** {@return whether the request has one} */
  public boolean isSet() {
    return limit > 0;
  }

  /** It is known now how the engine that answers can be counted. */
  public void countedBy(TokenCount count) {
    this.count = count;
  }

  /**
   * The provider counted the tokens of the text before a place: a continuation from there is given
   * as many as are left, and ends at the limit by itself.
   */
  public void counted(int start, long tokens) {
    counted = new Counted(start, tokens);
  }

  /** A continuation is asked for whose limit is estimated. */
  public void estimated() {
    counted = null;
  }

  /** {@return whether an attempt's output is cut off at the limit: not where all of it counts} */
  public boolean governs(@Nullable Rung rung) {
    return limit > 0
        && rung != null
        && switch (rung) {
          case TOKEN_IDS, CONTINUE, PREFILL, ANCHOR -> true;
          case CURSOR, REPLAY, REFUSE -> false;
        };
  }

  /**
   * Text of a generation is about to be delivered.
   *
   * @param delivered how much was delivered before
   * @param length how much it is; the end of what the generation has written
   */
  public void delivers(TokenMeter meter, long delivered, int length) {
    if (limit > 0 && (parts.isEmpty() || parts.getLast().meter() != meter)) {
      long begin = parts.isEmpty() ? 0 : Math.max(0, meter.written() - length);
      parts.add(new Part(meter, delivered, begin));
    }
  }

  /** {@return how many characters of a text that is about to be delivered keep to the limit} */
  public int fit(TokenMeter meter, long delivered, String text) {
    delivers(meter, delivered, text.length());
    if (counted != null) {
      return text.length();
    }
    long begin = meter.written() - text.length();
    long left = limit - before(delivered, measure());
    long fits = Math.clamp(meter.fit(begin, left, measure()) - begin, 0, text.length());
    boolean split =
        fits > 0 && fits < text.length() && Character.isHighSurrogate(text.charAt((int) fits - 1));
    return (int) (split ? fits - 1 : fits);
  }

  /** {@return how many tokens a request to continue takes off its limit} */
  public int produced(int start) {
    if (limit > 0 && counted != null && counted.start() == start) {
      return (int) Math.min(counted.tokens(), limit);
    }
    return limit <= 0 ? 0 : (int) Math.max(0, Math.min(before(start, measure()), limit) - SPARE);
  }

  /**
   * {@return how many tokens a request to continue allows, as it is made now; no limit where its
   * rung keeps the caller's}
   */
  public long allowance(@Nullable Rung rung, int start) {
    return governs(rung) ? limit - produced(start) : Long.MAX_VALUE;
  }

  /**
   * {@return whether the answer is known to have come to its limit} Where events are no measure,
   * the provider is asked for the rest, and reports the limit.
   */
  public boolean isReached() {
    return count != TokenCount.ESTIMATED && isCounted();
  }

  /** {@return whether as many tokens were reported, or events came, as the limit allows} */
  public boolean isCounted() {
    return limit > 0
        && !parts.isEmpty()
        && before(Long.MAX_VALUE, TokenMeter.Measure.LEAST) >= limit;
  }

  private TokenMeter.Measure measure() {
    return count == TokenCount.TIMINGS ? TokenMeter.Measure.MOST : TokenMeter.Measure.LIKELY;
  }

  private long before(long offset, TokenMeter.Measure measure) {
    long tokens = 0;
    for (int i = 0; i < parts.size(); i++) {
      var part = parts.get(i);
      boolean last = i + 1 == parts.size() || parts.get(i + 1).from() >= offset;
      long end = last ? offset : parts.get(i + 1).from();
      long first = i == 0 ? 0 : part.meter().before(part.begin(), measure);
      long to = end == Long.MAX_VALUE ? end : part.begin() + end - part.from();
      tokens += Math.max(0, part.meter().before(to, measure) - first);
      if (last) {
        break;
      }
    }
    return tokens;
  }
}
