package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.EmbeddedJournal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on the files of a journal. */
class JournalCommandTest {
  private static final StreamId ID = new StreamId(1, 2);
  private static final String TEXT = "00000000000000010000000000000002";
  private static final Journal.Receipt RECEIPT =
      new Journal.Receipt() {
        @Override
        public void onStored(JournalOffset tail) {}

        @Override
        public void onRefused(JournalRefusal refusal) {
          throw new AssertionError(refusal.toString());
        }
      };

  @TempDir private Path temp;
  private final Cli cli = new Cli();
  private String folder = "";

  @BeforeEach
  void write() throws IOException {
    folder = temp.resolve("journal").toString();
    try (var journal = EmbeddedJournal.at(Path.of(folder)).shards(1).open()) {
      journal.create(
          new NewStream(
              ID, 1, bytes("owner".getBytes(StandardCharsets.UTF_8)), Duration.ZERO, false),
          RECEIPT);
      var entries =
          List.of(
              new JournalEntry(1, bytes("Hello\u001b[2J".getBytes(StandardCharsets.UTF_8))),
              new JournalEntry(2, bytes(new byte[] {(byte) 0xff, 0})));
      var end = Optional.of(new JournalEnd(JournalEnd.Kind.TRUNCATED, "idle-timeout"));
      journal.append(ID, new JournalBatch(1, 0, entries, end), RECEIPT);
    }
  }

  private static ByteBuffer bytes(byte[] bytes) {
    return ByteBuffer.wrap(bytes);
  }

  @Test
  void lsListsStreams() {
    var ran = cli.run("journal", "ls", folder);
    assertThat(ran.code()).isZero();
    assertThat(ran.outLines()).hasSize(2);
    assertThat(ran.outLines().getLast()).startsWith(TEXT + "  truncated").endsWith("never");
    var line = Cli.object(cli.run("journal", "ls", "--json", folder).outLines().getFirst());
    assertThat(line.text("state")).isEqualTo("truncated");
    assertThat(line.text("detail")).isEqualTo("idle-timeout");
    assertThat(line.text("metadata")).isEqualTo("owner");
  }

  @Test
  void showShowsEntriesAfterAnOffsetAndSteersNoTerminal() {
    var ran = cli.run("journal", "show", folder, TEXT);
    assertThat(ran.code()).isZero();
    assertThat(ran.outLines()).hasSize(4);
    assertThat(ran.out())
        .contains("Hello")
        .doesNotContain("\u001b")
        .contains("2 bytes that are no");
    String offset = ran.outLines().get(2).split(" ", 2)[0];
    var after = cli.run("journal", "show", "--after", offset, "--json", folder, TEXT);
    assertThat(after.outLines()).hasSize(2);
    assertThat(Cli.object(after.outLines().getLast()).text("payload_base64")).isEqualTo("/wA=");
  }

  @Test
  void exportWritesEverything() {
    var ran = cli.run("journal", "export", folder);
    assertThat(ran.code()).isZero();
    assertThat(ran.outLines())
        .extracting(line -> Cli.object(line).text("event"))
        .containsExactly("stream", "entry", "entry");
    assertThat(cli.run("journal", "export", "--stream", TEXT, folder)).isEqualTo(ran);
  }

  @Test
  void verifyNamesFileByteAndDamage() throws IOException {
    var ran = cli.run("journal", "verify", folder);
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("undamaged: 1 segment, ").contains(" 1 stream\n");
    var segment = Path.of(folder, "shard-00", "0000000000000001.seg");
    byte[] damaged = Files.readAllBytes(segment);
    damaged[250] ^= 4;
    Files.write(segment, damaged);
    ran = cli.run("journal", "verify", folder);
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out())
        .contains("damage  shard-00/0000000000000001.seg, byte 192: a record that does not match")
        .contains("damaged in 1 place: 1 segment, ");
    var line = Cli.object(cli.run("journal", "verify", "--json", folder).outLines().getFirst());
    assertThat(line.text("event")).isEqualTo("damage");
    assertThat(line.text("file")).isEqualTo("shard-00/0000000000000001.seg");
  }

  @Test
  void badInputIsNamed() throws IOException {
    Files.createDirectory(temp.resolve("empty"));
    String empty = temp.resolve("empty").toString();
    assertBad("must be the directory of a journal, was /no/such (no such", "ls", "/no/such");
    assertBad("must be the directory of a journal, was " + empty, "verify", empty);
    String file = Files.createFile(temp.resolve("a.seg")).toString();
    assertBad("must be the directory of a journal, was " + file + " (a file)", "ls", file);
    assertBad("ID: must have 32 hexadecimal digits, was xyz", "show", folder, "xyz");
    assertBad("ID: must be a stream of the journal", "show", folder, "0".repeat(32));
    assertBad(
        "--after: must be an offset of this stream, was 7", "show", "--after", "7", folder, TEXT);
    assertBad("--stream: must be a stream", "export", "--stream", "0".repeat(32), folder);
    assertBad("--key-env: must name a variable", "ls", "--key-env", "NONE", folder);
    assertBad("COMMAND: must be one of ls, show, verify, export, was missing");
  }

  private void assertBad(String sentence, String... arguments) {
    var line = new ArrayList<>(List.of("journal"));
    line.addAll(List.of(arguments));
    var ran = cli.run(line.toArray(String[]::new));
    assertThat(ran.code()).as(sentence).isEqualTo(2);
    assertThat(ran.err()).contains(sentence);
  }
}
