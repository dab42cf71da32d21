package dev.holdfast.testkit.sim;

import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.sim.Survey.Cell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The page in Markdown that shows a {@link Survey}. */
public final class SurveyPage {
  private static final String LEAD =
      """
      # What recovery achieves

      <!-- Generated; do not edit. Renew: ./holdfast simulate --report fixtures/sim/report.md -->

      Answers of every style, script and protocol, each broken once inside its text, in virtual time
      at 50 tokens a second. The same figures every time; `./holdfast simulate` runs the same engine on
      situations drawn at random, which [the ledger](ledger.jsonl) counts.

      * **recovered**: proven complete all the same. **refused**: ended early, with the cause named.
      * **exact**: the text is the uninterrupted answer to the letter. A model that drifts gives another
        answer as a whole, which is recovered and not exact.
      * **wrong**: an invariant was broken, such as a splice. It must be zero everywhere.
      * **wasted**: tokens the model wrote and the consumer did not need, for each cut.
      * **added**: how much longer a recovered answer took than an unbroken one, clocks that had to run
        out included; the median. **resumed**: from the failure to the next new text; the median.
      """;

  private final List<Cell> ladder;
  private final List<Cell> single;

  /** Shows the cells of {@link Survey#ladder} and of {@link Survey#everyRung}. */
  public SurveyPage(List<Cell> ladder, List<Cell> single) {
    this.ladder = List.copyOf(ladder);
    this.single = List.copyOf(single);
  }

  /** {@return the page} */
  public String markdown() {
    var page = new ArrayList<String>();
    page.add(LEAD);
    page.add("## The ladder\n");
    page.add("Every rung in turn (%s), every fault.\n".formatted(names(ladder.getFirst().rungs())));
    page.add(head("behaviour"));
    ladder.forEach(cell -> page.add(row(cell.behaviour(), cell)));
    byRung()
        .forEach((rungs, cells) -> {
          page.add("\n## By " + names(rungs) + " alone\n");
          page.add(head("behaviour | fault"));
          cells.forEach(cell -> page.add(row(cell.behaviour() + " | " + cell.fault(), cell)));
        });
    return String.join("\n", page) + "\n";
  }

  private Map<List<Rung>, List<Cell>> byRung() {
    return single.stream()
        .collect(Collectors.groupingBy(Cell::rungs, LinkedHashMap::new, Collectors.toList()));
  }

  private static String names(List<Rung> rungs) {
    return rungs.stream()
        .map(rung -> rung.name().toLowerCase(Locale.ROOT).replace('_', ' '))
        .collect(Collectors.joining(", "));
  }

  private static String head(String first) {
    String columns =
        first + " | cuts | recovered | refused | exact | wrong | wasted | added | resumed";
    return "| " + columns + " |\n|" + "---|".repeat(columns.split("\\|", -1).length);
  }

  private static String row(String first, Cell cell) {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %s | %d | %s | %d | %.1f | %d ms | %d ms |",
        first,
        cell.cuts(),
        share(cell.recovered(), cell.cuts()),
        cell.refused(),
        share(cell.exact(), cell.cuts()),
        cell.wrong(),
        (double) cell.wastedTokens() / cell.cuts(),
        cell.addedMillis(),
        cell.resumedMillis());
  }

  /** Rounded down, so that only all is 100%. */
  private static String share(int part, int whole) {
    return String.format(Locale.ROOT, "%.1f%%", Math.floor(1000.0 * part / whole) / 10);
  }
}
