package dev.holdfast.testkit.judge;

import dev.holdfast.testkit.fault.Protocol;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The judge's rulings on a client.
 *
 * @param client its name
 * @param protocol what was spoken
 * @param rulings one for each case
 */
public record Judgement(String client, Protocol protocol, List<Ruling> rulings) {
  /** Copies the list. */
  public Judgement {
    rulings = List.copyOf(rulings);
  }

  /** {@return how many cases nothing was wrong with} */
  public long passed() {
    return rulings.stream().filter(Ruling::passed).count();
  }

  /** {@return how many cases in which a fault struck ended with the whole answer} */
  public long recovered() {
    return rulings.stream().filter(Ruling::recovered).count();
  }

  /** {@return in how many cases the caller received a false report} */
  public long lies() {
    return rulings.stream()
        .filter(ruling -> ruling.findings().stream().anyMatch(JudgeFinding::isLie))
        .count();
  }

  /** {@return in how many cases a finding was made} */
  public long count(JudgeFinding finding) {
    return rulings.stream().filter(ruling -> ruling.findings().contains(finding)).count();
  }

  /**
   * Demands that nothing was wrong; for tests.
   *
   * @throws AssertionError naming every case and what was wrong with it
   */
  public void assertSound() {
    if (passed() < rulings.size()) {
      throw new AssertionError(
          rulings.stream()
              .filter(ruling -> !ruling.passed())
              .map(ruling ->
                  "%s: %s (%s)".formatted(ruling.trial().id(), titles(ruling), ruling.story()))
              .collect(Collectors.joining("\n", client + ":\n", "")));
    }
  }

  /** {@return the findings of a ruling in words, in their order; "as it should be" without any} */
  static String titles(Ruling ruling) {
    return ruling.passed()
        ? "as it should be"
        : Arrays.stream(JudgeFinding.values())
            .filter(ruling.findings()::contains)
            .map(JudgeFinding::title)
            .collect(Collectors.joining(", "));
  }
}
