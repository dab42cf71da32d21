package dev.holdfast.core.usage;

import dev.holdfast.core.stream.TokenUsage;
import org.jspecify.annotations.Nullable;

/**
 * What one generation of a model wrote, and what its provider reported of it. Counts are of events
 * and of UTF-16 units; the answer is text, refusals and tool calls. Not thread-safe.
 */
public final class OutputTally {
  /** The first character of the scripts that have about one token for each character. */
  private static final char WIDE = 0x2E80;

  /** As many events must have come before their lengths prove how they were cut. */
  private static final int SAMPLE = 64;

  private Count answer = Count.NONE;
  private Count reasoning = Count.NONE;
  private long events;
  private long characters;
  private long letters;
  private long wide;
  private long thoughtEvents;
  private long thoughtCharacters;
  private @Nullable TokenUsage report;

  /** Whether the frame with the report is still being read: the report covers all of it. */
  private boolean reporting;

  private boolean whole;

  /** Events and their characters. */
  record Count(long events, long characters) {
    static final Count NONE = new Count(0, 0);

    Count minus(Count other) {
      return new Count(
          Math.max(0, events - other.events), Math.max(0, characters - other.characters));
    }
  }

  /** A piece of the answer came. */
  void answer(String text, int length) {
    if (length == 0) {
      return;
    }
    events++;
    characters += length;
    char last = text.isEmpty() ? ' ' : text.charAt(text.length() - 1);
    letters +=
        length == 1 && ((last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z')) ? 1 : 0;
    wide += last >= WIDE ? 1 : 0;
  }

  /** A piece of the reasoning came. */
  void reasoning(int length) {
    if (length > 0) {
      thoughtEvents++;
      thoughtCharacters += length;
    }
  }

  /** The provider reported its tokens so far; in some protocols before the content they count. */
  void reported(TokenUsage tokens) {
    report = tokens;
    reporting = true;
    cover();
  }

  /** A frame was read to its end. */
  void frameRead() {
    if (reporting) {
      cover();
      reporting = false;
    }
  }

  private void cover() {
    answer = answer();
    reasoning = reasoning();
  }

  /** The answer is proven complete. */
  void whole() {
    whole = true;
  }

  boolean isWhole() {
    return whole;
  }

  /** {@return the last report, or null} */
  @Nullable TokenUsage report() {
    return report;
  }

  /** {@return the answer so far} */
  Count answer() {
    return new Count(events, characters);
  }

  /** {@return the reasoning so far} */
  Count reasoning() {
    return new Count(thoughtEvents, thoughtCharacters);
  }

  /** {@return as much of the answer as had come when the last report came} */
  Count reportedAnswer() {
    return reporting ? answer() : answer;
  }

  /** {@return as much of the reasoning as had come when the last report came} */
  Count reportedReasoning() {
    return reporting ? reasoning() : reasoning;
  }

  /** {@return an estimate of a part of it that no provider counted} */
  long estimate(Count part) {
    if (events >= SAMPLE && 2 * letters > events) {
      return TokenEstimate.ofCharacters(part.characters()); // A gateway cut it into letters.
    }
    long likely = TokenEstimate.of(part.events(), part.characters());
    return isWide() ? Math.max(likely, part.characters() * 2 / 3) : likely;
  }

  /** {@return whether its script has about one token for each character} */
  boolean isWide() {
    return 4 * wide > events;
  }
}
