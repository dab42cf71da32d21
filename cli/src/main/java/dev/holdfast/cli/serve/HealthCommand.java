package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether a gateway on this machine is healthy: a health check for images without a shell. */
@Command(
    name = "health",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Asks the gateway of this machine whether it is healthy.",
    description =
        "Sends one request to the management port and exits with 0 if the answer is 200, with 1"
            + " if it is another, or there is none. It needs no token.",
    footer = {"", "A container's health check; docs/deployment.md shows it in use."})
public final class HealthCommand implements Callable<Integer> {
  /** A status line is shorter. */
  private static final int MAX_LINE = 64;

  private final Terminal terminal;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "4181",
      description = "the management port (default: 4181)")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "the address that the management port listens on (default: 127.0.0.1)")
  private String host = "127.0.0.1";

  @Option(
      names = "--ready",
      description = "ask whether it takes requests, which it does not once it ends")
  private boolean ready;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "2",
      description = "how long the answer may take (default: 2)")
  private int seconds;

  @Option(names = "--json", description = "one JSON line")
  private boolean json;

  public HealthCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (port < 1 || port > 65535) {
      throw BadInputException.of("--port", "must be 1 to 65535", port);
    }
    if (seconds < 1 || seconds > 60) {
      throw BadInputException.of("--timeout", "must be 1 to 60", seconds);
    }
    var asked = address();
    String url = "http://" + authority(asked) + (ready ? "/readyz" : "/healthz");
    String answer;
    boolean healthy = false;
    try {
      answer = statusLine(asked);
      healthy = answer.matches("HTTP/1\\.[01] 200( .*)?");
    } catch (SocketTimeoutException e) {
      answer = "no answer in " + seconds + " s";
    } catch (IOException e) {
      answer = "no answer (" + e.getClass().getSimpleName() + ")";
    }
    report(url, answer, healthy);
    return healthy ? Exit.OK : Exit.INCOMPLETE;
  }

  private void report(String url, String answer, boolean healthy) {
    if (json) {
      terminal.line(
          JsonLine.of("health").with("healthy", healthy).with("url", url).with("answer", answer));
    } else if (healthy) {
      terminal.line(url + ": " + answer);
    } else {
      terminal.complain("holdfast health", url + ": must answer 200, was " + answer);
    }
  }

  private InetSocketAddress address() {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw BadInputException.of("--host", "must be an address of this machine", host);
    }
  }

  private static String authority(InetSocketAddress asked) {
    String host = asked.getAddress().getHostAddress();
    return (asked.getAddress() instanceof Inet6Address ? "[" + host + "]" : host)
        + ":"
        + asked.getPort();
  }

  private String statusLine(InetSocketAddress asked) throws IOException {
    long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    try (var socket = new Socket()) {
      socket.connect(asked, left(deadline));
      String request =
          "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n"
              .formatted(ready ? "/readyz" : "/healthz", authority(asked));
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return line(socket, socket.getInputStream(), deadline);
    }
  }

  private static String line(Socket socket, InputStream in, long deadline) throws IOException {
    var line = new StringBuilder();
    while (line.length() < MAX_LINE) {
      socket.setSoTimeout(left(deadline));
      int one = in.read();
      if (one < 0 || one == '\r' || one == '\n') {
        break;
      }
      line.append((char) one);
    }
    return line.isEmpty() ? "an empty answer" : line.toString();
  }

  /** {@return the milliseconds that are left, at least one} */
  private static int left(long deadline) throws SocketTimeoutException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("deadline");
    }
    return (int) left;
  }
}
