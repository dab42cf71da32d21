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
            "case CLOSED -> complete(attempt);\n        case CLOSED_UNPROVEN ->\n            fail(",
            "case CLOSED, CLOSED_UNPROVEN -> complete(attempt);\n        case null ->\n            fail("),
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
            "engine.StreamMachine",
            "if (event.isContent()) {",
            "if (event.isContent() || event instanceof StreamEvent.Heartbeat) {"),
        new Bug(
            "the commit point is forgotten",
            "PREFIX",
            "engine.Recovery",
            "if (!delivery.isCommitted()) {",
            "if (attempts > 0) {"),
        new Bug(
            "an anchor need not be unique",
            "PREFIX",
            "engine.Evidence",
            "length >= repeated + MIN_VISIBLE && ",
            ""),
        new Bug(
            "an error in the stream is ignored",
            "BLAME",
            "engine.StreamMachine",
            "case StreamEvent.ErrorReported error -> told(attempt, error.failure());",
            "case StreamEvent.ErrorReported error -> {}"),
        new Bug(
            "a malformed frame is passed over",
            "PREFIX",
            "engine.StreamMachine",
            "case RECOVER -> fail(attempt, rejected.failure());",
            "case RECOVER -> {}"),
        new Bug(
            "an end without proof is an end",
            "BLAME",
            "engine.StreamMachine",
            "if (attempt.isProven(choices)) {\n      complete(attempt);\n    } else {\n      String",
            "if (proof != null) {\n      complete(attempt);\n    } else {\n      String"),
        new Bug(
            "attempts are not counted",
            "BUDGET",
            "engine.Recovery",
            "fruitless = attempt.fruitful ? 0 : fruitless + 1;",
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
            "engine.StreamMachine",
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
    var same = Mutant.of("dev.holdfast.core.engine.StreamMachine", line, line);

    assertThat(same.firstViolation(1, 200)).isEmpty();
  }
}
