package dev.holdfast.cli.journal;

import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The streams of a journal. */
@Command(
    name = "ls",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Lists the streams of a journal, the oldest first.")
final class ListCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final JournalFolder folder = new JournalFolder();

  @Option(names = "--json", description = "one JSON line per stream")
  private boolean json;

  ListCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    try (var journal = folder.open(terminal)) {
      var streams = journal.streams();
      if (!json) {
        terminal.line(
            terminal.style().dim(streams.isEmpty() ? "no streams" : StreamLines.heading()));
      }
      streams.forEach(
          stream -> terminal.line(json ? StreamLines.json(stream) : StreamLines.row(stream)));
      return folder.complain(terminal, "holdfast journal ls", journal) ? Exit.INCOMPLETE : Exit.OK;
    }
  }
}
