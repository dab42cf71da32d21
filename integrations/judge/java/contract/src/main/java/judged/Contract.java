package judged;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What {@code ./holdfast judge} asks of a client; docs/judge.md has the contract. */
public final class Contract {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
  private static final PrintStream ERR = new PrintStream(System.err, true, StandardCharsets.UTF_8);
  private static final Duration MOMENT = Duration.ofMillis(200);
  private static int shown;
  private static boolean cancelling;
  private static boolean cancelled;

  private Contract() {}

  /** What cancels: an SDK's close, cancel or dispose. */
  public interface Stop {
    void run() throws Exception;
  }

  /** A client: asks, shows, and throws if the answer did not come whole. */
  public interface Client {
    void ask() throws Exception;
  }

  public static String baseUrl() {
    return System.getenv("HOLDFAST_BASE_URL");
  }

  /** The builder of a client, with its drop-in where {@code run --with holdfast} asks for it. */
  @SuppressWarnings("unchecked")
  public static <T> T with(T builder) {
    try {
      return (T)
          Class.forName("judged.With").getMethod("holdfast", Object.class).invoke(null, builder);
    } catch (ClassNotFoundException e) {
      return builder;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String protocol() {
    return System.getenv("HOLDFAST_PROTOCOL");
  }

  public static String prompt() {
    return System.getenv("HOLDFAST_PROMPT");
  }

  public static Duration timeout() {
    return Duration.ofSeconds(Long.parseLong(System.getenv("HOLDFAST_TIMEOUT")));
  }

  /** Whether the stream is to be cancelled before its end. */
  public static boolean isToCancel() {
    return System.getenv("HOLDFAST_CANCEL_AFTER") != null;
  }

  /** Whether the stream has been cancelled. */
  public static synchronized boolean isCancelled() {
    return cancelled;
  }

  /** Shows text; returns whether to cancel now. */
  public static synchronized boolean text(String piece) {
    if (cancelling) {
      return false;
    }
    OUT.print(piece);
    OUT.flush();
    int before = shown;
    shown += piece.length();
    String after = System.getenv("HOLDFAST_CANCEL_AFTER");
    return after != null && before < Integer.parseInt(after) && shown >= Integer.parseInt(after);
  }

  /** A tool call the client acts upon; arguments as the JSON text the SDK hands over. */
  public static void tool(String name, String arguments) {
    ERR.println("HOLDFAST_TOOL {\"name\":" + quote(name) + ",\"arguments\":" + quote(arguments) + "}");
  }

  /**
   * Cancels as a user's stop button does: a moment later and from another thread, while the client
   * continues to read. Stays until the judge has seen enough.
   */
  public static synchronized void cancel(Stop stop) {
    cancelling = true;
    thread(() -> {
      Thread.sleep(MOMENT.toMillis());
      synchronized (Contract.class) {
        cancelled = true;
      }
      thread(stop);
      ERR.println("HOLDFAST_CANCELLED");
      while (System.in.read() >= 0) {
        // Only its end matters.
      }
      Runtime.getRuntime().halt(0);
    });
  }

  /** Runs a client; its exit code states whether it claims a complete answer. */
  public static void run(Client client) {
    try {
      client.ask();
      end(0);
    } catch (Throwable e) {
      ERR.println(story(e));
      end(1);
    }
  }

  /** Ends the process, unless the judge still looks whether a cancelled stream lets go. */
  private static void end(int code) {
    synchronized (Contract.class) {
      if (cancelling) {
        return;
      }
    }
    Runtime.getRuntime().halt(code);
  }

  /** A failure and what caused it, on one line. */
  private static String story(Throwable e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    String own = e.getClass().getSimpleName() + ": " + message;
    return e.getCause() == null ? own : own + " <- " + story(e.getCause());
  }

  private static void thread(Stop work) {
    Thread.ofPlatform()
        .start(() -> {
          try {
            work.run();
          } catch (Exception e) {
            ERR.println("cancel: " + e);
          }
        });
  }

  private static String quote(String text) {
    var out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        default -> out.append(c < ' ' ? String.format("\\u%04x", (int) c) : c);
      }
    }
    return out.append('"').toString();
  }
}
