package dev.holdfast.cli.simulate;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.core.json.Json;
import dev.holdfast.testkit.sim.Tally;
import dev.holdfast.testkit.sim.draw.Situation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of JSON lines: which seeds were simulated, with which commit, and the results. Lines are
 * only ever added. A line whose {@code violations} is not zero does not count as done, nor does one
 * of another {@code edition}, in which seeds stood for something else; the first lines did not name
 * theirs.
 */
final class SeedLedger {
  private final Path file;
  private final List<SeedRange> done;
  private final String commit;

  private SeedLedger(Path file, List<SeedRange> done, String commit) {
    this.file = file;
    this.done = done;
    this.commit = commit;
  }

  /**
   * {@return the ledger in a file, empty if there is none}
   *
   * @throws BadInputException if it cannot be read, or a line of it
   */
  static SeedLedger open(String name) {
    try {
      var file = Path.of(name).toAbsolutePath();
      var parent = file.getParent();
      if (parent == null || !Files.isDirectory(parent) || Files.isDirectory(file)) {
        throw BadInputException.of("--ledger", "must be a file in an existing directory", name);
      }
      return new SeedLedger(file, read(file), SourceCommit.ofTool());
    } catch (InvalidPathException | IOException e) {
      throw BadInputException.of("--ledger", "must be a readable file", name);
    }
  }

  private static List<SeedRange> read(Path file) throws IOException {
    var done = new ArrayList<SeedRange>();
    List<String> lines;
    try {
      lines = BoundedInput.lines("--ledger", file);
    } catch (NoSuchFileException e) {
      return done;
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      var range = parse(line);
      if (range == null) {
        throw BadInputException.of(
            "--ledger", "must hold lines with from, to and violations", file + ":" + (i + 1));
      }
      done.addAll(range);
    }
    return done;
  }

  /** The range of a line; none where a violation was found; null for a line that is no line. */
  private static @Nullable List<SeedRange> parse(String line) {
    try {
      if (Json.parse(line) instanceof Json.Obj entry) {
        long first = entry.number("from", -1);
        long last = entry.number("to", -1);
        long violations = entry.number("violations", -1);
        if (first >= 0 && last >= first && violations >= 0) {
          boolean ours = entry.number("edition", 1) == Situation.EDITION;
          return violations == 0 && ours ? List.of(new SeedRange(first, last)) : List.of();
        }
      }
    } catch (Json.MalformedException e) {
      return null;
    }
    return null;
  }

  /** {@return the seeds of a range that the ledger does not have, in ranges of at most so many} */
  List<SeedRange> missing(SeedRange wanted, long chunk) {
    List<SeedRange> left = List.of(wanted);
    for (SeedRange range : done) {
      left = left.stream().flatMap(part -> part.without(range).stream()).toList();
    }
    return left.stream().flatMap(part -> part.inChunksOf(chunk).stream()).toList();
  }

  /**
   * Adds a line.
   *
   * @throws BadInputException if the file cannot be written
   */
  void add(SeedRange range, Tally tally, long nanos) {
    var line =
        new JsonLine()
            .with("from", range.first())
            .with("to", range.last())
            .with("edition", Situation.EDITION)
            .with("commit", commit)
            .with("violations", tally.violations().size())
            .with("complete", tally.complete())
            .with("cancelled", tally.cancelled())
            .with("ended_early", tally.endedEarly())
            .with("attempts", tally.attempts())
            .with("seams", tally.seams())
            .with("java", Runtime.version().toString())
            .with("date", LocalDate.now(ZoneOffset.UTC).toString())
            .with("seconds", Math.round(nanos / 1e9));
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw BadInputException.of("--ledger", "must be a file that can be written", file);
    }
  }
}
