package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A word that is nearly right is answered with the right one. */
class SuggestionTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inspct x | inspct (did you mean inspect?)",
        "wacth | wacth (did you mean watch?)",
        "faults --sed 3 | --sed: must be an option of this command, was not (did you mean --seed?)",
        "debug --jsn x | --jsn: must be an option of this command, was not (did you mean --json?)",
        "demo --rung ancor | was ancor (did you mean anchor?)",
        "demo --protocol openai-caht | was openai-caht (did you mean openai-chat?)",
        "inspect --dialect openai-cht x | was openai-cht (did you mean openai-chat?)",
        "chat --base-url http://localhost --profile sglng x | was 'sglng' (did you mean sglang?)",
        "chat --base-url http://localhost --require exat x | was exat (did you mean exact?)",
        "judge --client true --case helthy | was helthy (did you mean healthy?)",
        "judge --client true --through gatway | was gatway (did you mean gateway?)",
      })
  void theNearestWordIsNamed(String arguments, String told) {
    var ran = new Cli().run(arguments.split(" "));
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains(told).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'attempts: [cut-finn@token=3]' | cut-fin",
        "'attempts: [cut-fin@tokn=3]' | token",
        "'attempts: [slow@dely=3s]' | delay",
        "'attempts: [error-event@trouble=sever]' | server",
        "'continuation: overlp:12' | overlap:12",
        "'rules: [{when: {tool-reslt: true}}]' | tool-result",
        "'atempts: [cut-fin@token=3]' | attempts"
      })
  void faultsAndKeysOfAScenarioAreNamed(String scenario, String meant) throws Exception {
    Path file = Files.writeString(temp.resolve("s.yaml"), scenario);
    var ran = new Cli().run("faults", "--scenario", file.toString());
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).endsWith(" (did you mean " + meant + "?)\n").hasLineCount(1);
  }

  @Test
  void aWordThatResemblesNothingIsOnlyRefused() {
    var ran = new Cli().run("zzzzzz");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).doesNotContain("did you mean").contains("was zzzzzz");
  }
}
