package dev.holdfast.core.stream;

/**
 * What was paid for and is no part of the delivered answer. Output is wasted that was repeated at
 * seams, refused, replayed, held back when an attempt broke, or written by a slower hedge; so is
 * the prompt of every further attempt.
 *
 * @param characters UTF-16 units of text, reasoning, refusals and arguments of tool calls
 * @param tokens the same in tokens: the provider's count in proportion, estimated where none came
 * @param promptTokens prompt tokens of further attempts, as reported; estimated from the prompt's
 *     own number where an attempt reported none, and 0 where no provider reported any
 */
public record Waste(long characters, long tokens, long promptTokens) {
  /** Nothing was wasted. */
  public static final Waste NONE = new Waste(0, 0, 0);

  /** Wasted output, without further prompts. */
  public Waste(long characters, long tokens) {
    this(characters, tokens, 0);
  }

  /** {@return both together} */
  public Waste plus(Waste other) {
    return new Waste(
        characters + other.characters, tokens + other.tokens, promptTokens + other.promptTokens);
  }
}
