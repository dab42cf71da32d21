package dev.holdfast.cli.inspect;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.core.provider.Dialects;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What recorded response bodies hold. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Reads recorded response bodies and prints one JSON line for each.",
    footer = {
      "",
      "A line has file, dialect, verdict, cause, finish, text, reasoning, refusal, tool_calls,"
          + " cut_tool_calls, usage, error, warnings and frames; with --frames it has file, type, data and"
          + " lastEventId of one event, and a last line per file has file, retry and frames."
          + " Exit code 0 means that every file was read, with any verdict."
    })
public final class InspectCommand implements Callable<Integer> {
  private static final int WHOLE = 16 << 10;

  private final Terminal terminal;

  @Option(
      names = "--dialect",
      paramLabel = "ID",
      completionCandidates = DialectIds.class,
      defaultValue = Inspection.AUTO,
      description = "a protocol's id, see docs/dialects.md, or auto to detect it (default)")
  private String dialect = "";

  @Option(names = "--json", description = "JSON lines, which is what there is anyway")
  @SuppressWarnings("UnusedVariable") // Lines are all there is; the option is taken everywhere.
  private boolean json;

  @Option(names = "--frames", description = "the events by the SSE standard's view instead")
  private boolean frames;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      description = "with --frames: feed the decoder so many bytes at a time")
  private @Nullable Integer chunk;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "response bodies")
  private List<String> files = List.of();

  public InspectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    checkDialect();
    if (chunk != null && !frames) {
      throw new BadInputException("--chunk: must come with --frames, which was missing");
    }
    if (chunk != null && chunk < 1) {
      throw BadInputException.of("--chunk", "must be at least 1", chunk);
    }
    int code = Exit.OK;
    for (String file : files) {
      try {
        inspect(file);
      } catch (BadInputException e) {
        // The other files can still be read; all that cannot are named.
        terminal.complain("holdfast inspect", e.sentence());
        code = Exit.BAD_INPUT;
      }
    }
    return code;
  }

  private void checkDialect() {
    if (!dialect.equals(Inspection.AUTO) && !Dialects.ids().contains(dialect)) {
      String known = String.join(", ", Dialects.ids());
      throw BadInputException.of("--dialect", "must be " + Inspection.AUTO + ", " + known, dialect);
    }
  }

  private void inspect(String file) {
    try {
      Path path = Path.of(file);
      if (Files.isDirectory(path)) {
        throw unreadable(file, "a directory");
      }
      if (frames) {
        FrameLines.of(path, file, chunk == null ? WHOLE : chunk, this::print);
      } else {
        print(Inspection.inspect(path, file, dialect));
      }
    } catch (NoSuchFileException e) {
      throw unreadable(file, "no such file");
    } catch (AccessDeniedException e) {
      throw unreadable(file, "access denied");
    } catch (IOException | InvalidPathException e) {
      throw unreadable(file, String.valueOf(e.getMessage()));
    }
  }

  private static BadInputException unreadable(String file, String why) {
    return BadInputException.of("FILE", "must be a readable file", file + " (" + why + ")");
  }

  private void print(String line) {
    terminal.line(terminal.screen().out() ? JsonLine.escaped(line) : line);
  }

  /** What {@code --dialect} takes, for shells to complete. */
  static final class DialectIds implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(Stream.of(Inspection.AUTO), Dialects.ids().stream()).iterator();
    }
  }
}
