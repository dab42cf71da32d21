package dev.holdfast.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command around {@link Inspection}, which has a test of its own. */
class InspectCommandTest {
  private static final String CHAT =
      """
      data: {"choices":[{"index":0,"delta":{"content":"a\\u001bb"},"finish_reason":null}]}

      data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  @TempDir private Path temp;
  private final Cli cli = new Cli();

  @Test
  void printsOneJsonLinePerFileInTheOrderGiven() throws IOException {
    Path whole = write("whole.sse", CHAT);
    Path cut =
        write(
            "cut.sse",
            CHAT.substring(0, CHAT.indexOf("data: {\"choices\":[{\"index\":0,\"delta\":{}")));
    var ran = cli.run("inspect", whole.toString(), cut.toString());
    assertThat(ran.code()).isZero();
    var lines = ran.outLines().stream().map(line -> Cli.object(line)).toList();
    assertThat(lines)
        .extracting(line -> line.text("verdict"))
        .containsExactly("COMPLETE", "TRUNCATED");
    assertThat(lines)
        .extracting(line -> line.text("file"))
        .containsExactly(whole.toString(), cut.toString());
    assertThat(cli.run("inspect", "--json", whole.toString(), cut.toString())).isEqualTo(ran);
  }

  @Test
  void aFileThatCannotBeReadDoesNotHideTheOthers() throws IOException {
    Path whole = write("whole.sse", CHAT);
    var ran = cli.run("inspect", "/no/such/file", whole.toString(), "/");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.outLines()).hasSize(1);
    assertThat(ran.err()).hasLineCount(2).contains("/no/such/file").contains("was / (a directory)");
  }

  @Test
  void framesShowsTheStandardsViewAtAnyChunkSize() throws IOException {
    Path file = write("whole.sse", "retry: 70\n" + CHAT);
    var ran = cli.run("inspect", "--frames", file.toString());
    assertThat(ran.outLines()).hasSize(4);
    assertThat(ran.outLines().getLast()).contains("\"retry\":70").contains("\"frames\":3");
    assertThat(cli.run("inspect", "--frames", "--chunk", "1", file.toString())).isEqualTo(ran);
  }

  @Test
  void aLineOnATerminalCannotSteerIt() throws IOException {
    Path file = write("odd.sse", "data: \u202e\u009b31m\n\n");
    String shown = cli.on(Cli.TERMINAL).run("inspect", "--frames", file.toString()).out();
    assertThat(shown).contains("\\u202e\\u009b31m").doesNotContain("\u202e");
    assertThat(Cli.object(shown.lines().toList().getFirst()).text("data"))
        .isEqualTo("\u202e\u009b31m");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(temp.resolve(name), text);
  }
}
