package dev.holdfast.gateway;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * An {@code haproxy} of this machine in front of gateways. It needs no affinity: each connection
 * goes to the next gateway that listens.
 */
final class HaProxy implements AutoCloseable {
  private final Process process;
  private final int port;

  private HaProxy(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  private static Optional<Path> program() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin");
    return Stream.concat(Stream.of(path.split(":", -1)), Stream.of("/usr/sbin"))
        .map(folder -> Path.of(folder, "haproxy"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Skips a test where no HAProxy is installed. */
  static void assumeInstalled() {
    assumeTrue(
        program().isPresent(), "skipped: needs haproxy in PATH (Debian: apt install haproxy)");
  }

  /** {@return one that listens, in front of gateways on these ports of loopback} */
  static HaProxy start(Path folder, List<Integer> gateways) throws IOException {
    int port = freePort();
    var config =
        new StringBuilder(
            """
            global
              maxconn 4000
            defaults
              mode http
              timeout connect 1s
              timeout client 120s
              timeout server 120s
              retries 3
              option redispatch 1
              retry-on conn-failure
            frontend clients
              bind 127.0.0.1:%d
              default_backend gateways
            backend gateways
              balance roundrobin
              http-reuse never
            """
                .formatted(port));
    for (int gateway : gateways) {
      config.append(
          "  server g%1$d 127.0.0.1:%1$d check inter 200ms fall 1 rise 1%n".formatted(gateway));
    }
    Path file = folder.resolve("haproxy.cfg");
    Files.writeString(file, config);
    var started =
        new ProcessBuilder(program().orElseThrow().toString(), "-db", "-f", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("haproxy.log").toFile())
            .start();
    var proxy = new HaProxy(started, port);
    while (!listens(port)) {
      if (!started.isAlive()) {
        throw new IOException(
            "haproxy: must run, ended: " + Files.readString(folder.resolve("haproxy.log")));
      }
      LockSupport.parkNanos(5_000_000);
    }
    return proxy;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
