package dev.holdfast.cli.explain;

import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Suggestion;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.observe.explain.Explanations;
import dev.holdfast.observe.explain.KnownMessage;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a cause or an error message means. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Explains a named cause, or a pasted error message.",
    description =
        "Prints what a named cause means and how to cure it, or finds the causes of a"
            + " pasted error message: of agents, SDKs, HTTP clients, proxies and providers. Only the"
            + " words of a message count, not its quotes, colours, prefixes or line breaks.",
    footer = {
      "",
      "Without an argument: all causes, one line each. Exit code 1: nothing is known.",
      "Examples:",
      "  holdfast explain idle-timeout",
      "  holdfast explain 'TypeError: terminated: other side closed'"
    })
public final class ExplainCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--json", description = "one JSON line")
  private boolean json;

  @Parameters(
      paramLabel = "CAUSE|ERROR",
      arity = "0..*",
      description = "a cause's name, or an error message; - reads it from stdin")
  private List<String> words = List.of();

  public ExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    var explanations = Explanations.load();
    if (words.isEmpty()) {
      list(explanations);
      return Exit.OK;
    }
    String text =
        words.equals(List.of("-"))
            ? BoundedInput.stdin(terminal, "CAUSE|ERROR")
            : String.join(" ", words);
    String cause = explanations.cause(text);
    if (cause != null) {
      show(cause, java.util.Objects.requireNonNull(explanations.page(cause)));
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
      terminal.complain(
          "holdfast explain",
          unknown(explanations, text) + Suggestion.hint(text.strip(), explanations.causes()));
      return Exit.INCOMPLETE;
    }
    if (!json) {
      String first = matches.getFirst().causes().getFirst();
      terminal.line(terminal.style().dim("The whole page: holdfast explain " + first));
    }
    return Exit.OK;
  }

  private void list(Explanations explanations) {
    int width = explanations.causes().stream().mapToInt(String::length).max().orElse(0);
    for (String cause : explanations.causes()) {
      String summary = explanations.summary(cause);
      if (json) {
        terminal.line(JsonLine.of("cause").with("cause", cause).with("summary", summary));
      } else {
        terminal.line(
            terminal.style().bold(cause) + " ".repeat(width - cause.length()) + "  " + summary);
      }
    }
  }

  /** {@return what was looked for in a text that is not known} */
  private static String unknown(Explanations explanations, String text) {
    String where =
        text.isBlank()
            ? "an empty text"
            : text.length() > Explanations.MAX_TEXT
                ? "the last 64 Ki characters of that text"
                : "that text";
    return "none of the %,d known wordings of %d programs is in %s; debug the stream itself: holdfast debug URL -d @body.json"
        .formatted(
            explanations.messages().stream().mapToInt(known -> known.patterns().size()).sum(),
            explanations.software().size(),
            where);
  }

  private static JsonLine line(KnownMessage match) {
    return JsonLine.of("match")
        .with("causes", match.causes())
        .with("said_by", match.source())
        .with("pattern", match.patterns().getFirst())
        .with("meaning", match.meaning())
        .with("cure", match.cure());
  }

  private void show(KnownMessage match) {
    var style = terminal.style();
    terminal.line(style.bold(String.join(", ", match.causes())) + style.dim("  " + match.source()));
    int width = Math.min(80, terminal.screen().columns()) - 2;
    for (String line : TextWrapper.wrap(match.meaning(), width)) {
      terminal.line("  " + line);
    }
    for (String line : TextWrapper.wrap(match.cure(), width - 2)) {
      terminal.line("  > " + line);
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
      for (String line : table ? flat.lines().toList() : TextWrapper.wrap(flat, 80)) {
        terminal.line(line);
      }
    }
  }
}
