package dev.holdfast.cli.shell;

import dev.holdfast.cli.shell.CommandEntry.Flag;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Completion scripts for three shells, all from the same entries. */
final class Completions {
  private final List<CommandEntry> entries;

  Completions(List<CommandEntry> entries) {
    this.entries = entries;
  }

  /** {@return a script to be sourced by bash 4 or later} */
  String bash() {
    var script =
        new StringBuilder(
            """
            # Completes holdfast in bash; made by: holdfast completion bash
            _holdfast() {
              local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} chain= i
              COMPREPLY=()
              # bash splits --option=value at the sign.
              if [[ $cur == = ]]; then
                cur=
              elif [[ $prev == = ]]; then
                prev=${COMP_WORDS[COMP_CWORD - 2]}
              fi
              for ((i = 1; i < COMP_CWORD; i++)); do
                case "$chain ${COMP_WORDS[i]}" in
            """);
    script.append("      ").append(chains()).append(") chain=\"$chain ${COMP_WORDS[i]}\" ;;\n");
    script.append(
        """
            esac
          done
          case "$chain|$prev" in
        """);
    for (CommandEntry entry : entries) {
      for (Flag flag : entry.flags()) {
        String pattern = patterns(entry, flag);
        switch (flag.value()) {
          case NONE -> {}
          case FILE ->
              script
                  .append("    ")
                  .append(pattern)
                  .append(") compopt -o filenames; ")
                  .append("mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n");
          case WORD ->
              script
                  .append("    ")
                  .append(pattern)
                  .append(") mapfile -t COMPREPLY < <(compgen -W '")
                  .append(String.join(" ", flag.words()))
                  .append("' -- \"$cur\"); return ;;\n");
          case OTHER -> script.append("    ").append(pattern).append(") return ;;\n");
        }
      }
    }
    script.append("  esac\n  local words= files=\n  case \"$chain\" in\n");
    for (CommandEntry entry : entries) {
      script
          .append("    '")
          .append(entry.key())
          .append("') words='")
          .append(words(entry))
          .append("'");
      script.append(entry.takesFiles() ? " files=1 ;;\n" : " ;;\n");
    }
    script.append(
        """
          esac
          mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
          if [[ -n $files && $cur != -* ]]; then
            compopt -o filenames
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
          fi
        }
        complete -F _holdfast holdfast
        """);
    return script.toString();
  }

  /** {@return a function file for zsh, {@code _holdfast} on its fpath} */
  String zsh() {
    var script =
        new StringBuilder(
            """
            #compdef holdfast
            # Completes holdfast in zsh; made by: holdfast completion zsh
            _holdfast() {
              local chain= i
              local -a choices
              for ((i = 2; i < CURRENT; i++)); do
                case "$chain ${words[i]}" in
            """);
    script.append("      ").append(chains()).append(") chain=\"$chain ${words[i]}\" ;;\n");
    script.append(
        """
            esac
          done
          case "$chain|${words[CURRENT - 1]}" in
        """);
    for (CommandEntry entry : entries) {
      for (Flag flag : entry.flags()) {
        String pattern = patterns(entry, flag);
        switch (flag.value()) {
          case NONE -> {}
          case FILE -> script.append("    ").append(pattern).append(") _files; return ;;\n");
          case WORD ->
              script
                  .append("    ")
                  .append(pattern)
                  .append(") compadd -- ")
                  .append(String.join(" ", flag.words()))
                  .append("; return ;;\n");
          case OTHER ->
              script
                  .append("    ")
                  .append(pattern)
                  .append(") _message ")
                  .append(quoted(flag.summary()))
                  .append("; return ;;\n");
        }
      }
    }
    script.append("  esac\n  case \"$chain\" in\n");
    for (CommandEntry entry : entries) {
      String choices =
          Stream.concat(
                  entry.children().stream().map(c -> c.word() + ":" + c.summary()),
                  entry.flags().stream()
                      .flatMap(f -> f.names().stream().map(name -> name + ":" + f.summary())))
              .map(Completions::quoted)
              .collect(Collectors.joining("\n        "));
      script
          .append("    '")
          .append(entry.key())
          .append("')\n      choices=(\n        ")
          .append(choices)
          .append("\n      )\n      ")
          .append(entry.takesFiles() ? "_files\n      ;;\n" : ";;\n");
    }
    script.append(
        """
          esac
          _describe holdfast choices
        }
        if [[ $funcstack[1] == _holdfast ]]; then
          _holdfast "$@"
        else
          compdef _holdfast holdfast
        fi
        """);
    return script.toString();
  }

  /** {@return a script for fish's completions directory} */
  String fish() {
    var script =
        new StringBuilder(
            """
            # Completes holdfast in fish; made by: holdfast completion fish
            function __holdfast_at
                set -l chain
                for word in (commandline -opc)[2..-1]
                    switch "$chain $word"
            """);
    script.append("            case ").append(chains().replace('|', ' '));
    script.append(
        """

                        set chain "$chain $word"
                end
            end
            test "$chain" = "$argv[1]"
        end
        complete -c holdfast -f
        """);
    for (CommandEntry entry : entries) {
      String at = "complete -c holdfast -n '__holdfast_at \"" + entry.key() + "\"'";
      for (var child : entry.children()) {
        script
            .append(at)
            .append(" -a ")
            .append(child.word())
            .append(" -d ")
            .append(quoted(child.summary()))
            .append('\n');
      }
      for (Flag flag : entry.flags()) {
        script.append(at);
        for (String name : flag.names()) {
          script.append(
              name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
        }
        script.append(
            switch (flag.value()) {
              case NONE -> "";
              case FILE -> " -r -F";
              case WORD -> " -x -a '" + String.join(" ", flag.words()) + "'";
              case OTHER -> " -x";
            });
        script.append(" -d ").append(quoted(flag.summary())).append('\n');
      }
      if (entry.takesFiles()) {
        script.append(at).append(" -F\n");
      }
    }
    return script.toString();
  }

  /** As the pattern of a case: every chain of commands that there is. */
  private String chains() {
    return entries.stream()
        .filter(entry -> !entry.chain().isEmpty())
        .map(entry -> "'" + entry.key() + "'")
        .collect(Collectors.joining("|"));
  }

  private static String patterns(CommandEntry entry, Flag flag) {
    return flag.names().stream()
        .map(name -> "'" + entry.key() + "|" + name + "'")
        .collect(Collectors.joining("|"));
  }

  private static String words(CommandEntry entry) {
    return Stream.concat(
            entry.children().stream().map(CommandEntry.Choice::word),
            entry.flags().stream().flatMap(flag -> flag.names().stream()))
        .collect(Collectors.joining(" "));
  }

  /** In single quotes, which no text may end. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "’") + "'";
  }
}
