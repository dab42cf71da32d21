package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The answer of a script: byte arrays in a fixed order.
 *
 * @param values as Lettuce returns them
 */
record Reply(List<?> values) {
  private static final byte[] NOTHING = {};

  /** So many digits are a number below 2^63. */
  private static final int MOST_DIGITS = 18;

  int size() {
    return values.size();
  }

  byte[] bytes(int index) {
    return values.get(index) instanceof byte[] bytes ? bytes : NOTHING;
  }

  String text(int index) {
    return new String(bytes(index), StandardCharsets.UTF_8);
  }

  long number(int index) {
    byte[] digits = bytes(index);
    if (digits.length == 0 || digits.length > MOST_DIGITS) {
      return Long.parseLong(text(index));
    }
    long number = 0;
    for (byte digit : digits) {
      if (digit < '0' || digit > '9') {
        return Long.parseLong(text(index)); // Of a number below zero, or none.
      }
      number = number * 10 + (digit - '0');
    }
    return number;
  }

  boolean is(String status) {
    byte[] word = values.isEmpty() ? NOTHING : bytes(0);
    boolean same = word.length == status.length();
    for (int i = 0; same && i < word.length; i++) {
      same = word[i] == status.charAt(i);
    }
    return same && !values.isEmpty();
  }

  /** {@return the offset whose epoch and sequence begin at an index} */
  JournalOffset offset(int index) {
    return new JournalOffset((int) number(index), number(index + 1));
  }

  /** {@return the end whose kind and detail begin at an index} */
  Optional<JournalEnd> end(int index) {
    String kind = text(index);
    return kind.isEmpty()
        ? Optional.empty()
        : Optional.of(new JournalEnd(JournalEnd.Kind.valueOf(kind), text(index + 1)));
  }

  /** Content stays out of logs. */
  @Override
  public String toString() {
    return "Reply[size=%d]".formatted(size());
  }
}
