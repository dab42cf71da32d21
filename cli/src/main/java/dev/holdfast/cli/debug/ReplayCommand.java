package dev.holdfast.cli.debug;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.OutputClosedException;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.observe.debug.replay.ReplayServer;
import dev.holdfast.observe.debug.wire.RecordingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Serves a recording again. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Serves a recording to every request on 127.0.0.1, until Ctrl-C.",
    footer = {
      "",
      "Bytes, pauses and the end (FIN, RST, silence) are those of the recording, which"
          + " holdfast debug --save makes. docs/recording-format.md describes the format."
    })
public final class ReplayCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--port",
      paramLabel = "N",
      required = true,
      description = "where to listen on 127.0.0.1; 0 for any free port")
  private int port;

  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "1",
      description = "2 for twice as fast, 0 for no pauses (default: 1)")
  private double speed;

  @Option(names = "--json", description = "one JSON line with the port, then one per request")
  private boolean json;

  @Parameters(paramLabel = "FILE", description = "a recording")
  private String file = "";

  public ReplayCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    var end = new CompletableFuture<Integer>();
    try (var server = start(end)) {
      String url = "http://127.0.0.1:" + server.port() + "/";
      terminal.line(
          json
              ? JsonLine.of("replay").with("port", server.port()).with("url", url)
              : "replaying " + SafeText.line(file) + " on " + url);
      return Terminal.abortable(() -> end.complete(Exit.OK), () -> await(end));
    } catch (InterruptedException e) {
      return Exit.OK; // An interrupt ends a command that runs in a thread of its own.
    }
  }

  private ReplayServer start(CompletableFuture<Integer> end) {
    try {
      Path path = Path.of(file);
      if (!Files.isRegularFile(path)) {
        throw BadInputException.of("FILE", "must be a recording", file + " (no such file)");
      }
      return ReplayServer.start(path, port, speed, line -> asked(line, end));
    } catch (RecordingException e) {
      throw new BadInputException("FILE: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw e instanceof InvalidPathException
          ? BadInputException.of("FILE", "must be a recording", file)
          : new BadInputException("--" + e.getMessage());
    } catch (IOException e) {
      throw BadInputException.of(
          "--port", "must be a free port", port + " (" + e.getMessage() + ")");
    }
  }

  private void asked(String requestLine, CompletableFuture<Integer> end) {
    // The query may hold a key, and so may the path.
    String shown = terminal.redactor().text(requestLine.replaceFirst("\\?\\S*", "?..."));
    try {
      terminal.line(
          json ? JsonLine.of("request").with("line", shown) : "asked: " + SafeText.line(shown));
    } catch (OutputClosedException e) {
      end.complete(Exit.OUTPUT_CLOSED);
    }
  }

  private static int await(CompletableFuture<Integer> end) throws InterruptedException {
    try {
      return end.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("end: must be completed with a code", e);
    }
  }
}
