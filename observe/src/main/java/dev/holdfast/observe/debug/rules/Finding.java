package dev.holdfast.observe.debug.rules;

import java.util.ArrayList;
import java.util.List;

/**
 * Something that a rule recognised.
 *
 * @param name stable, for example {@code proxy-idle-timeout}; docs/debugging.md lists them
 * @param culprit the party likely at fault
 * @param summary one sentence
 * @param evidence the observations that support it
 * @param advice what to change, settings spelled out
 */
public record Finding(
    String name, Culprit culprit, String summary, List<String> evidence, List<String> advice) {
  /** Copies the lists, without blank lines. */
  public Finding {
    evidence = evidence.stream().filter(line -> !line.isBlank()).toList();
    advice = advice.stream().filter(line -> !line.isBlank()).toList();
  }

  /** {@return a finding whose evidence and advice are to follow} */
  static Finding of(String name, Culprit culprit, String summary) {
    return new Finding(name, culprit, summary, List.of(), List.of());
  }

  /** {@return a copy with more evidence; blank lines are left out} */
  Finding seen(String... lines) {
    return new Finding(name, culprit, summary, joined(evidence, lines), advice);
  }

  /** {@return a copy with more advice; blank lines are left out} */
  Finding change(String... lines) {
    return new Finding(name, culprit, summary, evidence, joined(advice, lines));
  }

  /** {@return the stable name, and the party likely at fault if there is one, for display} */
  public String attribution() {
    return culprit == Culprit.NONE ? name : name + ", likely " + culprit.words();
  }

  private static List<String> joined(List<String> before, String... lines) {
    var all = new ArrayList<>(before);
    all.addAll(List.of(lines));
    return all;
  }
}
