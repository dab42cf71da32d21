package dev.holdfast.cli.journal;

import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The files of a journal. */
@Command(
    name = "journal",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Reads the files of a journal, and changes nothing.",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "A journal may be read while a gateway writes it; what is shown is the moment of the call."
          + " docs/journal-format.md draws the files."
    })
public final class JournalCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  private JournalCommand() {}

  /** {@return the command line with its commands} */
  public static CommandLine of(Terminal terminal) {
    return new CommandLine(new JournalCommand())
        .addSubcommand(new ListCommand(terminal))
        .addSubcommand(new ShowCommand(terminal))
        .addSubcommand(new VerifyCommand(terminal))
        .addSubcommand(new ExportCommand(terminal));
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
}
