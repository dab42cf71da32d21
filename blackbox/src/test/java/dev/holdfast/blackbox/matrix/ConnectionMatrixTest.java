package dev.holdfast.blackbox.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Faults of connections, each with a server of its own, since they strike everybody. */
@Timeout(60)
class ConnectionMatrixTest {
  /** What the matrix on one server leaves out. */
  static final Set<String> FAULTS = Set.of("refused", "tls-untrusted", "tls-wrong-host", "tls-cut");

  private static final RetryPolicy EAGER = FaultCells.EAGER;

  /** Waits longer than the server is away. */
  private static final RetryPolicy PATIENT =
      new RetryPolicy(8, 8, Duration.ofMillis(200), Duration.ofSeconds(2), Duration.ofSeconds(60));

  /** {@return every transport with every protocol} */
  static Stream<Arguments> lanes() {
    return Stream.of(Sending.values())
        .flatMap(sending -> Lane.ofProtocols().stream().map(lane -> Arguments.of(sending, lane)));
  }

  private static Outcome ask(
      FaultServer server, Transport transport, Lane lane, RetryPolicy retry) {
    String url = server.baseUrl(lane.protocol()).toString().replace("127.0.0.1", "localhost");
    try (var holdfast =
            Holdfast.builder()
                .upstream(Upstream.of(lane.protocol().id(), url, "key"))
                .transport(transport)
                .policy(FaultCells.policy(FaultCells.patient(), retry))
                .build();
        var stream = holdfast.stream(lane.request("Hi"))) {
      stream.forEach(event -> {});
      return stream.outcome();
    }
  }

  @ParameterizedTest
  @MethodSource("lanes")
  void aCrashIsSurvivedByWaiting(Sending sending, Lane lane) {
    try (var server =
            FaultServer.builder()
                .answer(Bench.ANSWER)
                .script(Script.of("refused@for=100ms"))
                .start();
        var transport = sending.open()) {
      Outcome outcome = ask(server, transport, lane, PATIENT);

      assertThat(outcome.isComplete()).as("%s", outcome).isTrue();
      assertThat(outcome.text()).isEqualTo(Bench.ANSWER.text());
      assertThat(outcome.attempts().getFirst().failure().map(Failure::cause))
          .contains(Cause.CONNECTION_FAILED);
    }
  }

  @ParameterizedTest
  @MethodSource("lanes")
  void aWrongCertificateEndsTheStreamAtOnce(Sending sending, Lane lane) {
    for (String fault : new String[] {"tls-untrusted", "tls-wrong-host"}) {
      try (var server = FaultServer.builder().answer(Bench.ANSWER).tls(Script.of(fault)).start();
          var transport = sending.trusting(server.trusting())) {
        Outcome outcome = ask(server, transport, lane, EAGER);

        assertThat(outcome.verdict()).isEqualTo(new Verdict.Failed(Cause.CONNECTION_FAILED));
        assertThat(outcome.attempts()).as(fault).hasSize(1);
        assertThat(outcome.text()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lanes")
  void aCutHandshakeIsTriedAgain(Sending sending, Lane lane) {
    for (String fault : new String[] {"tls-cut", "tls-cut@by=rst"}) {
      try (var server = FaultServer.builder().answer(Bench.ANSWER).tls(Script.of(fault)).start();
          var transport = sending.trusting(server.trusting())) {
        Outcome outcome = ask(server, transport, lane, EAGER);

        assertThat(outcome.isComplete()).as("%s: %s", fault, outcome).isTrue();
        assertThat(outcome.text()).isEqualTo(Bench.ANSWER.text());
      }
    }
  }
}
