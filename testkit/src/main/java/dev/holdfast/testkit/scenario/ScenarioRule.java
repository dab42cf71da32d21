package dev.holdfast.testkit.scenario;

import dev.holdfast.core.stream.Check;

/**
 * What some requests get in place of what all others get.
 *
 * @param when which requests
 * @param then what they get; has no rules of its own
 */
public record ScenarioRule(RequestMatch when, Scenario then) {
  /** Checks that the rule has no rules. */
  public ScenarioRule {
    Check.that(then.rules().isEmpty(), "rules", "must not have rules of their own", then.rules());
  }
}
