package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import java.util.List;
import java.util.Objects;

/** How much the model reasons before it answers. */
public sealed interface Reasoning {
  /** The levels that providers use in common, from none to the most. */
  List<String> LEVELS = List.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

  /**
   * A level.
   *
   * @param level the provider's word: mostly {@code low}, {@code medium} or {@code high}
   */
  record Effort(String level) implements Reasoning {
    /** Checks that there is a word. */
    public Effort {
      Objects.requireNonNull(level, "level");
      Check.that(level.matches("[a-z_-]{1,32}"), "effort", "must be a lower-case word", level);
    }

    /**
     * {@return the nearest of some levels} This one if it is among them, or is none of {@link
     * #LEVELS}; the lower one if two are as near, but never {@code none}.
     *
     * @param known levels out of {@link #LEVELS}; this level comes back if there are none
     */
    public Effort among(List<String> known) {
      Objects.requireNonNull(known, "known");
      int wanted = LEVELS.indexOf(level);
      if (wanted < 0 || known.contains(level)) {
        return this;
      }
      String nearest = level;
      int least = LEVELS.size();
      for (int i = 1; i < LEVELS.size(); i++) { // 0 is none: reasoning is not switched off.
        int distance = Math.abs(i - wanted);
        if (known.contains(LEVELS.get(i)) && distance < least) {
          nearest = LEVELS.get(i);
          least = distance;
        }
      }
      return new Effort(nearest);
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
