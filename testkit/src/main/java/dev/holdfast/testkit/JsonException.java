package dev.holdfast.testkit;

/** A document is not the JSON it must be. */
final class JsonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  JsonException(int line, String rule) {
    super(rule, null, false, false);
    this.line = line;
  }

  /** {@return the line, from 1} */
  int line() {
    return line;
  }
}
