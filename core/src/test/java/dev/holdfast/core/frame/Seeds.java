package dev.holdfast.core.frame;

import java.util.Random;
import java.util.function.Consumer;

/** Runs a property for many seeds; a failure names the seed and the command that replays it. */
final class Seeds {
  private Seeds() {}

  static void each(int count, Class<?> test, Consumer<Random> property) {
    Long only = Long.getLong("holdfast.seed");
    long first = only == null ? 1 : only;
    long last = only == null ? count : only;
    for (long seed = first; seed <= last; seed++) {
      try {
        property.accept(new Random(seed));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed %d; replay: ./mvnw -pl core test -Dtest=%s -Dholdfast.seed=%d"
                .formatted(seed, test.getSimpleName(), seed),
            e);
      }
    }
  }
}
