package dev.holdfast.cli.debug;

import dev.holdfast.cli.stream.DialectIds;
import dev.holdfast.cli.stream.ProfileOption;
import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.OutputClosedException;
import dev.holdfast.cli.terminal.PrivateFiles;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.observe.debug.StreamDebugger;
import dev.holdfast.observe.debug.report.DebugJson;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.report.HtmlReport;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.DebugLimits;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.observe.debug.wire.RecordingException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What happened to a stream, and what to change. */
@Command(
    name = "debug",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Watches one exchange and reports what was wrong and what to change.",
    description =
        "Makes a request, logs every event of the response with its time, and reports what"
            + " was wrong and what to change. Reads recordings and the output of curl too.",
    footer = {
      "",
      "Keys in headers and addresses are never shown or kept. A stream that was whole"
          + " is exit code 0. Examples:",
      "  holdfast debug http://localhost:11434/v1/chat/completions -d @body.json",
      "  curl -sN -i https://host/v1/... | holdfast debug -",
      "  holdfast debug saved.holdfast --html report.html"
    })
public final class DebugCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "BODY",
      description = "the request's body; @FILE reads it from a file. Makes it a POST")
  private @Nullable String data;

  @Option(
      names = {"-H", "--header"},
      paramLabel = "H",
      description = "a request header, 'Name: value'; may be repeated")
  private List<String> headers = List.of();

  @Option(names = "--save", paramLabel = "FILE", description = "keep the exchange as a recording")
  private @Nullable String save;

  @Option(names = "--html", paramLabel = "FILE", description = "write the report as a web page")
  private @Nullable String html;

  @Option(names = "--json", description = "one JSON line per event; the report is the last")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "the report only")
  private boolean quiet;

  @Option(
      names = "--dialect",
      paramLabel = "ID",
      completionCandidates = DialectIds.class,
      description = "a protocol's id, see docs/dialects.md (default: detected from the bytes)")
  private @Nullable String dialect;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description = "the provider's row in docs/dialects.md, whose clocks count (default: none)")
  private @Nullable String profile;

  @Option(
      names = "--first-token",
      paramLabel = "S",
      description = "seconds to wait for content (default: 300; 0 for no limit)")
  private @Nullable Double firstToken;

  @Option(
      names = "--idle",
      paramLabel = "S",
      description = "seconds of silence or without content (default: 300; 0 for no limit)")
  private @Nullable Double idle;

  @Option(
      names = "--max-time",
      paramLabel = "S",
      description = "seconds for everything (default: 0, no limit)")
  private @Nullable Double maxTime;

  @Option(
      names = "--max-bytes",
      paramLabel = "N",
      description = "bytes of the body to read (default: 1 GiB)")
  private @Nullable Long maxBytes;

  @Parameters(
      paramLabel = "TARGET",
      description = "an address; a recording, a body or curl's output in a file; - for stdin")
  private String target = "";

  public DebugCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (dialect != null && !Dialects.ids().contains(dialect)) {
      throw BadInputException.of(
          "--dialect", "must be one of " + String.join(", ", Dialects.ids()), dialect);
    }
    if (isBareAddress()) {
      target = "http://" + target.strip(); // As curl does.
    }
    boolean web = target.toLowerCase(Locale.ROOT).matches("https?://.*");
    var request = web ? request() : null;
    if (!web && (data != null || !headers.isEmpty())) {
      throw BadInputException.of(
          "TARGET",
          "must be an http or https address where -d or -H is given",
          SafeUrl.target(target));
    }
    var screen = new DebugScreen(terminal, quiet);
    try (OutputStream recording = open("--save", save);
        OutputStream page = open("--html", html)) {
      var debugger = debugger(recording, screen);
      // The report too: a user that presses Ctrl-C waits for it.
      return Terminal.abortable(
          debugger::cancel,
          () ->
              report(
                  request != null ? debugger.debugStream(request) : read(debugger), page, screen));
    } catch (UncheckedIOException | IOException e) {
      throw BadInputException.of("--save", "must be a writable file", save + why(e));
    }
  }

  private int report(DebugReport report, OutputStream page, DebugScreen screen) {
    try {
      // First, since the reader of the report may leave in the middle of it, as head does.
      writePage(report, page);
    } finally {
      if (json) {
        terminal.line(JsonLine.escaped(DebugJson.report(report)));
      } else {
        screen.show(report, origin());
      }
    }
    var verdict = report.verdict();
    return verdict != null && verdict.isComplete() ? Exit.OK : Exit.INCOMPLETE;
  }

  private StreamDebugger debugger(@Nullable OutputStream recording, DebugScreen screen) {
    var builder = StreamDebugger.builder().limits(limits());
    if (dialect != null) {
      builder.dialect(dialect);
    }
    if (save != null && recording != null) {
      builder.recordTo(recording);
    }
    return builder.listener(event -> show(event, screen)).build();
  }

  private void show(DebugEvent.Timed event, DebugScreen screen) {
    try {
      if (json) {
        terminal.line(JsonLine.escaped(DebugJson.event(event)));
      } else {
        screen.show(event);
      }
    } catch (OutputClosedException e) {
      if (html == null && save == null) {
        throw e;
      }
      // No reader is left, but the files are wanted all the same.
    }
  }

  private DebugLimits limits() {
    var clocks =
        profile == null
            ? Timeouts.DEFAULT
            : ProfileOption.of(profile, dialect).applyTo(StreamPolicy.DEFAULT).timeouts();
    if (firstToken != null) {
      clocks = clocks.withFirstToken(seconds("--first-token", firstToken));
    }
    if (idle != null) {
      var silence = seconds("--idle", idle);
      clocks = clocks.withIdle(silence).withProgress(silence);
    }
    if (maxTime != null) {
      clocks = clocks.withTotal(seconds("--max-time", maxTime));
    }
    var limits = DebugLimits.DEFAULT.withTimeouts(clocks);
    if (maxBytes == null) {
      return limits;
    }
    if (maxBytes < 1) {
      throw BadInputException.of("--max-bytes", "must be at least 1", maxBytes);
    }
    return limits.withMaxBytes(maxBytes);
  }

  private static Duration seconds(String option, double seconds) {
    if (!(seconds >= 0 && seconds <= 1e9)) {
      throw BadInputException.of(option, "must be 0 to 1e9 seconds", seconds);
    }
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  /** {@return whether the target is an address without its scheme, and no file} */
  private boolean isBareAddress() {
    String given = target.strip();
    boolean asks = data != null || !headers.isEmpty();
    boolean local = given.matches("(?i)(localhost|127(\\.\\d+){3}|\\[::1])(:\\d+)?([/?].*)?");
    boolean port = given.matches("(?i)[a-z0-9][a-z0-9.-]*:\\d{1,5}([/?].*)?");
    boolean host = asks && given.matches("(?i)([a-z0-9-]+\\.)+[a-z]{2,}([/?].*)?");
    return (local || port || host) && !isFile(given);
  }

  private static boolean isFile(String name) {
    try {
      return Files.exists(Path.of(name));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private DebugRequest request() {
    URI uri;
    try {
      uri = URI.create(target.strip());
    } catch (IllegalArgumentException e) {
      throw new BadInputException("TARGET: must be an http or https address, was not one");
    }
    var lines = new ArrayList<HeaderLine>();
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        // It may be a key whose name was forgotten.
        throw new BadInputException("-H: must be 'Name: value', had no colon");
      }
      lines.add(header(header.substring(0, colon), header.substring(colon + 1)));
    }
    try {
      return DebugRequest.of(uri, body(), lines);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("TARGET: " + e.getMessage());
    }
  }

  private static HeaderLine header(String name, String value) {
    try {
      return HeaderLine.of(name.strip(), value);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("-H: " + e.getMessage());
    }
  }

  private String body() {
    if (data == null || !data.startsWith("@")) {
      return data == null ? "" : data;
    }
    String file = data.substring(1);
    return file.equals("-") ? BoundedInput.stdin(terminal, "-d") : BoundedInput.file("-d", file);
  }

  private DebugReport read(StreamDebugger debugger) {
    try {
      if (target.equals("-")) {
        return debugger.debugOutput(terminal.in(), true);
      }
      Path path = Path.of(target);
      if (Files.isDirectory(path)) {
        throw BadInputException.of("TARGET", "must be a file or an address", target);
      }
      try (InputStream in = Files.newInputStream(path)) {
        return StreamDebugger.isRecording(path)
            ? debugger.debugRecording(in)
            : debugger.debugOutput(in, false);
      }
    } catch (RecordingException e) {
      throw new BadInputException("TARGET: " + e.getMessage());
    } catch (IOException | InvalidPathException e) {
      throw BadInputException.of(
          "TARGET", "must be an address or a readable file", SafeUrl.target(target) + why(e));
    }
  }

  private static OutputStream open(String option, @Nullable String file) {
    if (file == null) {
      return OutputStream.nullOutputStream();
    }
    try {
      return new BufferedOutputStream(PrivateFiles.open(Path.of(file)));
    } catch (IOException | InvalidPathException e) {
      throw BadInputException.of(option, "must be a writable file", file + why(e));
    }
  }

  /** {@return the version of this command and the time, to the second} */
  private static String origin() {
    return new Version().getVersion()[0] + ", " + Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  private static String why(Exception e) {
    return " (" + BoundedInput.reason(e) + ")";
  }

  private void writePage(DebugReport report, OutputStream page) {
    if (html != null) {
      try {
        page.write(HtmlReport.of(report, origin()).getBytes(StandardCharsets.UTF_8));
        page.flush();
      } catch (IOException e) {
        throw BadInputException.of("--html", "must be a writable file", html + why(e));
      }
    }
  }
}
