package dev.holdfast.testkit.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.judge.Run.End;
import dev.holdfast.testkit.judge.TrialCase.Demand;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts as wrong, run by run. */
class RulesTest {
  private static final String TRUTH = "The tide turns twice a day, and nobody asked it to.";
  private static final long MEGABYTE = 1 << 20;
  private static final long SECOND = 1_000_000_000L;

  private static TrialCase trial(Demand demand, Answer answer, String faults) {
    return new TrialCase("case", "a case", answer, List.of(Fault.parseAll(faults)), demand);
  }

  private static TrialCase text(Demand demand) {
    return trial(demand, Answer.ofText(TRUTH), "cut-fin@token=3");
  }

  private static TrialCase tool() {
    return trial(
        Demand.TELL,
        Answer.ofText("Hm.").withTool("c1", "move", "{\"to\":\"harbour\",\"knots\":4}"),
        "cut-fin@token=3");
  }

  private static Run run(End end, String text) {
    return new Run(end, text, List.of(), "", true, 0, 1, false, SECOND);
  }

  private static Run withTool(End end, String... calls) {
    return new Run(end, "Hm.", List.of(calls), "", true, 0, 1, false, SECOND);
  }

  /** Requests of which each but the last was answered by the fault, with a pause between them. */
  private static List<ReceivedRequest> requests(int count, long pauseNanos, String... faults) {
    var all = new ArrayList<ReceivedRequest>();
    for (int i = 0; i < count; i++) {
      List<Fault> struck = Fault.parseAll(String.join(";", faults));
      all.add(
          new ReceivedRequest(
              i + 1,
              "/v1/messages",
              Map.of(),
              "",
              "stream",
              i + 1,
              struck,
              null,
              200,
              i * (SECOND + pauseNanos),
              0,
              ReceivedRequest.Ending.SENT,
              i * (SECOND + pauseNanos) + SECOND));
    }
    return all;
  }

  private static Run whole() {
    return run(End.CLAIMED, TRUTH);
  }

  private static Set<JudgeFinding> findings(TrialCase trial, Run run) {
    return Rules.findings(trial, run, requests(1, 0), 0);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          CLAIMED | The tide turns twice a day, and nobody asked it to.                |
          CLAIMED | The tide turns                                                     | TRUNCATED_ACCEPTED
          CLAIMED | ''                                                                 | TRUNCATED_ACCEPTED
          CLAIMED | The tide twice a day, and nobody asked it to.                      | LOST_TEXT
          CLAIMED | The tide tur\uFFFDs twice a day, and nobody asked it to.           | LOST_TEXT
          CLAIMED | The tide turns turns twice a day, and nobody asked it to.          | REPEATED_TEXT
          CLAIMED | The tide turnsThe tide turns twice a day, and nobody asked it to.  | REPEATED_TEXT
          FAILED  | The tide turns                                                     |
          FAILED  | ''                                                                 |
          FAILED  | The tide turnsThe tide tur                                         | REPEATED_TEXT
          FAILED  | The tide twice a                                                   | LOST_TEXT
          """)
  void textIsHeldAgainstTheTruth(End end, String text, JudgeFinding finding) {
    Set<JudgeFinding> expected = finding == null ? Set.of() : Set.of(finding);
    assertThat(findings(text(Demand.TELL), run(end, text))).isEqualTo(expected);
  }

  @Test
  void aWholeAnswerMustNotBeCalledAFailure() {
    assertThat(findings(text(Demand.DELIVER), run(End.FAILED, TRUTH)))
        .containsExactly(JudgeFinding.NEEDLESS_FAILURE);
  }

  @Test
  void aToolCallCountsByItsContent() {
    String whole = "{\"name\":\"move\",\"arguments\":{\"to\": \"harbour\", \"knots\": 4}}";
    String asText =
        "{\"arguments\":\"{\\\"to\\\":\\\"harbour\\\",\\\"knots\\\":4}\",\"name\":\"move\"}";
    assertThat(findings(tool(), withTool(End.CLAIMED, whole))).isEmpty();
    assertThat(findings(tool(), withTool(End.CLAIMED, asText))).isEmpty();
    for (String half :
        List.of(
            "{\"name\":\"move\",\"arguments\":\"{\\\"to\\\":\\\"har\"}",
            "{\"name\":\"move\",\"arguments\":{}}",
            "{\"name\":\"move\",\"arguments\":{\"to\":\"har\"}}",
            "{\"name\":\"mo")) {
      assertThat(findings(tool(), withTool(End.FAILED, half)))
          .as(half)
          .containsExactly(JudgeFinding.PARTIAL_TOOL);
    }
    assertThat(findings(tool(), withTool(End.CLAIMED)))
        .containsExactly(JudgeFinding.TRUNCATED_ACCEPTED);
  }

  @Test
  void aRejectedRequestIsNotSentAgain() {
    Run twice = run(End.FAILED, "");
    assertThat(Rules.findings(text(Demand.GIVE_UP), twice, requests(2, SECOND), 0))
        .containsExactly(JudgeFinding.RETRIED_REJECTION);
  }

  @Test
  void retryAfterIsHonoured() {
    String seconds = "status@code=429,retry-after=2s,spelling=seconds";
    String date = "status@code=429,retry-after=2s,spelling=date";
    TrialCase waits = text(Demand.WAIT);
    assertThat(Rules.findings(waits, whole(), requests(2, SECOND, seconds), 0))
        .containsExactly(JudgeFinding.RETRY_AFTER_IGNORED);
    assertThat(Rules.findings(waits, whole(), requests(2, 2 * SECOND, seconds), 0)).isEmpty();
    // A date is read to the second.
    assertThat(Rules.findings(waits, whole(), requests(2, SECOND, date), 0)).isEmpty();
    assertThat(Rules.findings(waits, whole(), requests(2, SECOND / 2, date), 0))
        .containsExactly(JudgeFinding.RETRY_AFTER_IGNORED);
  }

  @Test
  void tenRequestsAreEnough() {
    assertThat(Rules.findings(text(Demand.TELL), whole(), requests(10, 0), 0)).isEmpty();
    assertThat(Rules.findings(text(Demand.TELL), whole(), requests(11, 0), 0))
        .containsExactly(JudgeFinding.RETRY_STORM);
  }

  @Test
  void aClientThatCancelsLetsGo() {
    Run open = new Run(End.CANCELLED, "The", List.of(), "", false, 0, 1, false, SECOND);
    Run never = new Run(End.FAILED, "The", List.of(), "", true, 0, 1, false, SECOND);
    assertThat(findings(text(Demand.CANCEL), open)).containsExactly(JudgeFinding.LEFT_OPEN);
    assertThat(findings(text(Demand.CANCEL), never)).containsExactly(JudgeFinding.LEFT_OPEN);
    assertThat(findings(text(Demand.CANCEL), run(End.CANCELLED, "The"))).isEmpty();
  }

  @Test
  void memoryIsHeldAgainstAHealthyRun() {
    Run large = new Run(End.FAILED, "", List.of(), "", true, 400 * MEGABYTE, 1, false, SECOND);
    Run burst =
        new Run(
            End.FAILED,
            "",
            List.of(),
            "java.lang.OutOfMemoryError: Java heap space",
            true,
            0,
            1,
            false,
            SECOND);
    assertThat(Rules.findings(text(Demand.TELL), large, requests(1, 0), 100 * MEGABYTE))
        .containsExactly(JudgeFinding.MEMORY);
    assertThat(Rules.findings(text(Demand.TELL), large, requests(1, 0), 200 * MEGABYTE)).isEmpty();
    assertThat(findings(text(Demand.TELL), large)).isEmpty();
    assertThat(findings(text(Demand.TELL), burst)).containsExactly(JudgeFinding.MEMORY);
  }

  @Test
  void aClientThatIsBusyWithAFloodDoesNotHangAsWell() {
    Run busy = new Run(End.HUNG, "", List.of(), "", true, 400 * MEGABYTE, 1, true, SECOND);
    assertThat(Rules.findings(text(Demand.TELL), busy, requests(1, 0), 100 * MEGABYTE))
        .containsExactly(JudgeFinding.MEMORY);
  }

  @Test
  void aClientThatDoesNotEndHangs() {
    assertThat(findings(text(Demand.TELL), run(End.HUNG, "The")))
        .containsExactly(JudgeFinding.HANG);
  }

  private static TrialCase twoTools(Demand demand) {
    var answer =
        Answer.ofText("Hm.")
            .withTool("c1", "move", "{\"to\":\"harbour\",\"knots\":4}")
            .withTool("c2", "move", "{\"to\":\"sea\",\"knots\":9}");
    return trial(demand, answer, "one-index");
  }

  @Test
  void oneOfTwoCallsIsNotTheAnswer() {
    String first = "{\"name\":\"move\",\"arguments\":{\"to\":\"harbour\",\"knots\":4}}";
    String second = "{\"name\":\"move\",\"arguments\":{\"to\":\"sea\",\"knots\":9}}";

    assertThat(findings(twoTools(Demand.TELL), withTool(End.CLAIMED, first)))
        .containsExactly(JudgeFinding.TRUNCATED_ACCEPTED);
    assertThat(findings(twoTools(Demand.TELL), withTool(End.FAILED, first))).isEmpty();
    assertThat(findings(twoTools(Demand.TELL), withTool(End.CLAIMED, first, second))).isEmpty();
  }

  @Test
  void aCallThatTheLimitCutIsHeldBack() {
    String first = "{\"name\":\"move\",\"arguments\":{\"to\":\"harbour\",\"knots\":4}}";
    String blank = "{\"name\":\"move\",\"arguments\":{}}";

    assertThat(findings(twoTools(Demand.HOLD_BACK), withTool(End.CLAIMED, first))).isEmpty();
    assertThat(findings(twoTools(Demand.HOLD_BACK), withTool(End.CLAIMED))).isEmpty();
    assertThat(findings(twoTools(Demand.HOLD_BACK), withTool(End.CLAIMED, first, blank)))
        .containsExactly(JudgeFinding.PARTIAL_TOOL);
  }
}
