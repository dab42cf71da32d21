package dev.holdfast.cli.judge;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.JsonMembers;
import dev.holdfast.testkit.judge.JudgeFinding;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.Ruling;
import dev.holdfast.testkit.judge.Run;
import dev.holdfast.testkit.judge.TrialCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;

/**
 * What was found out about one client, kept in a file: a line on the trial, then one for each case.
 * The file appears once the last case is over, so that a broken run leaves none behind.
 */
final class JudgeRecord {
  private static final long MEGABYTE = 1 << 20;

  private final Path file;
  private final JudgeEntry entry;
  private final List<TrialCase> cases;
  private final int limit;

  private JudgeRecord(Path file, JudgeEntry entry, List<TrialCase> cases, int limit) {
    this.file = file;
    this.entry = entry;
    this.cases = cases;
    this.limit = limit;
  }

  /** {@return the record of a client in a directory, which is made where it is missing} */
  static JudgeRecord of(
      String option, String directory, JudgeEntry entry, List<TrialCase> cases, int limit) {
    try {
      Path home = Files.createDirectories(Path.of(directory));
      return new JudgeRecord(home.resolve(name(entry) + ".jsonl"), entry, cases, limit);
    } catch (IOException | InvalidPathException e) {
      throw BadInputException.of(option, "must be a directory that can be written", directory);
    }
  }

  private static String name(JudgeEntry entry) {
    String words = entry.name() + " " + entry.protocol().id();
    return words.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]+", "-").replaceAll("^-|-$", "");
  }

  Path file() {
    return file;
  }

  boolean isKept() {
    return Files.exists(file);
  }

  void keep(Judgement judgement) {
    var lines = new ArrayList<String>();
    lines.add(
        JsonLine.of("trial")
            .with("client", entry.name())
            .with("protocol", entry.protocol().id())
            .with("date", LocalDate.now(ZoneOffset.UTC).toString())
            .with("limit_s", limit)
            .with("cases", judgement.rulings().size())
            .toString());
    judgement.rulings().forEach(ruling -> lines.add(line(ruling).toString()));
    Path fresh = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.write(fresh, lines);
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw BadInputException.of("--results", "must be a directory that can be written", file);
    }
  }

  /** {@return a ruling as a line: what goes without saying is left out} */
  private static JsonLine line(Ruling ruling) {
    Run run = ruling.run();
    String truth = ruling.trial().answer().text();
    var line = new JsonLine().with("case", ruling.trial().id());
    if (!ruling.passed()) {
      line.with(
          "findings",
          Arrays.stream(JudgeFinding.values())
              .filter(ruling.findings()::contains)
              .map(JudgeFinding::id)
              .toList());
    }
    line.with("end", run.end().name().toLowerCase(Locale.ROOT));
    if (truth.startsWith(run.text())) {
      line.with("shown", run.text().length());
    } else {
      line.with("text", run.text());
    }
    if (!run.tools().isEmpty()) {
      line.with("tools", run.tools());
    }
    if (!run.complaint().isEmpty()) {
      line.with("complaint", run.complaint());
    }
    if (!run.closedInTime()) {
      line.with("closed", false);
    }
    if (run.struck()) {
      line.with("struck", true);
    }
    if (run.requests() != 1) {
      line.with("requests", run.requests());
    }
    return line.with("mb", run.peakBytes() / MEGABYTE).with("ms", run.elapsedNanos() / 1_000_000);
  }

  /** {@return what was kept} */
  Judgement read() {
    Map<String, TrialCase> known =
        cases.stream().collect(Collectors.toMap(TrialCase::id, one -> one));
    var rulings = new ArrayList<Ruling>();
    try {
      List<String> lines = BoundedInput.lines("--results", file);
      for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
        var members = JsonMembers.of(line);
        TrialCase trial = known.get(members.text("case", ""));
        if (trial == null) {
          throw stale();
        }
        rulings.add(new Ruling(trial, run(members, trial), findings(members)));
      }
    } catch (IOException | JacksonException | IllegalArgumentException e) {
      throw stale();
    }
    if (rulings.size() != cases.size()) {
      throw stale();
    }
    return new Judgement(entry.name(), entry.protocol(), rulings);
  }

  private static Run run(JsonMembers members, TrialCase trial) {
    String truth = trial.answer().text();
    int shown = (int) members.number("shown", 0);
    return new Run(
        Run.End.valueOf(members.text("end", "").toUpperCase(Locale.ROOT)),
        members.text("text", truth.substring(0, Math.min(shown, truth.length()))),
        members.texts("tools"),
        members.text("complaint", ""),
        members.truth("closed", true),
        members.number("mb", 0) * MEGABYTE,
        (int) members.number("requests", 1),
        members.truth("struck", false),
        members.number("ms", 0) * 1_000_000);
  }

  private static Set<JudgeFinding> findings(JsonMembers members) {
    var findings = EnumSet.noneOf(JudgeFinding.class);
    for (String id : members.texts("findings")) {
      findings.add(JudgeFinding.valueOf(id.toUpperCase(Locale.ROOT).replace('-', '_')));
    }
    return findings;
  }

  private BadInputException stale() {
    return BadInputException.of("--results", "must hold the cases asked for, or be removed", file);
  }
}
