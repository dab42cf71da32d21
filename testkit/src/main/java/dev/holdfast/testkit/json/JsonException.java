package dev.holdfast.testkit.json;

/** A document is not the JSON it must be. */
public final class JsonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  public JsonException(int line, String rule) {
    super(rule, null, false, false);
    this.line = line;
  }

  /** {@return the line, from 1} */
  public int line() {
    return line;
  }
}
