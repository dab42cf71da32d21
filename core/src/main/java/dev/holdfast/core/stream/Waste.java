package dev.holdfast.core.stream;

/**
 * Output of models that the consumer did not get: what was repeated at seams, refused, replayed,
 * held back when
 * an attempt broke, or written beside the attempt that was first.
 *
 * @param characters UTF-16 units of text, reasoning, refusals and arguments of tool calls
 * @param tokens the same in tokens; an estimate: of a whole answer the provider's count in
 *     proportion, of a broken one a quarter of the characters, since its count never came
 */
public record Waste(long characters, long tokens) {
  /** Nothing was wasted. */
  public static final Waste NONE = new Waste(0, 0);

  /** {@return both together} */
  public Waste plus(Waste other) {
    return new Waste(characters + other.characters, tokens + other.tokens);
  }
}
