package dev.holdfast.cli.terminal;

import dev.holdfast.core.guard.Redactor;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The process around a command: its three streams, its environment, and what is known about the
 * screen. Tests make their own. Text goes out as UTF-8 in every locale.
 */
public final class Terminal {
  /** Variables that hold what must not be shown. */
  private static final Pattern KEY =
      Pattern.compile("(?i).*(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|AUTHORIZATION)");

  /** Of a start script that cannot find out which streams are terminals, as on Windows. */
  private static final String DETECT = "detect";

  private static final long GRACE_SECONDS = Long.getLong("holdfast.grace-seconds", 1);

  private final InputStream in;
  private final FailureNote sink;
  private final PrintStream out;
  private final PrintStream err;
  private final Screen screen;
  private final Map<String, String> environment;
  private final Redactor redactor;

  /**
   * What the streams are connected to.
   *
   * @param out whether stdout is a terminal
   * @param err whether stderr is a terminal
   * @param columns the width of the terminal, at least 40 columns
   * @param unicode whether glyphs beyond ASCII can be expected to show
   */
  public record Screen(boolean out, boolean err, int columns, boolean unicode) {
    /** No terminal at all: plain text, 80 columns, UTF-8. */
    public static final Screen NONE = new Screen(false, false, 80, true);

    public Screen {
      columns = Math.max(40, columns);
    }

    /** {@return what the start script found out, or safe guesses where java was started bare} */
    private static Screen ofProcess() {
      String terminals = System.getProperty("holdfast.terminal", "");
      boolean detected = terminals.equals(DETECT) && isInteractive();
      return new Screen(
          detected || terminals.contains("out"),
          detected || terminals.contains("err"),
          Integer.getInteger("holdfast.columns", 80),
          !"ascii".equals(System.getProperty("holdfast.glyphs")));
    }
  }

  /**
   * {@return whether stdin and stdout are a terminal} Until JDK 21 there is a console only then;
   * from JDK 22 on it knows.
   */
  @SuppressWarnings("SystemConsoleNull") // On JDK 21 it is null where there is no console.
  private static boolean isInteractive() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true; // JDK 21, which has no such method.
    }
  }

  public Terminal(
      InputStream in,
      OutputStream out,
      OutputStream err,
      Screen screen,
      Map<String, String> environment) {
    this.in = in;
    this.sink = new FailureNote(out);
    this.out = new PrintStream(sink, false, StandardCharsets.UTF_8);
    this.err = new PrintStream(err, true, StandardCharsets.UTF_8);
    this.screen = screen;
    this.environment = Map.copyOf(environment);
    this.redactor =
        Redactor.of(
            this.environment.entrySet().stream()
                .filter(variable -> KEY.matcher(variable.getKey()).matches())
                .map(Map.Entry::getValue)
                .toList());
  }

  /** {@return the terminal of this process} */
  public static Terminal ofProcess() {
    return new Terminal(
        // A closed descriptor may be another file's by now.
        "closed".equals(System.getProperty("holdfast.stdin"))
            ? new ClosedInput()
            : new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        Screen.ofProcess(),
        System.getenv());
  }

  public InputStream in() {
    return in;
  }

  PrintStream err() {
    return err;
  }

  public Screen screen() {
    return screen;
  }

  /** {@return an environment variable, or empty if it is not set} */
  public String environment(String name) {
    return environment.getOrDefault(name, "");
  }

  /** {@return what removes the keys of the environment, and shapes of others} */
  public Redactor redactor() {
    return redactor;
  }

  /** {@return the style for stdout} */
  public Style style() {
    return screen.out() && coloursAllowed() ? Style.ANSI : Style.PLAIN;
  }

  /** {@return the style for stderr} */
  public Style errStyle() {
    return screen.err() && coloursAllowed() ? Style.ANSI : Style.PLAIN;
  }

  /** {@return the signs that can be expected to show} */
  public Glyphs glyphs() {
    return screen.unicode() ? Glyphs.UNICODE : Glyphs.ASCII;
  }

  // "when present and not an empty string (regardless of its value)" -- no-color.org
  private boolean coloursAllowed() {
    return environment("NO_COLOR").isEmpty() && !environment("TERM").equals("dumb");
  }

  /**
   * Writes to stdout at once.
   *
   * @throws OutputClosedException if it has no reader any more
   */
  public void print(String text) {
    out.print(text);
    if (out.checkError()) { // flushes, too
      throw new OutputClosedException();
    }
  }

  /** Writes a line to stdout, as {@link #print} does. */
  public void line(Object text) {
    print(text + "\n");
  }

  /**
   * {@return why stdout took no more although its reader is there, such as a full disk; null if all
   * is well, or the reader has gone} Flushes first.
   */
  @Nullable public String outputFailure() {
    out.flush();
    String failure = sink.failure;
    return failure == null || isGoneReader(failure) ? null : failure;
  }

  /** EPIPE, on sockets also ECONNRESET; Windows reports a closed or ended pipe. */
  private static boolean isGoneReader(String failure) {
    String lower = failure.toLowerCase(Locale.ROOT);
    return lower.contains("pipe") || lower.contains("reset by peer");
  }

  /** Keeps the first failure of a stream, which a {@link PrintStream} would swallow. */
  private static final class FailureNote extends FilterOutputStream {
    private volatile @Nullable String failure;

    FailureNote(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        if (failure == null) {
          failure = BoundedInput.reason(e);
        }
        throw e;
      }
    }
  }

  /** {@return stdout, for text of libraries that write by themselves} */
  public PrintStream out() {
    return out;
  }

  /** Writes a line to stderr, without secrets. */
  public void note(String text) {
    err.print(redactor.text(text) + "\n");
    err.flush();
  }

  /** Writes a command's complaint to stderr, in red where there are colours. */
  public void complain(String command, String sentence) {
    note(errStyle().red(command + ": " + SafeText.line(sentence)));
  }

  /** Writes over the last line of stderr, which must be a terminal; nothing clears it. */
  public void redraw(String text) {
    int room = screen.columns() - 1;
    err.print("\r" + (text.length() > room ? text.substring(0, room) : text) + "\u001b[K");
    err.flush();
  }

  /** What a shell's {@code <&-} leaves. */
  private static final class ClosedInput extends InputStream {
    @Override
    public int read() throws IOException {
      throw new IOException("Bad file descriptor");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return read();
    }
  }

  /** The part of a command that can be interrupted. */
  public interface Work<T> {
    /** {@return the result} */
    T run() throws InterruptedException;
  }

  /**
   * {@return what {@code work} returns} Should the user interrupt the command meanwhile, {@code
   * abort} is run. Then the process waits up to a second, or the property {@code
   * holdfast.grace-seconds}, for the work to end in good order.
   */
  public static <T> T abortable(Runnable abort, Work<T> work) throws InterruptedException {
    var done = new CountDownLatch(1);
    var hook =
        new Thread(
            () -> {
              abort.run();
              awaitBriefly(done);
            },
            "interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return work.run();
    } finally {
      done.countDown();
      forget(hook);
    }
  }

  private static void awaitBriefly(CountDownLatch done) {
    try {
      boolean inTime = done.await(GRACE_SECONDS, TimeUnit.SECONDS);
      if (!inTime) {
        return; // The process ends anyway, and its sockets with it.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook is what ends it.
    }
  }
}
