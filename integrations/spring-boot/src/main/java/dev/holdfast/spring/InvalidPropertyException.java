package dev.holdfast.spring;

/** A property of {@code holdfast.*} breaks a rule; the message is "name: rule, was value". */
public final class InvalidPropertyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  InvalidPropertyException(String sentence) {
    super(sentence);
  }
}
