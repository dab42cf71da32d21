package dev.holdfast.gateway;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A server of this machine that was not written here, as nginx or Node, on a port of loopback. */
final class LocalProgram implements AutoCloseable {
  private final Process process;
  private final int port;

  private LocalProgram(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  private static Optional<Path> find(String name) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin");
    return Stream.concat(Stream.of(path.split(":", -1)), Stream.of("/usr/sbin"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** {@return a program's path; skips the test where it is not installed} */
  static Path installed(String name) {
    var found = find(name);
    String debian = name.equals("node") ? "nodejs" : name;
    assumeTrue(
        found.isPresent(),
        "skipped: needs " + name + " in PATH (Debian: apt install " + debian + ")");
    return found.orElseThrow();
  }

  /** Starts a program, and waits until it listens on its port. */
  static LocalProgram start(Path folder, int port, String... command) throws IOException {
    var line = new ArrayList<>(List.of(command));
    line.set(0, installed(command[0]).toString());
    Path output = folder.resolve(command[0] + ".log");
    var started =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    var program = new LocalProgram(started, port);
    while (!listens(port)) {
      if (!started.isAlive()) {
        throw new IOException(command[0] + ": must run, ended: " + Files.readString(output));
      }
      LockSupport.parkNanos(5_000_000);
    }
    return program;
  }

  /** {@return an nginx that speaks HTTP/2 by TLS, and passes everything on to a port} */
  static LocalProgram nginx(Path folder, TestCertificate certificate, int upstream)
      throws IOException {
    installed("nginx");
    certificate.write(folder);
    int port = freePort();
    Path file = folder.resolve("nginx.conf");
    Files.writeString(
        file,
        """
        daemon off;
        master_process off;
        pid %1$s/nginx.pid;
        error_log stderr crit;
        events { worker_connections 1024; }
        http {
          access_log off;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          server {
            listen 127.0.0.1:%2$d ssl http2;
            ssl_certificate server.crt;
            ssl_certificate_key server.key;
            client_max_body_size 0;
            location / {
              proxy_pass http://127.0.0.1:%3$d;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
              proxy_request_buffering off;
            }
          }
        }
        """
            .formatted(folder, port, upstream));
    return start(
        folder, port, "nginx", "-p", folder.toString(), "-c", file.toString(), "-e", "stderr");
  }

  static int freePort() throws IOException {
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
