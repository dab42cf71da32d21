package dev.holdfast.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.scenario.ScenarioBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TimetableTest {
  private static final Fault DOWN = Fault.parse("status@code=503");
  private static final Fault SLOW = Fault.parse("slow@delay=200ms");
  private static final Fault CUT = Fault.parse("cut-rst@token=2");
  private static final Protocol CHAT = Protocol.OPENAI_CHAT;

  private static ScenarioBuilder phased() {
    return Scenario.builder()
        .answer("The tide turns twice a day.")
        .healthy(Duration.ofSeconds(30))
        .phase("outage", Duration.ofSeconds(10), DOWN)
        .phase("slow", Duration.ofSeconds(60), SLOW);
  }

  private static List<Fault> at(Scenario scenario, long millis) {
    return scenario.script().faults("s", 1, Duration.ofMillis(millis));
  }

  @Test
  void aRequestGetsTheFaultsOfThePhaseItArrivesIn() {
    Scenario once = phased().build();

    assertThat(at(once, 0)).isEmpty();
    assertThat(at(once, 29_999)).isEmpty();
    assertThat(at(once, 30_000)).containsExactly(DOWN);
    assertThat(at(once, 39_999)).containsExactly(DOWN);
    assertThat(at(once, 40_000)).containsExactly(SLOW);
    assertThat(at(once, 100_000)).as("it is over").isEmpty();

    Scenario again = phased().repeatingPhases().build();
    assertThat(at(again, 129_999)).isEmpty();
    assertThat(at(again, 130_000)).containsExactly(DOWN);
  }

  @Test
  void whatIsDrawnDependsOnSeedStreamAndAttemptAlone() {
    Scenario one = phased().seed(3).sometimes(0.5, CUT).build();
    Scenario same = phased().seed(3).sometimes(0.5, CUT).build();
    Scenario other = phased().seed(4).sometimes(0.5, CUT).build();
    var drawn = new ArrayList<List<Fault>>();
    var others = new ArrayList<List<Fault>>();
    for (int stream = 0; stream < 50; stream++) {
      for (int attempt = 1; attempt <= 4; attempt++) {
        var faults = one.script().faults("s" + stream, attempt, Duration.ZERO);
        assertThat(same.script().faults("s" + stream, attempt, Duration.ofSeconds(7)))
            .isEqualTo(faults);
        drawn.add(faults);
        others.add(other.script().faults("s" + stream, attempt, Duration.ZERO));
      }
    }

    assertThat(drawn).isNotEqualTo(others);
    assertThat(drawn.stream().filter(faults -> !faults.isEmpty()).count()).isBetween(70L, 130L);
  }

  @Test
  void neverAndAlwaysAreTakenLiterally() {
    Scenario scenario = Scenario.builder().sometimes(0, DOWN).sometimes(1, CUT).build();

    for (int attempt = 1; attempt <= 200; attempt++) {
      assertThat(scenario.script().faults("s", attempt)).containsExactly(CUT);
    }
    assertThatThrownBy(() -> Scenario.builder().sometimes(1.5, CUT))
        .hasMessage("chance: must be 0 to 1, was 1.5");
  }

  @Test
  void attemptsChancesAndPhasesAddUpAndPaceComesLast() {
    Scenario scenario =
        Scenario.builder()
            .attempt("slices@max=3")
            .sometimes(1, CUT)
            .phase("down", Duration.ofSeconds(1), DOWN)
            .pace(Duration.ofMillis(200))
            .build();

    assertThat(at(scenario, 0)).containsExactly(new Fault.Slices(3), CUT, DOWN, SLOW);
    assertThat(at(scenario, 2000)).containsExactly(new Fault.Slices(3), CUT, SLOW);
  }

  @Test
  void onVirtualTimeAnOutageCostsNoTime() throws IOException {
    try (var server = FaultServer.builder().scenario(phased().build()).virtualTime().start();
        var observer = new WireObserver(server.baseUrl())) {
      assertThat(status(observer)).isEqualTo(200);
      server.advance(Duration.ofSeconds(30));
      assertThat(status(observer)).isEqualTo(503);
      server.advance(Duration.ofHours(1));
      assertThat(status(observer)).isEqualTo(200);
    }
  }

  @Test
  void onVirtualTimeAPauseEndsWhenTheClockIsMoved() throws Exception {
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText("The tide turns twice a day."))
                .script(Script.of("stall@token=2,for=1h"))
                .virtualTime()
                .start();
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(CHAT, Requests.of(CHAT, "Hi"));
      while (server.received().isEmpty() || server.received().getFirst().bodyBytes() == 0) {
        Thread.onSpinWait();
      }
      server.received().hasCount(1);
      assertThat(server.received().getFirst().ending()).isEqualTo(ReceivedRequest.Ending.OPEN);
      assertThatThrownBy(() -> server.received().hasNoneOpen())
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("requests: must all have ended, was number 1 still open");

      server.advance(Duration.ofHours(1));

      assertThat(WireReader.text(observer.observe().text()))
          .isEqualTo("The tide turns twice a day.");
    }
  }

  @Test
  void theMachinesClockCannotBeMoved() {
    try (var server = FaultServer.builder().start()) {
      assertThatThrownBy(() -> server.advance(Duration.ZERO))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("advance: must be of a server with virtual time");
    }
  }

  @Test
  void claimsAboutRequestsHoldOrShowThem() throws Exception {
    try (var server =
            FaultServer.builder().script(Script.of("status@code=400", "status@code=503")).start();
        var observer = new WireObserver(server.baseUrl())) {
      for (int attempt = 1; attempt <= 3; attempt++) {
        status(observer);
      }
      assertThat(server.awaitEnded(3, Duration.ofMinutes(1))).isTrue();
      var received = server.received();

      received.hasCount(3).hasAttemptsAtMost(3).hasNoRetryAfter(429).hasNoneOpen();
      received.ofStream(received.getFirst().stream()).hasCount(3);
      assertThatThrownBy(() -> received.hasNoRetryAfter(400))
          .isInstanceOf(AssertionError.class)
          .hasMessageStartingWith(
              "requests: must not be repeated after a 400, was attempt 2 as number 2");
      assertThatThrownBy(() -> received.hasAttemptsAtMost(2)).isInstanceOf(AssertionError.class);
      assertThatThrownBy(() -> received.hasWaited(Duration.ofHours(1)))
          .isInstanceOf(AssertionError.class);
      received.hasWaited(Duration.ZERO);
    }
  }

  private static int status(WireObserver observer) throws IOException {
    observer.post(CHAT, Requests.of(CHAT, "Hi"));
    return observer.observe().status();
  }
}
