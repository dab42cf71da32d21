package dev.holdfast.cli.shell;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what makes a shell complete the command. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Prints a completion script for a shell, or the manual page.",
    description = "The script and the page are made from the same table as --help.",
    footer = {
      "",
      "Examples:",
      "  source <(holdfast completion bash)",
      "  holdfast completion zsh > ~/.zfunc/_holdfast",
      "  holdfast completion fish > ~/.config/fish/completions/holdfast.fish",
      "  holdfast completion man | man -l -"
    })
public final class CompletionCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(names = "--json", description = "one JSON line with the text")
  private boolean json;

  @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish; or man for the manual page")
  private String shell = "";

  public CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    var root = spec.root();
    var completions = new Completions(CommandEntry.all(root));
    String text =
        switch (shell) {
          case "bash" -> completions.bash();
          case "zsh" -> completions.zsh();
          case "fish" -> completions.fish();
          case "man" -> ManualPage.of(root);
          default ->
              throw BadInputException.of("SHELL", "must be one of bash, zsh, fish, man", shell);
        };
    if (json) {
      terminal.line(JsonLine.of("completion").with("shell", shell).with("text", text));
    } else {
      terminal.print(text);
    }
    return Exit.OK;
  }
}
