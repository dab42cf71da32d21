package dev.holdfast.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class LibraryLogTest {
  @Test
  void aRecordIsOneLineWithItsCausesAndWithoutAStackTrace() {
    var record = new LogRecord(Level.WARNING, "cannot accept {0}");
    record.setParameters(new Object[] {"a client"});
    record.setThrown(new IllegalStateException("no channel", new IOException("Too many\nfiles")));
    var bytes = new ByteArrayOutputStream();
    var lines = new LibraryLog.Lines(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    lines.publish(record);
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .singleElement()
        .asString()
        .startsWith("holdfast: warning: cannot accept a client: no channel: Too many")
        .endsWith("files");
  }

  @Test
  void anErrorIsNamedSo() {
    var record = new LogRecord(Level.SEVERE, "broken");
    record.setThrown(new StackOverflowError());
    assertThat(LibraryLog.Lines.line(record))
        .isEqualTo("holdfast: error: broken: StackOverflowError");
  }

  /** As that Redis answers again, which docs/cluster.md promises. */
  @Test
  void whatHoldfastNotesIsShownAndWhatLibrariesNoteIsNot() throws IOException {
    try {
      var unused = new LibraryLog();
      assertThat(Logger.getLogger("dev.holdfast.gateway").isLoggable(Level.INFO)).isTrue();
      assertThat(Logger.getLogger("io.netty").isLoggable(Level.INFO)).isFalse();
      assertThat(Logger.getLogger("io.netty").isLoggable(Level.WARNING)).isTrue();
      assertThat(Logger.getLogger("io.lettuce.core").isLoggable(Level.SEVERE)).isFalse();
    } finally {
      LogManager.getLogManager().reset();
      LogManager.getLogManager().readConfiguration();
    }
    assertThat(LibraryLog.Lines.line(new LogRecord(Level.INFO, "Redis answers again")))
        .isEqualTo("holdfast: note: Redis answers again");
  }

  @Test
  void aRingOfCausesEnds() {
    var first = new IllegalStateException("first");
    first.initCause(new IllegalStateException("second", first));
    var record = new LogRecord(Level.WARNING, "broken");
    record.setThrown(first);
    assertThat(LibraryLog.Lines.line(record))
        .startsWith("holdfast: warning: broken: first: second");
  }
}
