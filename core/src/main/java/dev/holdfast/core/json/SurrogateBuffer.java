package dev.holdfast.core.json;

/**
 * Keeps the first half of a surrogate pair at the end of a delta until the next delta brings the
 * second half. So no event ends inside a character.
 */
public final class SurrogateBuffer {
  private char held;

  /** {@return what may be handed on now: what was held, and {@code text} except a last half} */
  public String take(String text) {
    if (text.isEmpty()) {
      return text;
    }
    char last = text.charAt(text.length() - 1);
    boolean half = Character.isHighSurrogate(last);
    if (held == 0 && !half) {
      return text;
    }
    String whole = rest() + (half ? text.substring(0, text.length() - 1) : text);
    if (half) {
      held = last;
    }
    return whole;
  }

  /** {@return whether a half is held} */
  public boolean isHolding() {
    return held != 0;
  }

  /** {@return what is still held, as it was sent: a half, or nothing} */
  public String rest() {
    String rest = held == 0 ? "" : String.valueOf(held);
    held = 0;
    return rest;
  }
}
