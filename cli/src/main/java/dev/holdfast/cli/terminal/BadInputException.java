package dev.holdfast.cli.terminal;

/** What the user gave cannot work. The message is one sentence: {@code thing: rule, was value}. */
public final class BadInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String sentence;

  public BadInputException(String sentence) {
    super(sentence, null, false, false);
    this.sentence = sentence;
  }

  /** {@return what is wrong, for people} */
  public String sentence() {
    return sentence;
  }

  /** {@return the exception for a value that breaks a rule} */
  public static BadInputException of(String thing, String rule, Object value) {
    return new BadInputException(thing + ": " + rule + ", was " + value);
  }
}
