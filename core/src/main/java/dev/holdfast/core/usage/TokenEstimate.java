package dev.holdfast.core.usage;

/** How many tokens a text has that no provider counted. */
public final class TokenEstimate {
  /** Characters per token in English prose; fewer in most other texts. */
  public static final int CHARS_PER_TOKEN = 4;

  private TokenEstimate() {}

  /**
   * {@return the larger of the number of events and a quarter of the characters} An event of most
   * providers is one token; others write several at a time.
   *
   * @param events content events
   * @param characters their length together in UTF-16 units
   */
  public static long of(long events, long characters) {
    return Math.max(Math.min(events, characters), ofCharacters(characters));
  }

  /** {@return a quarter of the characters, rounded up} */
  public static long ofCharacters(long characters) {
    return (characters + CHARS_PER_TOKEN - 1) / CHARS_PER_TOKEN;
  }
}
