package dev.holdfast.cli.terminal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;

/**
 * Configures {@code java.util.logging} in the command's process: what libraries log is one line of
 * stderr without a stack trace, and what Holdfast notes, too. Needs no file, so that it also works
 * where the process has no descriptor left; the usual format reads the time zones then, and fails.
 */
public final class LibraryLog {
  private static final String PROPERTY = "java.util.logging.config.class";

  /** Reads the configuration; called by the {@link LogManager}. */
  public LibraryLog() throws IOException {
    // Lettuce repeats what the journal in Redis reports in a sentence of its own.
    String configuration =
        "handlers="
            + Lines.class.getName()
            + "\n.level=WARNING\ndev.holdfast.level=INFO\nio.lettuce.level=OFF\n";
    LogManager.getLogManager()
        .readConfiguration(
            new ByteArrayInputStream(configuration.getBytes(StandardCharsets.US_ASCII)));
  }

  /** Has the first record of this process configure it, unless the user has named another. */
  public static void use() {
    if (System.getProperty(PROPERTY) == null
        && System.getProperty("java.util.logging.config.file") == null) {
      System.setProperty(PROPERTY, LibraryLog.class.getName());
    }
  }

  /** Writes to stderr. */
  public static final class Lines extends Handler {
    /** Causes may form a ring. */
    private static final int MAX_DEPTH = 16;

    private static final Formatter MESSAGE =
        new Formatter() {
          @Override
          public String format(LogRecord record) {
            return formatMessage(record);
          }
        };

    private final PrintStream err;

    /** Made by the {@link LogManager}. */
    public Lines() {
      this(System.err);
    }

    Lines(PrintStream err) {
      this.err = err;
    }

    /** {@return one line} */
    static String line(LogRecord record) {
      var line = new StringBuilder("holdfast: ");
      int level = record.getLevel().intValue();
      line.append(
          level >= Level.SEVERE.intValue()
              ? "error: "
              : level >= Level.WARNING.intValue() ? "warning: " : "note: ");
      line.append(MESSAGE.format(record));
      int depth = 0;
      for (var cause = record.getThrown();
          cause != null && depth < MAX_DEPTH;
          cause = cause.getCause(), depth++) {
        String message = cause.getMessage();
        line.append(": ").append(message == null ? cause.getClass().getSimpleName() : message);
      }
      return SafeText.line(line.toString());
    }

    @Override
    public void publish(LogRecord record) {
      if (isLoggable(record)) {
        err.println(line(record));
      }
    }

    @Override
    public void flush() {
      err.flush();
    }

    @Override
    public void close() {
      flush();
    }
  }
}
