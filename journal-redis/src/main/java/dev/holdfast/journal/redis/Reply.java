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
  int size() {
    return values.size();
  }

  byte[] bytes(int index) {
    return values.get(index) instanceof byte[] bytes ? bytes : new byte[0];
  }

  String text(int index) {
    return new String(bytes(index), StandardCharsets.UTF_8);
  }

  long number(int index) {
    return Long.parseLong(text(index));
  }

  boolean is(String status) {
    return !values.isEmpty() && text(0).equals(status);
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
