package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.blackbox.SourceTree;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.sim.SimulatedStream;
import dev.holdfast.testkit.sim.Simulation;
import dev.holdfast.testkit.sim.draw.Situation;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the simulator once found: seeds with the edition in which they stood for that, and some bugs
 * of the engine as the situations that showed them.
 */
class RegressionsTest {
  private static final Answer ANSWER =
      Answer.ofText("The keeper trims the lamp, counts the ships, and writes both numbers down.");

  /** A line of {@code fixtures/sim/regressions.txt}. */
  record Found(int edition, long seed, String what) {
    @Override
    public String toString() {
      return edition + ", " + seed + ": " + what;
    }
  }

  static List<Found> seeds() {
    return SourceTree.lines(SourceTree.root().resolve("fixtures/sim/regressions.txt")).stream()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(line -> line.split("\\s+", 3))
        .map(cells -> new Found(Integer.parseInt(cells[0]), Long.parseLong(cells[1]), cells[2]))
        .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("seeds")
  void isStillHealed(Found found) {
    assertThat(Simulation.run(Situation.draw(found.seed(), found.edition())).complaint()).isEmpty();
  }

  /** The provider's wait was meant for the rung that it does not have. */
  @Test
  void aRefusedRungWithRetryAfterDoesNotDelayTheNextOne() {
    var stream = run(BreakerPolicy.OFF, "cut-rst@token=12", "status@code=400,retry-after=41s");

    assertThat(stream.complaint()).isEmpty();
    assertThat(stream.isComplete()).isTrue();
    assertThat(stream.took()).isLessThan(Duration.ofSeconds(1));
  }

  /** The next attempt was equal to the one that had waited, and went off at once. */
  @Test
  void aCircuitThatOpensDuringAWaitIsWaitedFor() {
    var touchy =
        new BreakerPolicy(
            0.5, 1, Duration.ofSeconds(30), Duration.ofSeconds(8), Duration.ofSeconds(60));
    var stream = run(touchy, "cut-rst@head");

    assertThat(stream.complaint()).isEmpty();
    assertThat(stream.isComplete()).isTrue();
    assertThat(stream.took()).isGreaterThan(Duration.ofSeconds(4));
  }

  private static SimulatedStream run(BreakerPolicy breaker, String... attempts) {
    var capability = new Capability(List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN);
    var upstream =
        Situation.Upstream.of(
            Protocol.OPENAI_CHAT,
            new Continuation.Exact(),
            capability,
            Arrays.stream(attempts).map(Fault::parseAll).toList());
    return Simulation.run(
        new Situation(
            1,
            ANSWER,
            List.of(upstream),
            Situation.Request.PLAIN,
            StreamPolicy.DEFAULT,
            breaker,
            Situation.Reader.EAGER));
  }
}
