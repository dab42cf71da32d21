package dev.holdfast.blackbox.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kept replies that are not what they were, over sockets: the truth, or not complete. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CursorLiesTest {
  private static final Answer ANSWER =
      Answer.ofText(
          "Every evening the keeper climbed the tower, lit the lamp and waited until the boats had"
              + " reached the harbour wall.");
  private static final String BODY =
      "{\"model\":\"m\",\"background\":true,\"input\":\"Tell\",\"stream\":true}";

  private static final List<Fault> CUT = Fault.parseAll("cut-fin@token=9");

  private static List<Fault> lies(String lie) {
    return lie.isEmpty() ? List.of() : Fault.parseAll(lie);
  }

  @ParameterizedTest
  @CsvSource({
    "'', true",
    "resumed-at-the-end, true",
    "resumed-at-an-empty-end, true",
    "resumed-one-too-low, true",
    "resumed-in-another-answer, false",
    "resumed-behind-a-gap, true",
    "resumed-from-the-start, true",
  })
  void aLieIsNeverCompleteAndWrong(String lie, boolean recovered) {
    try (var server =
            FaultServer.builder()
                .answer(ANSWER)
                .script(
                    (stream, attempt) -> attempt == 1 ? CUT : attempt == 2 ? lies(lie) : List.of())
                .start();
        var client =
            Holdfast.builder()
                .upstream(
                    Upstream.of(
                            "openai-responses",
                            server.baseUrl(Protocol.OPENAI_RESPONSES).toString(),
                            "key")
                        .withCapability(new Capability(List.of(Rung.CURSOR), Prefill.PLAIN)))
                .build();
        var stream = client.stream(BODY)) {
      var outcome = stream.outcome();
      if (recovered) {
        assertThat(stream.text()).isEqualTo(ANSWER.text());
        assertThat(outcome.verdict()).isEqualTo(new Verdict.Complete());
        assertThat(outcome.exactness()).isEqualTo(Exactness.EXACT);
      } else {
        assertThat(outcome.verdict()).isInstanceOf(Verdict.Failed.class);
        assertThat(outcome.exactness()).isNotEqualTo(Exactness.EXACT);
      }
    }
  }
}
