package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.stream.StreamEvent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SinksTest {
  private static final long SEED = Long.getLong("holdfast.seed", 20261120L);

  private static String drain(TextSink sink) throws IOException {
    return drain(sink.reader());
  }

  private static String drain(Reader reader) throws IOException {
    var whole = new StringWriter();
    try (reader) {
      long unused = reader.transferTo(whole);
    }
    return whole.toString();
  }

  /** Random text in random pieces, surrogate halves and lone ones included. */
  private static String feed(TextSink sink, int pieces) throws IOException {
    var random = new SplittableRandom(SEED);
    var expected = new StringBuilder();
    for (int i = 0; i < pieces; i++) {
      var piece = new StringBuilder();
      int length = random.nextInt(1, 3000);
      for (int c = 0; c < length; c++) {
        piece.append(
            (char) (random.nextInt(8) == 0 ? random.nextInt(0xd800, 0xe000) : 'a' + c % 26));
      }
      sink.append(piece.toString());
      expected.append(piece);
    }
    sink.finish();
    return expected.toString();
  }

  @Nested
  final class SharedWithAMachine {
    private final StringBuilder machine = new StringBuilder();

    private void deliver(DeliveredText kept, String text) throws IOException {
      machine.append(text);
      hand(kept, text);
    }

    private static void hand(DeliveredText kept, String text) throws IOException {
      kept.take(new StreamEvent.TextDelta(0, text));
    }

    @Test
    void onlyWhatWasHandedOutIsRead() throws Exception {
      var kept = new DeliveredText(null, 100, machine);
      machine.append("handed out, and not yet");
      hand(kept, "handed out");
      kept.finish();
      assertThat(kept.text()).isEqualTo("handed out");
      assertThat(drain(kept.textReader())).isEqualTo("handed out");
    }

    @Test
    void whatTheMachineLeavesIsContinued() throws Exception {
      var kept = new DeliveredText(null, 100, machine);
      deliver(kept, "kept by both, ");
      hand(kept, "then by one, ");
      hand(kept, "to the end");
      kept.finish();
      assertThat(kept.text()).isEqualTo("kept by both, then by one, to the end");
      assertThat(machine.toString()).isEqualTo("kept by both, ");
    }

    @Test
    void textPastTheLimitGoesToAFileAsAWhole() throws Exception {
      var kept = new DeliveredText(null, 8, machine);
      deliver(kept, "12345678");
      assertThat(kept.isInMemory()).isTrue();
      deliver(kept, "9");
      deliver(kept, "0");
      kept.finish();
      assertThat(kept.isInMemory()).isFalse();
      assertThat(drain(kept.textReader())).isEqualTo("1234567890");
      assertThat(kept.partialText()).isEqualTo("12345678");
      kept.close();
    }

    @Test
    void aSinkOfTheCallersReceivesEachPieceOnce() throws Exception {
      var pieces = new ArrayList<String>();
      var sink =
          new TextSink() {
            @Override
            public void append(String text) {
              pieces.add(text);
            }

            @Override
            public Reader reader() {
              return new StringReader(String.join("", pieces));
            }

            @Override
            public void close() {}
          };
      var kept = new DeliveredText(() -> sink, 100, machine);
      deliver(kept, "a");
      deliver(kept, "b");
      assertThat(pieces).containsExactly("a", "b");
      assertThat(kept.text()).isEqualTo("ab");
    }
  }

  @Nested
  final class Memory {
    @Test
    void textUpToTheLimitIsKeptAndMoreIsRefused() throws Exception {
      var sink = new MemorySink(3);
      sink.append("abc");
      assertThatThrownBy(() -> sink.append("d")).hasMessage("memory sink: at most 3 characters");
      sink.close();
      assertThat(drain(sink)).isEqualTo("abc");
    }
  }

  @Nested
  final class Spilling {
    @TempDir Path directory = Path.of("");

    @Test
    void textWithinTheLimitNeverTouchesTheDisk() throws Exception {
      var sink = new SpillingSink(4, Path.of("/nowhere/at/all"));
      sink.append("ab");
      sink.append("cd");
      sink.finish();
      sink.close();
      assertThat(drain(sink)).isEqualTo("abcd");
    }

    @Test
    void everyUnitSurvivesTheFile() throws Exception {
      try (var sink = new SpillingSink(100, directory)) {
        String expected = feed(sink, 50);
        assertThat(drain(sink).equals(expected)).as("seed -Dholdfast.seed=%d", SEED).isTrue();
        assertThat(drain(sink).equals(expected)).as("a second reader").isTrue();
      }
    }

    @Test
    void closingLeavesNothingBehind() throws Exception {
      var sink = new SpillingSink(1, directory);
      sink.append("spilled");
      var reader = sink.reader();
      sink.close();
      sink.close();
      try (var left = Files.list(directory)) {
        assertThat(left).isEmpty();
      }
      assertThatThrownBy(reader::read).isInstanceOf(IOException.class);
      assertThatThrownBy(sink::reader).isInstanceOf(IOException.class);
    }

    @Test
    void anInterruptedWriterLosesNothing() throws Exception {
      try (var sink = new SpillingSink(1, directory)) {
        sink.append("before ");
        Thread.currentThread().interrupt();
        sink.append("after");
        sink.finish();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(drain(sink)).isEqualTo("before after");
      }
    }

    @ParameterizedTest(name = "{0} bytes of room")
    @ValueSource(ints = {0, 1, 2, 9, 100, 16_384, 16_385, 20_000, 32_768, 40_001, 65_536})
    void onAFullDiskAllThatWasTakenCanBeReadAndNothingElse(int room) throws Exception {
      for (int piece : new int[] {1, 7, 5_000, 30_000}) {
        var sink = new SpillingSink(10, directory, where -> fullAfter(room));
        var taken = new StringBuilder();
        boolean refused = false;
        for (int i = 0; i < 60_000 / piece + 2 && !refused; i++) {
          String text = Character.toString('a' + i % 26).repeat(piece);
          try {
            sink.append(text);
            taken.append(text);
          } catch (IOException e) {
            refused = true;
          }
        }
        assertThat(refused).as("the disk is full").isTrue();
        assertThat(drain(sink)).isEqualTo(taken.toString());
        assertThatThrownBy(() -> sink.append("more")).isInstanceOf(IOException.class);
        assertThatThrownBy(sink::finish).isInstanceOf(IOException.class);
        assertThat(drain(sink)).as("a second reader").isEqualTo(taken.toString());
        sink.close();
      }
    }

    @Test
    void aDiskThatIsFullAtTheLastBytesIsReportedAtTheEnd() throws Exception {
      var sink = new SpillingSink(1, directory, where -> fullAfter(4));
      sink.append("three");
      assertThatThrownBy(sink::finish).isInstanceOf(IOException.class);
      assertThat(drain(sink)).isEqualTo("three");
      sink.close();
    }

    /** A file of which {@code room} bytes fit on the disk; a write may leave a part of itself. */
    private SpillingSink.SpillFile fullAfter(int room) throws IOException {
      Path path = Files.createTempFile(directory, "full", ".text");
      var file =
          new RandomAccessFile(path.toFile(), "rw") {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
              int fits = (int) Math.max(0, Math.min(length, room - getFilePointer()));
              super.write(bytes, offset, fits);
              if (fits < length) {
                throw new IOException("No space left on device");
              }
            }
          };
      return new SpillingSink.SpillFile(path, file, true);
    }

    @Test
    void aDirectoryThatIsNoneIsAnIoException() {
      var sink = new SpillingSink(1, Path.of("/nowhere/at/all"));
      assertThatThrownBy(() -> sink.append("spilled")).isInstanceOf(IOException.class);
    }
  }

  @Nested
  final class Jdbc {
    private static final String TABLE =
        "CREATE TABLE holdfast_text (stream_id VARCHAR(128) NOT NULL, seq INTEGER NOT NULL,"
            + " chunk VARCHAR(1000) NOT NULL, PRIMARY KEY (stream_id, seq))";

    private final JdbcConnectionPool database =
        JdbcConnectionPool.create("jdbc:h2:mem:sinks;DB_CLOSE_DELAY=-1", "sa", "");

    @BeforeEach
    void createTable() throws SQLException {
      try (var connection = database.getConnection();
          var statement = connection.createStatement()) {
        boolean unused = statement.execute(TABLE);
      }
    }

    @AfterEach
    void dropDatabase() throws SQLException {
      try (var connection = database.getConnection();
          var statement = connection.createStatement()) {
        boolean unused = statement.execute("SHUTDOWN");
      }
      database.dispose();
    }

    @Test
    void textComesBackInOrderAcrossPages() throws Exception {
      var sink = new JdbcSink(database, "holdfast_text", "one");
      var expected = new StringBuilder();
      for (int i = 0; i < 300; i++) {
        String piece = "piece %d \uD83D\uDE00 ".formatted(i).repeat(i % 60);
        sink.append(piece);
        expected.append(piece);
      }
      sink.finish();
      sink.close();
      assertThat(expected.length()).isGreaterThan(100_000);
      assertThat(drain(sink)).isEqualTo(expected.toString());
      assertThat(database.getActiveConnections()).isZero();
    }

    @Test
    void streamsDoNotMix() throws Exception {
      var one = new JdbcSink(database, "holdfast_text", "one");
      var two = new JdbcSink(database, "holdfast_text", "two");
      one.append("first");
      two.append("second");
      one.finish();
      two.finish();
      assertThat(drain(one)).isEqualTo("first");
      assertThat(drain(two)).isEqualTo("second");
    }

    @Test
    void aRowNeverHoldsHalfAPair() throws Exception {
      var sink = new JdbcSink(database, "holdfast_text", "one");
      sink.append("x".repeat(999) + "\uD83D\uDE00" + "y");
      sink.finish();
      try (var connection = database.getConnection();
          var statement = connection.createStatement();
          var rows = statement.executeQuery("SELECT chunk FROM holdfast_text ORDER BY seq")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("x".repeat(999));
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("\uD83D\uDE00y");
      }
    }

    @Test
    void aMissingTableIsAnIoExceptionThatNamesIt() {
      var sink = new JdbcSink(database, "elsewhere", "one");
      assertThatThrownBy(() -> sink.append("x".repeat(2000)))
          .isInstanceOf(IOException.class)
          .hasMessage("table elsewhere: the database refused a row");
    }

    @Test
    void whatWasTakenBeforeARefusedRowCanBeRead() throws Exception {
      for (int full : new int[] {0, 1, 2}) {
        var sink = new JdbcSink(refusingAfter(full), "holdfast_text", "refused " + full);
        var taken = new StringBuilder();
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < 10; i++) {
                    String text = Character.toString('a' + i).repeat(700);
                    sink.append(text);
                    taken.append(text);
                  }
                })
            .isInstanceOf(IOException.class);
        assertThat(drain(sink)).isEqualTo(taken.toString());
      }
    }

    /** A database that lends a connection for so many writes, and afterwards for reading only. */
    private DataSource refusingAfter(int writes) {
      var left = new AtomicInteger(writes);
      return (DataSource)
          Proxy.newProxyInstance(
              DataSource.class.getClassLoader(),
              new Class<?>[] {DataSource.class},
              (proxy, method, arguments) -> {
                var connection = database.getConnection();
                return connectionOf(connection, left);
              });
    }

    private static Connection connectionOf(Connection real, AtomicInteger left) {
      return (Connection)
          Proxy.newProxyInstance(
              Connection.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("prepareStatement")
                    && ((String) arguments[0]).startsWith("INSERT")
                    && left.getAndDecrement() <= 0) {
                  throw new SQLException("disk full");
                }
                return method.invoke(real, arguments);
              });
    }

    @Test
    void aTableNameThatIsNoneIsRefused() {
      assertThatThrownBy(() -> new JdbcSink(database, "t; DROP TABLE x", "one"))
          .hasMessage("table: must be a plain name, was t; DROP TABLE x");
    }
  }
}
