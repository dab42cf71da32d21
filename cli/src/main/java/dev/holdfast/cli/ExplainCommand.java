package dev.holdfast.cli;

import dev.holdfast.observe.debug.Explanations;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a cause or an error message means. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    header = "Explains a named cause, or a pasted error message.",
    description =
        "Prints what a named cause means and how to cure it, or finds the causes behind a"
            + " pasted error message of the JDK, OkHttp, Node, Python, nginx and others.",
    footer = {
      "",
      "Without an argument: the names of all causes. Exit code 1: nothing is known.",
      "Examples:",
      "  holdfast explain idle-timeout",
      "  holdfast explain 'TypeError: terminated: other side closed'"
    })
final class ExplainCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--json", description = "one JSON line")
  private boolean json;

  @Parameters(
      paramLabel = "CAUSE|ERROR",
      arity = "0..*",
      description = "a cause's name, or an error message; - reads it from stdin")
  private List<String> words = List.of();

  ExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws java.io.IOException {
    var explanations = Explanations.load();
    if (words.isEmpty()) {
      for (String cause : explanations.causes()) {
        terminal.line(json ? JsonLine.of("cause").with("cause", cause) : cause);
      }
      return Exit.OK;
    }
    String text =
        words.equals(List.of("-"))
            ? new String(terminal.in().readNBytes(1 << 20), java.nio.charset.StandardCharsets.UTF_8)
            : String.join(" ", words);
    String page = explanations.page(text.strip());
    if (page != null) {
      show(text.strip(), page);
      return Exit.OK;
    }
    var matches = explanations.match(text);
    if (json) {
      terminal.line(
          JsonLine.of("explanation")
              .withAll("matches", matches.stream().map(ExplainCommand::line).toList()));
    } else {
      matches.forEach(this::show);
    }
    if (matches.isEmpty()) {
      Main.complain(
          terminal,
          "holdfast explain",
          "nothing is known of that message; debug the stream itself");
      return Exit.INCOMPLETE;
    }
    if (!json) {
      String cause = matches.getFirst().causes().getFirst();
      terminal.line(terminal.style().dim("The whole page: holdfast explain " + cause));
    }
    return Exit.OK;
  }

  private static JsonLine line(Explanations.Match match) {
    return JsonLine.of("match")
        .with("causes", match.causes())
        .with("said_by", match.saidBy())
        .with("pattern", match.pattern())
        .with("meaning", match.meaning());
  }

  private void show(Explanations.Match match) {
    var style = terminal.style();
    terminal.line(style.bold(String.join(", ", match.causes())) + style.dim("  " + match.saidBy()));
    for (String line : Page.wrap(match.meaning(), Math.min(80, terminal.screen().columns()) - 2)) {
      terminal.line("  " + line);
    }
    terminal.line("");
  }

  private void show(String cause, String page) {
    if (json) {
      terminal.line(JsonLine.of("cause").with("cause", cause).with("page", page));
      return;
    }
    var style = terminal.style();
    terminal.line(style.bold(cause));
    for (String paragraph : page.split("\n\n", -1)) {
      terminal.line("");
      boolean table = paragraph.startsWith("|");
      String flat = table ? paragraph : paragraph.replace('\n', ' ');
      for (String line : table ? flat.lines().toList() : Page.wrap(flat, 80)) {
        terminal.line(line);
      }
    }
  }
}
