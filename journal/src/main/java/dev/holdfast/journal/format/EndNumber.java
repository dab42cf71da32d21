package dev.holdfast.journal.format;

import dev.holdfast.core.spi.JournalEnd;
import java.util.Optional;

/** The numbers of the kinds of an end, as they are stored; zero is no end. */
public final class EndNumber {
  private EndNumber() {}

  /** {@return the number of a kind} */
  public static int of(JournalEnd.Kind kind) {
    return switch (kind) {
      case COMPLETE -> 1;
      case CANCELLED -> 2;
      case TRUNCATED -> 3;
      case FAILED -> 4;
      case EXPIRED -> 5;
    };
  }

  /** {@return the kind with a number; empty for zero and for an unknown one} */
  public static Optional<JournalEnd.Kind> kind(int number) {
    for (var kind : JournalEnd.Kind.values()) {
      if (of(kind) == number) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
