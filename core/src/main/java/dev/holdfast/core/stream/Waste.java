package dev.holdfast.core.stream;

/**
 * Output of models that the consumer did not get. It was repeated at seams, refused, replayed, held
 * back when an attempt broke, or written by a slower hedge.
 *
 * @param characters UTF-16 units of text, reasoning, refusals and arguments of tool calls
 * @param tokens the same in tokens, estimated: the provider's count in proportion, or a quarter of
 *     the characters where no count came
 */
public record Waste(long characters, long tokens) {
  /** Nothing was wasted. */
  public static final Waste NONE = new Waste(0, 0);

  /** {@return both together} */
  public Waste plus(Waste other) {
    return new Waste(characters + other.characters, tokens + other.tokens);
  }
}
