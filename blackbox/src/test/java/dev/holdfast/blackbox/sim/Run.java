package dev.holdfast.blackbox.sim;

import dev.holdfast.core.stream.Verdict;
import java.util.ArrayList;
import java.util.List;

/**
 * Many seeds in a row.
 *
 * @param violations what was broken, with the command that replays it
 * @param summary what happened, in one line
 */
record Run(List<String> violations, String summary) {
  /** Runs {@code count} seeds, or fewer if {@code enough} of them break an invariant. */
  static Run of(long first, long count, int enough) {
    var violations = new ArrayList<String>();
    int complete = 0;
    int cancelled = 0;
    int seams = 0;
    long seed = first;
    for (; seed < first + count && violations.size() < enough; seed++) {
      var scenario = Scenario.draw(seed);
      var result = new Simulation(scenario).run();
      if (!result.violations().isEmpty()) {
        violations.add(report(scenario, result.violations().getFirst()));
      }
      var ending = result.ending();
      if (ending != null) {
        complete += ending.verdict().isComplete() ? 1 : 0;
        cancelled += ending.verdict() instanceof Verdict.Cancelled ? 1 : 0;
        seams += ending.seams().size();
      }
    }
    return new Run(
        violations,
        "seeds %d to %d: %d complete, %d cancelled, %d ended early with the cause named, %d seams"
            .formatted(
                first, seed - 1, complete, cancelled, seed - first - complete - cancelled, seams));
  }

  private static String report(Scenario scenario, String violation) {
    return """
    seed %d
      %s
      %s
      replay: ./mvnw -q -pl blackbox -am test -Dtest=SimulationTest \
    -Dsurefire.failIfNoSpecifiedTests=false -Dholdfast.seed=%d -Dholdfast.trace=true
    """
        .formatted(scenario.seed(), violation, scenario.describe(), scenario.seed());
  }
}
