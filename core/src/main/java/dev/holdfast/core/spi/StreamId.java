package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * Names one stream of a journal: 128 bits, written as 32 hexadecimal digits.
 *
 * <p>An id that clients see must be drawn from a cryptographic source, because it is hard to guess
 * by its length alone. {@code java.security.SecureRandom} is such a source.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record StreamId(long high, long low) {
  private static final int DIGITS = 32;

  /** {@return an id drawn from {@code random}} */
  public static StreamId draw(RandomGenerator random) {
    return new StreamId(random.nextLong(), random.nextLong());
  }

  /**
   * {@return the id with this text} Upper and lower case are equal.
   *
   * @throws IllegalArgumentException unless the text has 32 hexadecimal digits
   */
  public static StreamId parse(String text) {
    boolean whole = text.length() == DIGITS && text.chars().allMatch(HexFormat::isHexDigit);
    Check.that(whole, "stream id", "must have 32 hexadecimal digits", shown(text));
    int half = DIGITS / 2;
    return new StreamId(
        Long.parseUnsignedLong(text.substring(0, half), 16),
        Long.parseUnsignedLong(text.substring(half), 16));
  }

  private static String shown(String text) {
    return text.length() + " characters";
  }

  @Override
  public String toString() {
    var hex = HexFormat.of();
    return hex.toHexDigits(high) + hex.toHexDigits(low);
  }
}
