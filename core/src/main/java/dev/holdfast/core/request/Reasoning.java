package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;

/** How much the model reasons before it answers. */
public sealed interface Reasoning {
  /**
   * A level.
   *
   * @param level the provider's word: mostly {@code low}, {@code medium} or {@code high}
   */
  record Effort(String level) implements Reasoning {
    /** Checks that there is a word. */
    public Effort {
      Check.that(level.matches("[a-z_-]{1,32}"), "effort", "must be a lower-case word", level);
    }
  }

  /**
   * A limit.
   *
   * @param tokens reasoning tokens, not negative; 0 switches reasoning off where that is possible
   */
  record Budget(int tokens) implements Reasoning {
    /** Checks the limit. */
    public Budget {
      Check.that(tokens >= 0, "budget", "must not be negative", tokens);
    }
  }

  /** {@return a level, for example {@code low}} */
  static Reasoning effort(String level) {
    return new Effort(level);
  }

  /** {@return a limit in tokens} */
  static Reasoning budget(int tokens) {
    return new Budget(tokens);
  }
}
