package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.List;

/**
 * A stretch of time in which a server behaves in one way.
 *
 * @param name its display name
 * @param length how long it lasts, positive
 * @param faults what may strike a request that arrives in it, each by its own chance
 */
public record FaultPhase(String name, Duration length, List<Chance> faults) {
  /** Checks the name and the length. */
  public FaultPhase {
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
    Check.that(length.isPositive(), "for", "must be positive", length);
    faults = List.copyOf(faults);
  }

  /**
   * Faults that strike together, or not at all.
   *
   * @param probability from 0, never, to 1, always
   * @param faults in the order they are worked in
   */
  public record Chance(double probability, List<Fault> faults) {
    /** Checks the probability. */
    public Chance {
      Check.that(probability >= 0 && probability <= 1, "chance", "must be 0 to 1", probability);
      faults = List.copyOf(faults);
    }

    /** {@return faults that always strike} */
    public static Chance always(List<Fault> faults) {
      return new Chance(1, faults);
    }
  }
}
