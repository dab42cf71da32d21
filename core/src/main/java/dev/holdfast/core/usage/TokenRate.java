package dev.holdfast.core.usage;

import org.jspecify.annotations.Nullable;

/**
 * How many tokens an upstream counted for events and characters. The same model in another attempt
 * of the same stream writes much the same way.
 *
 * @param tokens of the answer, without its reasoning
 */
record TokenRate(long tokens, long events, long characters) {
  /** Fewer tokens show nothing. */
  private static final int SAMPLE = 8;

  /** No vocabulary has tokens that are this long on average. */
  static final int MOST_CHARS_PER_TOKEN = 12;

  /** {@return the rate, or null if it is none that a text can have} */
  static @Nullable TokenRate of(long tokens, long events, long characters) {
    boolean plausible =
        tokens >= SAMPLE && tokens <= characters && tokens >= characters / MOST_CHARS_PER_TOKEN;
    return plausible ? new TokenRate(tokens, events, characters) : null;
  }

  /** {@return about how many tokens that upstream would count} */
  long tokens(long someEvents, long someCharacters) {
    // A larger event holds more than one.
    boolean alike = someCharacters * events <= 2 * characters * someEvents;
    boolean oneEach = alike && Math.abs(tokens - events) <= Math.max(1, events / 10);
    return oneEach
        ? Math.min(someEvents, someCharacters)
        : Math.max(1, Math.round((double) tokens * someCharacters / characters));
  }
}
