package dev.holdfast.cli.simulate;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.testkit.sim.Survey;
import dev.holdfast.testkit.sim.SurveyPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Writes the page that is committed as {@code fixtures/sim/report.md}. */
final class SimulationReport {
  /** Cuts of each behaviour with the whole ladder. */
  private static final int LADDER_CUTS = 2000;

  /** Cuts of each behaviour, fault and rung. */
  private static final int CELL_CUTS = 40;

  private final Terminal terminal;
  private final boolean json;

  SimulationReport(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  /**
   * {@return the exit code}
   *
   * @throws BadInputException if the file cannot be written
   */
  int write(String name) {
    Path file;
    try {
      file = Path.of(name).toAbsolutePath();
    } catch (InvalidPathException e) {
      throw BadInputException.of("--report", "must be a file", name);
    }
    if (file.getParent() == null || !Files.isWritable(file.getParent())) {
      throw BadInputException.of("--report", "must be a file in a directory", name);
    }
    var ladder = new Survey(LADDER_CUTS).ladder();
    var single = new Survey(CELL_CUTS).everyRung();
    int wrong = 0;
    for (var cells : List.of(ladder, single)) {
      wrong += cells.stream().mapToInt(Survey.Cell::wrong).sum();
    }
    try {
      Files.writeString(file, new SurveyPage(ladder, single).markdown());
    } catch (IOException e) {
      throw BadInputException.of("--report", "must be a file that can be written", name);
    }
    if (json) {
      terminal.line(
          JsonLine.of("report")
              .with("file", name)
              .with("cells", single.size())
              .with("wrong", wrong));
    } else {
      terminal.line("%d cells, %d wrong: %s".formatted(single.size(), wrong, name));
    }
    return wrong == 0 ? Exit.OK : Exit.INCOMPLETE;
  }
}
