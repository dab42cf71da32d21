package dev.holdfast.cli.journal;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A journal as JSON lines. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Writes streams with all their entries to stdout, as JSON lines.",
    footer = {
      "",
      "Each stream is a line with the event stream, then a line with the event entry for each"
          + " entry. Payloads are text, or base64 in payload_base64 where they are none."
    })
final class ExportCommand implements Callable<Integer> {
  private static final String NAME = "holdfast journal export";

  private final Terminal terminal;

  @Mixin private final JournalFolder folder = new JournalFolder();

  @Option(names = "--stream", paramLabel = "ID", description = "this stream only (default: all)")
  private @Nullable String id;

  @Option(names = "--json", description = "JSON lines, which is what there is anyway")
  @SuppressWarnings("UnusedVariable") // Lines are all there is; the option is taken everywhere.
  private boolean json;

  ExportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    var wanted = id == null ? null : JournalFolder.id(id);
    try (var journal = folder.open(terminal)) {
      boolean damaged = folder.complain(terminal, NAME, journal);
      List<JournalStream> streams =
          journal.streams().stream()
              .filter(stream -> wanted == null || stream.id().equals(wanted))
              .toList();
      if (wanted != null && streams.isEmpty()) {
        throw BadInputException.of(
            "--stream", "must be a stream of the journal (ls lists them)", wanted);
      }
      for (JournalStream stream : streams) {
        terminal.line(StreamLines.json(stream));
        var refusal =
            EntryWalk.walk(
                journal,
                stream.id(),
                JournalOffset.START,
                entry -> terminal.line(StreamLines.json(stream.id(), entry)));
        if (refusal.isPresent()) {
          terminal.complain(NAME, stream.id() + ": " + refusal.get().detail());
          damaged = true;
        }
      }
      return damaged ? Exit.INCOMPLETE : Exit.OK;
    }
  }
}
