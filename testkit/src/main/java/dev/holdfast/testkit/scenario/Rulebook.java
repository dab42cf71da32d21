package dev.holdfast.testkit.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of a scenario at work: counts what each was asked. Not thread-safe. */
public final class Rulebook {
  private final List<ScenarioRule> rules;
  private final long[] fitted;

  public Rulebook(Scenario scenario) {
    rules = scenario.rules();
    fitted = new long[rules.size()];
  }

  /** {@return the first rule that is for a request, or null if none is} */
  @Nullable public ScenarioRule choose(ParsedRequest inquiry) {
    for (int i = 0; i < fitted.length; i++) {
      ScenarioRule rule = rules.get(i);
      if (rule.when().fits(inquiry) && rule.when().means(++fitted[i])) {
        return rule;
      }
    }
    return null;
  }
}
