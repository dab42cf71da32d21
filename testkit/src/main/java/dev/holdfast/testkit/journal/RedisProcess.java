package dev.holdfast.testkit.journal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A {@code redis-server} or {@code valkey-server} of this machine on a free port of loopback, for
 * tests: it can be killed, paused and started again. The system property {@code holdfast.redis}
 * names another program. One thread at a time.
 */
public final class RedisProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Path program;
  private final Path directory;
  private final List<String> options;
  private final int port;
  private Process process;

  private RedisProcess(Path program, Path directory, int port, List<String> options)
      throws IOException {
    this.program = program;
    this.directory = directory;
    this.options = options;
    this.port = port;
    process = launch();
  }

  /** {@return the server's program; empty if this machine has none} */
  public static Optional<Path> program() {
    String named = System.getProperty("holdfast.redis", "");
    if (!named.isEmpty()) {
      return Optional.of(Path.of(named)).filter(Files::isExecutable);
    }
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin");
    return Stream.of("redis-server", "valkey-server")
        .flatMap(name -> Stream.of(path.split(":", -1)).map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * {@return a server that answers} Its files are in {@code directory}.
   *
   * @param options such as {@code "--appendonly", "yes"}
   * @throws IOException if it cannot be started
   */
  public static RedisProcess start(Path directory, String... options) throws IOException {
    var program =
        program().orElseThrow(() -> new IOException("redis-server: must be in PATH, was not"));
    Files.createDirectories(directory);
    return new RedisProcess(program, directory, freePort(), List.of(options));
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Process launch() throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                directory.toString(),
                "--save",
                ""));
    command.addAll(options);
    var started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("server.log").toFile()))
            .start();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!answers()) {
      if (!started.isAlive() || System.nanoTime() > deadline) {
        started.destroyForcibly();
        throw new IOException(
            "redis-server: must answer, did not: "
                + Files.readString(directory.resolve("server.log")));
      }
      LockSupport.parkNanos(5_000_000);
    }
    return started;
  }

  private boolean answers() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      socket.setSoTimeout(2_000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(5);
      return new String(answer, StandardCharsets.US_ASCII).equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  /** {@return where it listens} */
  public int port() {
    return port;
  }

  /** {@return its address, as {@code redis://127.0.0.1:PORT}} */
  public String address() {
    return "redis://127.0.0.1:" + port;
  }

  /**
   * {@return the first line of the answer to a command}
   *
   * @param words of the command, without white space in them
   */
  public String command(String... words) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      String line = String.join(" ", words) + "\r\n";
      socket.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
      var answer = new StringBuilder();
      int next = socket.getInputStream().read();
      while (next >= 0 && next != '\r') {
        answer.append((char) next);
        next = socket.getInputStream().read();
      }
      return answer.toString();
    }
  }

  /** Ends it with SIGKILL. */
  public void kill() {
    process.destroyForcibly();
    await();
  }

  /** Starts it again on the same port and files. */
  public void startAgain() throws IOException {
    process = launch();
  }

  /** Stops it where it is, with SIGSTOP: connections stay, and nothing is answered. */
  public void pause() throws IOException {
    signal("-STOP");
  }

  /** Lets it continue after {@link #pause}. */
  public void proceed() throws IOException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException {
    var kill = new ProcessBuilder("kill", name, Long.toString(process.pid())).start();
    try {
      kill.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void await() {
    try {
      process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    await();
  }
}
