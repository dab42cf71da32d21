package judged;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What {@code ./holdfast judge} asks of a client; docs/judge.md has the contract. */
public final class Contract {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
  private static final PrintStream ERR = new PrintStream(System.err, true, StandardCharsets.UTF_8);
  private static int shown;

  private Contract() {}

  /** A client: asks, shows, and throws if the answer did not come whole. */
  public interface Client {
    void ask() throws Exception;
  }

  public static String baseUrl() {
    return System.getenv("HOLDFAST_BASE_URL");
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

  /** Shows text; says whether to cancel now. */
  public static synchronized boolean text(String piece) {
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

  /** Says that the client has cancelled, and stays until the judge has seen enough. */
  public static void cancelled() {
    ERR.println("HOLDFAST_CANCELLED");
    try {
      while (System.in.read() >= 0) {
        // Only its end matters.
      }
    } catch (IOException e) {
      // As good as its end.
    }
    Runtime.getRuntime().halt(0);
  }

  /** Runs a client; its exit code says whether it claims a complete answer. */
  public static void run(Client client) {
    try {
      client.ask();
      Runtime.getRuntime().halt(0);
    } catch (Throwable e) {
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      ERR.println(e.getClass().getName() + ": " + message);
      Runtime.getRuntime().halt(1);
    }
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
