package dev.holdfast.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.Cli;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionCommandTest {
  @TempDir private Path folder;

  /** Each row: what is typed, one word that must be offered, one that must not be. */
  @ParameterizedTest
  @CsvSource({
    "'holdfast in', inspect, chat",
    "'holdfast chat --pro', --protocol, --prompt",
    "'holdfast chat --protocol ol', ollama-chat, openai-chat",
    "'holdfast journal ', verify, chat",
    "'holdfast journal show --k', --key-env, --seed",
    "'holdfast demo --rung pre', prefill, replay",
    "'holdfast completion --j', --json, --config",
  })
  void bashAndFishOfferWhatFits(String typed, String offered, String not) throws Exception {
    String program =
        """
        source "$1"
        read -ra COMP_WORDS <<<"$2"
        [[ $2 == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        compopt() { :; }
        _holdfast
        printf '%s\\n' "${COMPREPLY[@]}"
        """;
    assertThat(run("bash", "bash", "-c", program, "bash", script("bash").toString(), typed))
        .contains(offered)
        .doesNotContain(not);
    if (installed("fish")) {
      String fish = "source $argv[1]; complete -C $argv[2] | string split -f1 \\t";
      assertThat(run("fish", "fish", "--no-config", "-c", fish, script("fish").toString(), typed))
          .contains(offered)
          .doesNotContain(not);
    }
  }

  /** The functions of zsh that offer words are replaced by some that print them. */
  @ParameterizedTest
  @CsvSource({
    "'holdfast in', inspect",
    "'holdfast chat --pro', --protocol",
    "'holdfast chat --protocol ol', ollama-chat",
    "'holdfast journal ', verify",
  })
  void zshOffersWhatFits(String typed, String offered) throws Exception {
    assumeTrue(installed("zsh"), "zsh is not installed");
    String program =
        """
        compdef() { :; }
        compadd() { print -l -- "$@"; }
        _describe() { print -l -- "${(@)${(P)2}%%:*}"; }
        _message() { :; }
        _files() { :; }
        source $1
        words=(${(z)2})
        [[ $2 == *' ' ]] && words+=('')
        CURRENT=${#words}
        _holdfast
        """;
    assertThat(run("zsh", "zsh", "-f", "-c", program, "zsh", script("zsh").toString(), typed))
        .contains(offered);
  }

  /** Nothing of the table is left out: each option of each command is in each text. */
  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh", "fish", "man"})
  void everyOptionIsInEveryText(String shell) {
    String text = new Cli().run("completion", shell).out().replace("\\-", "-");
    assertThat(text).contains("simulate").contains("journal");
    for (String option : List.of("engine", "base-url", "management-port", "key-env", "frames")) {
      assertThat(text).contains(shell.equals("fish") ? "-l " + option : "--" + option);
    }
  }

  @Test
  void theManualPageIsReadWithoutAWarning() throws Exception {
    assumeTrue(installed("groff"), "groff is not installed");
    Path page = folder.resolve("holdfast.1");
    Files.writeString(page, new Cli().run("completion", "man").out());
    var printed = run("groff", "groff", "-man", "-Tutf8", "-ww", page.toString());
    assertThat(String.join("\n", printed).replaceAll(".\b", ""))
        .contains("EXIT STATUS")
        .doesNotContain("warning: ");
  }

  @Test
  void anUnknownShellIsNamed() {
    var ran = new Cli().run("completion", "tcsh");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .isEqualTo("holdfast completion: SHELL: must be one of bash, zsh, fish, man, was tcsh\n");
  }

  @Test
  void jsonHoldsTheSameText() {
    assertThat(new Cli().run("completion", "fish", "--json").out())
        .startsWith("{\"event\":\"completion\",\"shell\":\"fish\",\"text\":\"# Completes holdfast")
        .hasLineCount(1);
  }

  private Path script(String shell) throws IOException {
    Path script = folder.resolve("holdfast." + shell);
    Files.writeString(script, new Cli().run("completion", shell).out());
    return script;
  }

  private static boolean installed(String program) {
    for (String place : System.getenv("PATH").split(java.io.File.pathSeparator, -1)) {
      if (Files.isExecutable(Path.of(place, program))) {
        return true;
      }
    }
    return false;
  }

  private static List<String> run(String name, String... command) throws Exception {
    assumeTrue(installed(name), name + " is not installed");
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return out.lines().toList();
  }
}
