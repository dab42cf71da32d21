package dev.holdfast.cli;

import dev.holdfast.cli.chat.ChatCommand;
import dev.holdfast.cli.debug.DebugCommand;
import dev.holdfast.cli.debug.ReplayCommand;
import dev.holdfast.cli.demo.DemoCommand;
import dev.holdfast.cli.explain.ExplainCommand;
import dev.holdfast.cli.faults.FaultsCommand;
import dev.holdfast.cli.inspect.InspectCommand;
import dev.holdfast.cli.journal.JournalCommand;
import dev.holdfast.cli.judge.JudgeCommand;
import dev.holdfast.cli.serve.HealthCommand;
import dev.holdfast.cli.serve.ServeCommand;
import dev.holdfast.cli.shell.CompletionCommand;
import dev.holdfast.cli.simulate.SimulateCommand;
import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.LibraryLog;
import dev.holdfast.cli.terminal.OutputClosedException;
import dev.holdfast.cli.terminal.Suggestion;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.cli.watch.WatchCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code holdfast} command. */
@Command(
    name = "holdfast",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Keeps LLM streams whole: every answer arrives complete and exactly once.",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "Every command takes --json for one JSON line per result, and --help. NO_COLOR=1"
          + " switches colours off; they are only used on a terminal."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done; for an answer: it is complete",
      " 1:the answer is not complete, or not the one it should be; a journal is damaged; a gateway"
          + " is not healthy",
      " 2:a wrong option, file, address or environment, or stdout is full",
      "70:a defect of holdfast",
      "130:interrupted by Ctrl-C",
      "141:the reader of stdout has gone"
    })
public final class Main implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  /** Makes each command, by its name, in the order of the help. */
  static final Map<String, Function<Terminal, Object>> COMMANDS = commands();

  private Main() {}

  private static Map<String, Function<Terminal, Object>> commands() {
    var commands = new LinkedHashMap<String, Function<Terminal, Object>>();
    commands.put("demo", DemoCommand::new);
    commands.put("chat", ChatCommand::new);
    commands.put("inspect", InspectCommand::new);
    commands.put("debug", DebugCommand::new);
    commands.put("replay", ReplayCommand::new);
    commands.put("explain", ExplainCommand::new);
    commands.put("watch", WatchCommand::new);
    commands.put("serve", ServeCommand::new);
    commands.put("health", HealthCommand::new);
    commands.put("journal", JournalCommand::of);
    commands.put("faults", FaultsCommand::new);
    commands.put("judge", JudgeCommand::new);
    commands.put("simulate", SimulateCommand::new);
    commands.put("completion", CompletionCommand::new);
    return Collections.unmodifiableMap(commands);
  }

  private static boolean isVersion(String[] args) {
    return args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"));
  }

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    LibraryLog.use();
    System.exit(run(Terminal.ofProcess(), args));
  }

  /** {@return the exit code of a command line run in {@code terminal}} */
  static int run(Terminal terminal, String... args) {
    var line = new CommandLine(new Main());
    // To build all takes a tenth of a second, for picocli reads every option by reflection.
    var named = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (named != null && !args[0].equals("completion")) {
      line.addSubcommand(named.apply(terminal));
    } else if (!isVersion(args)) {
      COMMANDS.values().forEach(command -> line.addSubcommand(command.apply(terminal)));
    }
    listExitCodes(line, line);
    boolean coloured = terminal.style().isColoured();
    line.setColorScheme(CommandLine.Help.defaultColorScheme(coloured ? Ansi.ON : Ansi.OFF));
    // picocli refuses less than 55 columns.
    line.setUsageHelpWidth(Math.clamp(terminal.screen().columns(), 55, 100));
    line.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler((e, given) -> refuse(terminal, e));
    line.setExecutionExceptionHandler((e, command, parsed) -> explain(terminal, command, e));
    line.setExpandAtFiles(false); // A prompt may begin with an @.
    try {
      return code(terminal, line.execute(args));
    } catch (OutOfMemoryError e) {
      terminal.complain("holdfast", "the answer does not fit into this JVM's memory");
      return Exit.DEFECT;
    }
  }

  /** The codes are the same everywhere, and so is their list. */
  private static void listExitCodes(CommandLine top, CommandLine line) {
    var codes = top.getCommandSpec().usageMessage();
    for (CommandLine sub : line.getSubcommands().values()) {
      sub.getCommandSpec()
          .usageMessage()
          .exitCodeListHeading(codes.exitCodeListHeading())
          .exitCodeList(codes.exitCodeList());
      listExitCodes(top, sub);
    }
  }

  /** {@return the command's code, unless what it wrote to stdout got lost} */
  private static int code(Terminal terminal, int code) {
    String failure = terminal.outputFailure();
    if (failure == null) {
      return code;
    }
    terminal.complain("holdfast", "stdout: must be writable, was not (" + failure + ")");
    return Exit.BAD_INPUT;
  }

  /** Called when no command is named. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "COMMAND: must be one of "
            + String.join(", ", spec.subcommands().keySet())
            + ", was missing");
  }

  private static int refuse(Terminal terminal, ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    String rule =
        e instanceof CommandLine.UnmatchedArgumentException unmatched
            ? Suggestion.unmatched(unmatched)
            : Objects.requireNonNullElse(e.getMessage(), "the command line cannot be read");
    terminal.complain(command, rule + " (" + command + " --help)");
    return Exit.BAD_INPUT;
  }

  private static int explain(Terminal terminal, CommandLine command, Exception e) {
    String name = command.getCommandSpec().qualifiedName();
    return switch (e) {
      case BadInputException bad -> {
        terminal.complain(name, Suggestion.with(bad.sentence()));
        yield Exit.BAD_INPUT;
      }
      case OutputClosedException closed -> Exit.OUTPUT_CLOSED;
      default -> {
        terminal.complain(name, "a defect of holdfast: " + e);
        if (!terminal.environment("HOLDFAST_DEBUG").isEmpty()) {
          var trace = new StringWriter();
          e.printStackTrace(new PrintWriter(trace, true));
          terminal.note(trace.toString());
        }
        yield Exit.DEFECT;
      }
    };
  }
}
