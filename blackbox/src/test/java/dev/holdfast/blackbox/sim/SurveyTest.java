package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.blackbox.SourceTree;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.sim.Survey;
import dev.holdfast.testkit.sim.SurveyPage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What recovery achieves: a floor under its figures, and the page that shows them. */
@Timeout(300)
@Tag("slow")
class SurveyTest {
  private static final Path PAGE = SourceTree.root().resolve("fixtures/sim/report.md");

  private static final boolean LONG = Boolean.getBoolean("holdfast.long");

  /** Cuts of each behaviour; the page has more. */
  private static final Survey SURVEY = new Survey(LONG ? 400 : 150);

  /** Models that do as they are asked, by the share of cuts whose text is right in the end. */
  private static final Map<String, Double> FLOORS =
      Map.of("exact", 0.999, "overlap:40", 0.999, "restart", 0.999);

  @Test
  void cutsInTextAreHealedToTheLetterAndNothingIsEverWrong() {
    for (Survey.Cell cell : SURVEY.ladder()) {
      assertThat(cell.wrong()).as(cell.behaviour()).isZero();
      double exact = (double) cell.exact() / cell.cuts();
      assertThat(exact)
          .as(cell.behaviour())
          .isGreaterThanOrEqualTo(FLOORS.getOrDefault(cell.behaviour(), 0.0));
    }
  }

  @Test
  void whatDoesNotContinueIsNeverJoinedByTheRungsThatAskForIt() {
    var joining =
        new Survey(LONG ? 20 : 8)
            .everyRung().stream()
                .filter(cell -> !cell.rungs().equals(List.of(Rung.REPLAY)))
                .filter(cell -> cell.recovered() != cell.exact())
                .filter(cell -> !cell.behaviour().equals("drift"))
                .toList();
    assertThat(joining).isEmpty();
  }

  /** The figures may differ: the page says what they were when it was made. */
  @Test
  void thePageHasTheRowsThatTheCommandWritesToday() {
    var survey = new Survey(1);
    var today = new SurveyPage(survey.ladder(), survey.everyRung()).markdown();
    assertThat(rows(SourceTree.lines(PAGE))).isEqualTo(rows(today.lines().toList()));
  }

  @Test
  void thePageKnowsNothingWrong() {
    var wrong =
        SourceTree.lines(PAGE).stream()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| behaviour"))
            .map(line -> line.split("\\|", -1))
            .map(cells -> cells[cells.length - 5].strip())
            .collect(Collectors.toSet());
    assertThat(wrong).containsExactly("0");
  }

  /** Headings, and of each row what it is about. */
  private static List<String> rows(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("#") || line.startsWith("| "))
        .map(line -> line.replaceAll("\\| \\d+ \\|.*", "|"))
        .toList();
  }
}
