package dev.holdfast.cli.journal;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.JournalInspection;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One stream of a journal. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Shows one stream of a journal, entry by entry.")
final class ShowCommand implements Callable<Integer> {
  private static final String NAME = "holdfast journal show";

  private final Terminal terminal;

  @Mixin private final JournalFolder folder = new JournalFolder();

  @Parameters(index = "1", paramLabel = "ID", description = "the stream, as ls shows it")
  private String id = "";

  @Option(
      names = "--after",
      paramLabel = "OFFSET",
      description = "begin after this offset of the stream (default: at the beginning)")
  private @Nullable String after;

  @Option(names = "--json", description = "one JSON line for the stream, then one per entry")
  private boolean json;

  ShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    var stream = JournalFolder.id(id);
    var offset = offset(stream);
    try (var journal = folder.open(terminal)) {
      boolean damaged = folder.complain(terminal, NAME, journal);
      show(head(journal, stream));
      var refusal =
          EntryWalk.walk(
              journal,
              stream,
              offset,
              entry ->
                  terminal.line(
                      json ? StreamLines.json(stream, entry) : StreamLines.row(stream, entry)));
      if (refusal.isPresent() && refusal.get().reason() == Reason.WRONG_OFFSET) {
        throw BadInputException.of("--after", "must be an offset of this stream", after + "");
      }
      refusal.ifPresent(why -> terminal.complain(NAME, why.detail()));
      return damaged || refusal.isPresent() ? Exit.INCOMPLETE : Exit.OK;
    }
  }

  private JournalOffset offset(StreamId stream) {
    if (after == null) {
      return JournalOffset.START;
    }
    try {
      return JournalOffset.parse(after, stream);
    } catch (IllegalArgumentException e) {
      throw BadInputException.of("--after", "must be an offset of this stream", after);
    }
  }

  private JournalStream head(JournalInspection journal, StreamId stream) {
    return journal.streams().stream()
        .filter(head -> head.id().equals(stream))
        .findFirst()
        .orElseThrow(() ->
            BadInputException.of("ID", "must be a stream of the journal (ls lists them)", id));
  }

  private void show(JournalStream head) {
    if (!json) {
      terminal.line(terminal.style().dim(StreamLines.heading()));
    }
    terminal.line(json ? StreamLines.json(head) : StreamLines.row(head));
  }
}
