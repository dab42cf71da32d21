package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulator is only worth something if it catches bugs: these are planted one by one. */
@Timeout(60)
class PlantedBugsTest {
  private static final int SEEDS = 2000;

  /**
   * A bug.
   *
   * @param what it does
   * @param caughtBy the invariant it breaks
   * @param type the class of core it sits in
   * @param healthy the source that stands there
   * @param sick the source it becomes
   */
  record Bug(String what, String caughtBy, String type, String healthy, String sick) {
    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Bug> bugs() {
    return Stream.of(
        new Bug(
            "a closing marker counts as completion",
            "BLAME",
            "engine.StreamMachine",
            "case CLOSED -> intake.complete(attempt);\n        case CLOSED_UNPROVEN ->\n            course.fail(",
            "case CLOSED, CLOSED_UNPROVEN -> intake.complete(attempt);\n        case null ->\n            course.fail("),
        new Bug(
            "a retry after output is not stitched",
            "PREFIX",
            "engine.StreamMachine",
            "rung == null\n            ? new Phase.Streaming",
            "rung != null || rung == null\n            ? new Phase.Streaming"),
        new Bug(
            "the overlap is not checked",
            "PREFIX",
            "engine.Alignment",
            "return Match.NONE;",
            "return Match.FULL;"),
        new Bug(
            "the seam is one character late",
            "PREFIX",
            "engine.Stitcher",
            "held.substring(full.consumed())",
            "held.substring(Math.min(held.length(), full.consumed() + 1))"),
        new Bug(
            "the seam is one character early",
            "PREFIX",
            "engine.Stitcher",
            "held.substring(full.consumed())",
            "held.substring(Math.max(0, full.consumed() - 1))"),
        new Bug(
            "pings count as progress",
            "BLAME",
            "engine.Intake",
            "if (event.isContent()) {",
            "if (event.isContent() || event instanceof StreamEvent.Heartbeat) {"),
        new Bug(
            "the commit point is forgotten",
            "PREFIX",
            "engine.Recovery",
            "if (!delivery.isCommitted()) {\n      return new Decision.Go(",
            "if (opened > 0) {\n      return new Decision.Go("),
        new Bug(
            "an anchor need not be unique",
            "PREFIX",
            "engine.Evidence",
            "&& isUnique(text, at)",
            ""),
        new Bug(
            "an error in the stream is ignored",
            "BLAME",
            "engine.Intake",
            "case StreamEvent.ErrorReported error -> course.told(attempt, error.failure());",
            "case StreamEvent.ErrorReported error -> {}"),
        new Bug(
            "a malformed frame is passed over",
            "PREFIX",
            "engine.Intake",
            "case RECOVER -> course.fail(attempt, rejected.failure());",
            "case RECOVER -> {}"),
        new Bug(
            "an end without proof is an end",
            "BLAME",
            "engine.StreamMachine",
            "if (attempt.isProven(course.choices)) {\n      intake.complete(attempt);\n    } else {\n      String",
            "if (proof != null) {\n      intake.complete(attempt);\n    } else {\n      String"),
        new Bug(
            "attempts are not counted",
            "BUDGET",
            "engine.Recovery",
            "fruitless++;",
            "fruitless = 0;"),
        new Bug(
            "reasoning of two generations is mixed",
            "PREFIX",
            "engine.Delivery",
            "return reasoningAttempt == attempt\n",
            "return attempt > 0\n"),
        new Bug(
            "a failed attempt stays open",
            "CANCEL",
            "engine.Course",
            "actions.add(new Action.CloseAttempt(attempt.number()));",
            ""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bugs")
  void isCaught(Bug bug) throws IOException {
    String caught =
        Mutant.of("dev.holdfast.core." + bug.type(), bug.healthy(), bug.sick())
            .firstViolation(1, SEEDS);

    assertThat(caught).contains(bug.caughtBy() + ":");
  }

  @Test
  void theHealthyEngineIsNotAccused() throws IOException {
    String line = "private long now;";
    var same = Mutant.of("dev.holdfast.core.engine.Course", line, line);

    assertThat(same.firstViolation(1, 200)).isEmpty();
  }
}
