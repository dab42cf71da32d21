package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  /** One sentence, exit code 2, no stack trace; {@code ~} stands for a space between arguments. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no command          |                                | holdfast: COMMAND: must be
          unknown command     | dance                          | holdfast: COMMAND: must be one of demo, chat
          unknown option      | demo~--fast                    | holdfast demo: --fast: must be an option of this command
          seed no number      | demo~--seed~x                  | holdfast demo: Invalid value for option '--seed'
          demo's protocol     | demo~--protocol~grpc           | holdfast demo: --protocol: must be
          no prompt           | chat                           | holdfast chat: Missing required parameter: 'PROMPT'
          chat's protocol     | chat~--protocol~grpc~hi        | holdfast chat: --protocol: must be one of openai-chat
          no scheme           | chat~--base-url~localhost~hi   | holdfast chat: --base-url: must be an http
          other scheme        | chat~--base-url~ftp://h~hi     | holdfast chat: --base-url: must be an http
          broken address      | chat~--base-url~http://[~hi    | holdfast chat: --base-url: must be an http
          address too long    | chat~--base-url~http://h/v1/chat/completions~hi | holdfast chat: --base-url: must end before /chat/completions
          address too long, 2 | chat~--protocol~anthropic-messages~--base-url~http://h/v1/messages/~hi | holdfast chat: --base-url: must end before /messages
          missing key         | chat~hi                        | holdfast chat: OPENAI_API_KEY: must hold the key for https://api.openai.com/v1, was not set
          missing key, 2      | chat~--protocol~anthropic-messages~hi | holdfast chat: ANTHROPIC_API_KEY: must hold the key
          odd requirement     | chat~--base-url~http://h~--require~most~hi | holdfast chat: --require: must be exact, was most
          no file             | inspect                        | holdfast inspect: Missing required parameter
          unreadable file     | inspect~/no/such/file          | holdfast inspect: FILE: must be a readable file, was /no/such/file (no such file)
          a directory         | inspect~/                      | holdfast inspect: FILE: must be a readable file, was / (a directory)
          unknown dialect     | inspect~--dialect~grpc~x       | holdfast inspect: --dialect: must be
          chunk alone         | inspect~--chunk~1~x            | holdfast inspect: --chunk
          chunk of zero       | inspect~--frames~--chunk~0~x   | holdfast inspect: --chunk
          debug nothing       | debug                          | holdfast debug: Missing required parameter
          debug no file       | debug~/no/such/file            | holdfast debug: TARGET: must be an address or a readable file, was /no/such/file
          debug a directory   | debug~/                        | holdfast debug: TARGET: must be a file or an address, was /
          debug broken url    | debug~http://[                 | holdfast debug: TARGET: must be an http or https address
          header sans colon   | debug~-H~sk-secret~http://h/   | holdfast debug: -H: must be 'Name: value', had no colon
          data for a file     | debug~-d~x~/etc/hostname       | holdfast debug: TARGET: must be an http or https address where
          missing body        | debug~-d~@/no/such~http://h/   | holdfast debug: -d: must be a readable file, was /no/such
          debug's dialect     | debug~--dialect~grpc~x         | holdfast debug: --dialect: must be one of
          debug's bytes       | debug~--max-bytes~0~http://h/  | holdfast debug: --max-bytes: must be at least 1, was 0
          debug's clock       | debug~--idle~-1~http://h/      | holdfast debug: --idle: must be 0
          replay without port | replay~x                       | holdfast replay: Missing required option
          replay no file      | replay~--port~0~/no/such       | holdfast replay: FILE: must be a recording, was /no/such
          replay's speed      | replay~--port~0~--speed~-1~/etc/hostname | holdfast replay: --speed: must be 0
          chaos by a file     | faults~--chaos~--scenario~a    | holdfast faults: --chaos: must not be given with --scenario
          port too high       | faults~--port~70000            | holdfast faults: --port: must be
          nobody to judge     | judge                          | holdfast judge: --client: must be given, or --clients, was neither
          both to judge       | judge~--client~x~--clients~y   | holdfast judge: --client: must be given, or --clients, was both
          blank client        | judge~--client~                | holdfast judge: --client: must be a command, was ''
          unknown case        | judge~--client~x~--case~nope   | holdfast judge: --case: must be one of healthy,
          no case left        | judge~--client~x~--no-cancel~--case~cancel-silent | holdfast judge: --no-cancel: must leave a case, was alone with --case cancel-silent
          odd protocol        | judge~--client~x~--protocol~smtp | holdfast judge: --protocol: must be one of openai-chat,
          no lanes            | judge~--client~x~--lanes~0     | holdfast judge: --lanes: must be 1 to 64, was 0
          no limit            | judge~--client~x~--limit~0     | holdfast judge: --limit: must be 1 to 3600, was 0
          results of nobody   | judge~--client~x~--results~r   | holdfast judge: --results: must go with --clients, was without it
          no clients          | judge~--clients~/no/such       | holdfast judge: --clients: must be a readable file, was /no/such
          watch what          | watch~ftp://h                  | holdfast watch: URL: must be an http or https address, was ftp://h
          watch nobody        | watch~http://127.0.0.1:1       | holdfast watch: URL: must be a server that answers, was http://127.0.0.1:1
          demo's rung         | demo~--rung~none               | holdfast demo: --rung: must be one of all, cursor,
          nothing to simulate | simulate                       | holdfast simulate: simulate: must have one of --seeds, --seed and --report, has 0
          two simulations     | simulate~--seeds~1~--seed~1    | holdfast simulate: simulate: must have one of --seeds, --seed and --report, has 2
          no seeds            | simulate~--seeds~0             | holdfast simulate: --seeds: must be 1 to
          seeds no number     | simulate~--seeds~many          | holdfast simulate: Invalid value for option '--seeds'
          from below zero     | simulate~--seeds~1~--from~-1   | holdfast simulate: --from: must be 0 to
          no threads          | simulate~--seeds~1~--threads~0 | holdfast simulate: --threads: must be 1 to 1024, was 0
          trace alone         | simulate~--seeds~1~--trace     | holdfast simulate: --trace: must come with --seed, came alone
          ledger nowhere      | simulate~--seeds~1~--ledger~/no/such/file | holdfast simulate: --ledger: must be a file in an existing directory, was /no/such/file
          report nowhere      | simulate~--report~/no/such/file | holdfast simulate: --report: must be a file in a directory, was /no/such/file
          no scenario         | faults~--port~0~--scenario~/no/such/file | holdfast faults: --scenario: must be an existing file, was /no/such/file
          """)
  void badInputIsAnsweredWithOneSentence(String name, String line, String message) {
    var ran = new Cli().run(line == null ? new String[0] : line.split("~", -1));
    assertThat(ran.err()).startsWith(message).hasLineCount(1).doesNotContain("\tat ");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void casesThatAskToCancelCanBeLeftOut() {
    var all = new Cli().run("judge", "--list").outLines();
    var some = new Cli().run("judge", "--list", "--no-cancel").outLines();
    assertThat(all).filteredOn(line -> !line.startsWith("cancel-")).isEqualTo(some);
    assertThat(all.size()).isGreaterThan(some.size());
  }

  @Test
  void aBlankPromptIsRefusedWhereverItCameFrom() {
    var cli = new Cli().reading(" \n");
    for (String prompt : new String[] {"", "  ", "-"}) {
      var ran = cli.run("chat", "--base-url", "http://localhost", prompt);
      assertThat(ran.err()).isEqualTo("holdfast chat: PROMPT: must not be blank, was ''\n");
      assertThat(ran.code()).isEqualTo(2);
    }
  }

  @Test
  void theTextOfABadArgumentCannotSteerTheTerminal() {
    var ran = new Cli().on(Cli.TERMINAL).with("NO_COLOR", "1").run("\u001b]0;gotcha\u0007");
    assertThat(ran.err()).doesNotContain("\u001b").contains("␛]0;gotcha␇");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "demo",
        "chat",
        "inspect",
        "debug",
        "replay",
        "explain",
        "watch",
        "serve",
        "health",
        "faults",
        "judge",
        "simulate",
        "completion"
      })
  void helpListsTheExitCodes(String command) {
    var ran = command.isEmpty() ? new Cli().run("--help") : new Cli().run(command, "--help");
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("Exit codes:").contains("--help").contains("--version");
    assertThat(ran.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "chat",
        "inspect",
        "debug",
        "replay",
        "explain",
        "watch",
        "serve",
        "health",
        "faults",
        "judge",
        "simulate",
        "completion"
      })
  void everyCommandSpeaksJson(String command) {
    assertThat(new Cli().run(command, "--help").out()).contains("--json");
  }

  /** Only the command that is named is built; the list of all is built for the help. */
  @Test
  void aCommandIsFoundByItsOwnName() {
    assertThat(Main.COMMANDS.keySet())
        .allSatisfy(name ->
            assertThat(new Cli().run(name, "--help").out())
                .contains("Usage: holdfast " + name + " "));
    assertThat(new Cli().run("--help").out()).contains(Main.COMMANDS.keySet());
  }

  @Test
  void printsItsVersion() {
    var ran = new Cli().run("--version");
    assertThat(ran.out()).startsWith("holdfast ");
    assertThat(ran.code()).isZero();
  }

  @Test
  void coloursAreForTerminalsThatWantThem() {
    assertThat(new Cli().on(Cli.TERMINAL).run("--help").out()).contains("\u001b[");
    assertThat(new Cli().run("--help").out()).doesNotContain("\u001b");
    assertThat(new Cli().on(Cli.TERMINAL).with("NO_COLOR", "1").run("--help").out())
        .doesNotContain("\u001b");
    assertThat(new Cli().on(Cli.TERMINAL).with("NO_COLOR", "").run("--help").out())
        .contains("\u001b[");
    assertThat(new Cli().on(Cli.TERMINAL).with("TERM", "dumb").run("--help").out())
        .doesNotContain("\u001b");
  }

  @Test
  void aReaderThatLeavesEndsTheCommandQuietly() {
    var err = new ByteArrayOutputStream();
    var closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    var terminal =
        new Terminal(
            InputStream.nullInputStream(),
            closed,
            err,
            Terminal.Screen.NONE,
            Map.of("HOLDFAST_UNPACED", "1"));
    assertThat(Main.run(terminal, "demo")).isEqualTo(Exit.OUTPUT_CLOSED);
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
  }
}
