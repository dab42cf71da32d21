package dev.holdfast.cli.shell;

import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.CommandSpec;

/** The manual page of the command, in the macros of man(7). */
final class ManualPage {
  private final StringBuilder page = new StringBuilder();

  private ManualPage() {}

  /** {@return the page of a program and all its commands; it has no date, so that builds repeat} */
  static String of(CommandSpec root) {
    var manual = new ManualPage();
    manual.head(root);
    for (var command : root.subcommands().values()) {
      manual.command(command.getCommandSpec());
    }
    manual.codes(root);
    manual.macro(".SH SEE ALSO");
    manual.text("The guide of the command is docs/cli.md, that of the gateway docs/gateway.md.");
    return manual.page.toString();
  }

  private void head(CommandSpec root) {
    macro(".TH HOLDFAST 1 \"\" \"Holdfast\" \"Holdfast manual\"");
    macro(".SH NAME");
    text(root.name() + " - keeps LLM streams whole");
    macro(".SH SYNOPSIS");
    macro(".B holdfast");
    macro(".I COMMAND");
    text("[options]");
    macro(".SH DESCRIPTION");
    paragraphs(root.usageMessage().description());
    paragraphs(root.usageMessage().footer());
    macro(".SH COMMANDS");
  }

  private void command(CommandSpec spec) {
    macro(".SS " + escaped(spec.qualifiedName()));
    var usage = spec.usageMessage();
    var help = new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF));
    paragraphs(usage.header());
    paragraphs(usage.description());
    var options = help.createDefaultOptionRenderer();
    var labels = help.createDefaultParamLabelRenderer();
    for (var parameter : spec.positionalParameters()) {
      var rows =
          help.createDefaultParameterRenderer().render(parameter, labels, help.colorScheme());
      item("\\fI" + escaped(parameter.paramLabel()) + "\\fR", rows);
    }
    for (var option : spec.options()) {
      if (!option.hidden()) {
        var names = new StringBuilder();
        for (String name : option.names()) {
          names
              .append(names.isEmpty() ? "" : ", ")
              .append("\\fB")
              .append(escaped(name))
              .append("\\fR");
        }
        if (option.arity().max() > 0 && !option.typeInfo().isBoolean()) {
          names.append("=\\fI").append(escaped(option.paramLabel())).append("\\fR");
        }
        item(names.toString(), options.render(option, labels, help.colorScheme()));
      }
    }
    if (usage.footer().length > 0) {
      macro(".PP");
      macro(".nf");
      for (String line : usage.footer()) {
        text(line);
      }
      macro(".fi");
    }
    for (var child : spec.subcommands().values()) {
      command(child.getCommandSpec());
    }
  }

  /** The description is the last cell of each row. */
  private void item(String head, Text[][] rows) {
    macro(".TP");
    macro(head);
    for (Text[] row : rows) {
      text(row[row.length - 1].plainString());
    }
  }

  private void codes(CommandSpec root) {
    macro(".SH EXIT STATUS");
    root.usageMessage()
        .exitCodeList()
        .forEach((code, meaning) -> {
          macro(".TP");
          macro(".B " + code.strip());
          text(meaning);
        });
  }

  private void paragraphs(String[] lines) {
    for (String line : lines) {
      if (line.isBlank()) {
        macro(".PP");
      } else {
        text(line.replace("%n", "\n").replace("%%", "%"));
      }
    }
    macro(".PP");
  }

  private void macro(String line) {
    page.append(line).append('\n');
  }

  private void text(String text) {
    for (String line : text.split("\n", -1)) {
      // A line that begins with a dot or a quote would be a macro.
      String safe = escaped(line);
      page.append(safe.startsWith(".") || safe.startsWith("'") ? "\\&" : "")
          .append(safe)
          .append('\n');
    }
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("|@", "")
        .replaceAll("@\\|\\S+ ", "");
  }
}
