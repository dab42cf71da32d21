package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.terminal.Exit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk that is full, a pipe that nobody reads, a stdin that is none, and files without an end.
 */
@Tag("slow")
class HostileStreamsTest {
  private static final String ANSWER =
      """
      data: {"choices":[{"index":0,"delta":{"content":"Good day."},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  /** A command line for each command that comes to an end by itself. */
  private static final String COMMANDS =
      """
      --help
      --version
      demo --seed 1
      demo --seed 1 --json
      inspect FILE
      inspect --frames FILE
      debug FILE
      debug --json FILE
      explain
      explain --json
      explain idle-timeout
      explain socket hang up
      judge --list
      simulate --seed 1
      simulate --seeds 2 --threads 1
      watch --once --for 1
      chat --help
      replay --help
      faults --help
      """;

  @TempDir private Path temp;

  private String answer() throws IOException {
    return Files.writeString(temp.resolve("answer.sse"), ANSWER).toString();
  }

  private static Cli.Ran run(Cli cli, String line, String file) {
    return cli.with("HOLDFAST_UNPACED", "1")
        .run(
            Arrays.stream(line.split(" "))
                .map(w -> w.equals("FILE") ? file : w)
                .toArray(String[]::new));
  }

  @Test
  void aFullDiskIsASentenceAndCode2InEveryCommand() throws IOException {
    String file = answer();
    for (String line : COMMANDS.lines().toList()) {
      var ran = run(new Cli().failingAfter(-1, "No space left on device"), line, file);
      assertThat(ran.code()).as(line).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err())
          .as(line)
          .contains("holdfast: stdout: must be writable, was not (No space left on device)\n")
          .doesNotContain("defect");
    }
  }

  @Test
  void aDiskThatIsFullInTheMiddleIsReportedToo() throws IOException {
    var ran = run(new Cli().failingAfter(200, "No space left on device"), "explain", answer());
    assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.out().length()).isGreaterThan(100);
  }

  @Test
  void aClosedPipeStaysSilentInEveryCommand() throws IOException {
    String file = answer();
    for (String line :
        COMMANDS.lines().filter(l -> !l.contains("--help") && !l.contains("--version")).toList()) {
      var ran = run(new Cli().readUntil(-1), line, file);
      assertThat(ran.code()).as(line).isEqualTo(Exit.OUTPUT_CLOSED);
      assertThat(ran.err()).as(line).doesNotContain("stdout:").doesNotContain("defect");
    }
  }

  @Test
  void aFullDiskEndsTheServersToo() throws IOException {
    for (String line : List.of("faults --port 0", "watch --web --port 0 --for 1")) {
      var ran = run(new Cli().failingAfter(-1, "No space left on device"), line, answer());
      assertThat(ran.code()).as(line).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err()).as(line).contains("stdout: must be writable");
    }
  }

  private static InputStream failing(String message) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException(message);
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        return read();
      }
    };
  }

  private static final InputStream ENDLESS =
      new InputStream() {
        @Override
        public int read() {
          return 0;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
          Arrays.fill(bytes, offset, offset + length, (byte) 0);
          return length;
        }
      };

  @ParameterizedTest
  @ValueSource(strings = {"chat -", "explain -", "debug -", "debug http://127.0.0.1:9/ -d @-"})
  void aStdinThatCannotBeReadIsASentence(String line) {
    for (String message : List.of("Bad file descriptor", "Is a directory")) {
      var ran = run(new Cli().reading(failing(message)), line, "");
      assertThat(ran.code()).as(line).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err())
          .as(line)
          .doesNotContain("defect")
          .contains(message.startsWith("Is") ? "(a directory)" : "(it is closed)");
      assertThat(ran.err().lines()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"chat -", "explain -", "debug http://127.0.0.1:9/ -d @-"})
  void aStdinWithoutAnEndIsNotReadToItsEnd(String line) {
    var ran = run(new Cli().reading(ENDLESS), line, "");
    assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("must be at most 64 MiB, was -, which is longer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "faults --port 0 --scenario FILE",
        "debug http://127.0.0.1:9/ -d @FILE",
        "judge --clients FILE",
        "simulate --seeds 1 --ledger FILE"
      })
  void aFileWithoutAnEndIsNotReadToItsEnd(String line) {
    assumeTrue(Files.exists(Path.of("/dev/zero")), "there is no /dev/zero");
    var ran = run(new Cli(), line.replace("@FILE", "@/dev/zero"), "/dev/zero");
    assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("must be at most").contains("/dev/zero, which is longer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inspect FILE",
        "debug FILE",
        "replay --port 0 FILE",
        "faults --port 0 --scenario FILE",
        "debug http://127.0.0.1:9/ -d @FILE",
        "judge --clients FILE",
        "simulate --seeds 1 --ledger FILE",
        "debug http://127.0.0.1:9/ --html FILE",
        "debug http://127.0.0.1:9/ --save FILE"
      })
  void aDirectoryInPlaceOfAFileIsASentence(String line) {
    var ran = run(new Cli(), line.replace("@FILE", "@" + temp), temp.toString());
    assertThat(ran.code()).as(line).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("must").doesNotContain("defect");
    assertThat(ran.err().lines()).hasSize(1);
  }
}
