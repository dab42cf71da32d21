package dev.holdfast.core.dialect;

/** How well a resumed body is proven to bring the rest of what was read before it broke. */
public sealed interface Continuity {
  /** The provider repeated the text exactly, or nothing was resumed. */
  record Shown() implements Continuity {}

  /** Consecutive numbers show it, and nothing else does. */
  record Numbered() implements Continuity {}

  /**
   * Nothing shows it so far.
   *
   * @param reason which rule an event broke, or what is missing
   */
  record Open(String reason) implements Continuity {}

  /**
   * It is not the rest. What contradicts it was not handed on.
   *
   * @param reason which rule an event broke
   */
  record Broken(String reason) implements Continuity {}
}
