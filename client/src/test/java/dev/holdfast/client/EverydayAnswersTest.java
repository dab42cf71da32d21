package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.testkit.answer.EverydayAnswers;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code ./holdfast faults} does without an option, as a new user of the client meets it. */
final class EverydayAnswersTest {
  private static final int STREAMS = 100;

  @ParameterizedTest
  @MethodSource("dev.holdfast.testkit.fault.Protocol#spoken")
  void nearlyEveryStreamIsWholeAndSomeWereBroken(Protocol protocol) {
    int whole = 0;
    try (var server =
            FaultServer.builder()
                .scenario(Scenario.everyday(1))
                .answers(EverydayAnswers.byPrompt(1))
                .start();
        var holdfast =
            Holdfast.builder()
                .upstream(Upstream.of(protocol.id(), server.baseUrl(protocol).toString(), null))
                .build()) {
      for (int i = 0; i < STREAMS; i++) {
        String prompt = "Explain streaming, part " + i;
        try (var stream = holdfast.stream(ChatRequest.to("gpt-4.1").user(prompt).build())) {
          var outcome = stream.outcome();
          boolean same = outcome.text().equals(EverydayAnswers.byPrompt(1).apply(prompt).text());
          assertThat(same || !outcome.isComplete()).as("%s: %s", prompt, outcome).isTrue();
          whole += same ? 1 : 0;
        }
      }
      assertThat(whole).isGreaterThanOrEqualTo(99);
      int broken = server.received().size() - STREAMS;
      assertThat(broken).as("requests beyond the first").isBetween(3, 25);
    }
  }
}
