package dev.holdfast.cli.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A command as a shell completes it.
 *
 * @param chain the words that lead to it, without that of the program: empty for the program itself
 * @param summary what it does, in one line
 * @param takesFiles whether a word that is no option may be a file
 */
record CommandEntry(
    List<String> chain,
    String summary,
    List<Flag> flags,
    List<Choice> children,
    boolean takesFiles) {

  /** A word with its meaning. */
  record Choice(String word, String summary) {}

  /** What follows an option. */
  enum Value {
    NONE,
    FILE,
    /** One of a list. */
    WORD,
    /** Nothing that a shell could know. */
    OTHER
  }

  /**
   * An option.
   *
   * @param names with their hyphens, the shortest first
   * @param words the values of {@link Value#WORD}, else empty
   */
  record Flag(List<String> names, String summary, Value value, List<String> words) {}

  /** {@return the program and all commands below it, each before those below it} */
  static List<CommandEntry> all(CommandSpec root) {
    var entries = new ArrayList<CommandEntry>();
    add(root, List.of(), entries);
    return List.copyOf(entries);
  }

  private static void add(CommandSpec spec, List<String> chain, List<CommandEntry> entries) {
    var flags =
        spec.options().stream()
            .filter(option -> !option.hidden())
            .map(option -> {
              var words = new ArrayList<String>();
              if (option.completionCandidates() != null) {
                option.completionCandidates().forEach(words::add);
              }
              var value =
                  option.arity().max() == 0 || option.typeInfo().isBoolean()
                      ? Value.NONE
                      : isFile(option) ? Value.FILE : words.isEmpty() ? Value.OTHER : Value.WORD;
              var names =
                  Arrays.stream(option.names()).sorted((a, b) -> a.length() - b.length()).toList();
              return new Flag(
                  names,
                  line(option.description()),
                  value,
                  value == Value.WORD ? words : List.of());
            });
    var children = new ArrayList<Choice>();
    spec.subcommands()
        .forEach((name, line) -> children.add(new Choice(name, summary(line.getCommandSpec()))));
    boolean files = spec.positionalParameters().stream().anyMatch(CommandEntry::isFile);
    entries.add(new CommandEntry(chain, summary(spec), flags.toList(), children, files));
    spec.subcommands()
        .forEach((name, line) -> {
          var longer = new ArrayList<>(chain);
          longer.add(name);
          add(line.getCommandSpec(), List.copyOf(longer), entries);
        });
  }

  private static boolean isFile(ArgSpec argument) {
    return argument.typeInfo().getType() == Path.class
        || argument.paramLabel().contains("FILE")
        || argument.paramLabel().contains("DIR");
  }

  static String summary(CommandSpec spec) {
    var usage = spec.usageMessage();
    return line(usage.header().length > 0 ? usage.header() : usage.description());
  }

  /** The first clause, without picocli's marks. */
  private static String line(String[] description) {
    String text = description.length == 0 ? "" : description[0];
    text =
        text.replaceAll("\\$\\{[^}]*}|@\\|\\S+ |\\|@|%n|%%", " ").replaceAll("\\s+", " ").strip();
    int end = text.length();
    for (String mark : new String[] {": ", "; ", ". ", " (", ", "}) {
      int at = text.indexOf(mark, 8);
      end = at < 0 ? end : Math.min(end, at);
    }
    return text.substring(0, end).replaceAll("[.:;,]$", "");
  }

  /** {@return the words that lead to it, separated by a space, each with one before it} */
  String key() {
    var key = new StringBuilder();
    chain.forEach(word -> key.append(' ').append(word));
    return key.toString();
  }
}
