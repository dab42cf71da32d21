package dev.holdfast.cli.journal;

import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.journal.JournalFinding;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether a journal is what was written. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Reads every byte of a journal and names what is damaged.",
    footer = {
      "",
      "Exit code 1 means that stored records are damaged. A torn tail is none: these bytes were"
          + " never reported as stored, or a process is writing them."
    })
final class VerifyCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final JournalFolder folder = new JournalFolder();

  @Option(names = "--json", description = "one JSON line per finding, then one with the totals")
  private boolean json;

  VerifyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    try (var journal = folder.open(terminal)) {
      var findings = journal.verify();
      long damages = findings.stream().filter(JournalFinding::damaged).count();
      for (JournalFinding finding : findings) {
        terminal.line(json ? line(finding) : row(finding));
      }
      if (json) {
        terminal.line(
            JsonLine.of("verified")
                .with("segments", journal.segments())
                .with("records", journal.records())
                .with("streams", journal.streams().size())
                .with("damages", damages));
      } else {
        terminal.line(
            "%s: %s, %s, %s"
                .formatted(
                    damages == 0
                        ? terminal.style().green("undamaged")
                        : terminal.style().red("damaged in " + Phrases.count(damages, "place")),
                    Phrases.count(journal.segments(), "segment"),
                    Phrases.count(journal.records(), "record"),
                    Phrases.count(journal.streams().size(), "stream")));
      }
      return damages == 0 ? Exit.OK : Exit.INCOMPLETE;
    }
  }

  private static JsonLine line(JournalFinding finding) {
    return JsonLine.of(finding.damaged() ? "damage" : "torn-tail")
        .with("file", finding.file())
        .with("byte", finding.position())
        .with("what", finding.what());
  }

  private String row(JournalFinding finding) {
    String kind =
        finding.damaged() ? terminal.style().red("damage") : terminal.style().yellow("torn tail");
    return kind + "  " + JournalFolder.sentence(finding);
  }
}
