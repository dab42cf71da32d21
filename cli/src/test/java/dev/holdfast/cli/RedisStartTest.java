package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Redis that dies while a gateway starts, however far the start has come. */
@Tag("slow")
@Timeout(120)
class RedisStartTest {
  @TempDir private Path temp;

  /** A way to a server that is gone once so many bytes went there. */
  private static final class DyingLine implements AutoCloseable {
    private final int target;
    private final AtomicInteger left;
    private final ServerSocket listening =
        new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    DyingLine(int target, int bytes) throws IOException {
      this.target = target;
      left = new AtomicInteger(bytes);
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return listening.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          Socket near = listening.accept();
          var far = new Socket(InetAddress.getLoopbackAddress(), target);
          open.add(near);
          open.add(far);
          Thread.ofVirtual().start(() -> copy(near, far, true));
          Thread.ofVirtual().start(() -> copy(far, near, false));
        }
      } catch (IOException e) {
        close();
      }
    }

    private void copy(Socket from, Socket to, boolean counted) {
      byte[] piece = new byte[4096];
      try {
        for (int n = from.getInputStream().read(piece); n > 0; ) {
          if (counted && left.addAndGet(-n) < 0) {
            break;
          }
          to.getOutputStream().write(piece, 0, n);
          n = from.getInputStream().read(piece);
        }
      } catch (IOException e) {
        // Cut, as is all that follows.
      }
      close();
    }

    @Override
    public void close() {
      try {
        listening.close();
        for (Socket socket : open) {
          socket.close();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {30, 600, 16_000, 25_000, 40_000})
  void isOneSentenceAndNoLineOfALibrary(int bytes) throws Exception {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
    Path err = temp.resolve("err");
    try (var redis = RedisProcess.start(temp.resolve("redis"));
        var line = new DyingLine(redis.port(), bytes)) {
      var process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xlog:disable",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.holdfast.cli.Main",
                  "serve",
                  "--port",
                  "0",
                  "--journal",
                  "redis://127.0.0.1:" + line.port())
              .redirectError(err.toFile())
              .start();
      try {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly();
      }
      assertThat(process.exitValue()).isEqualTo(2);
    }
    assertThat(Files.readString(err))
        .startsWith("holdfast serve: --journal: must be a Redis that can be used, was redis://")
        .containsPattern("Redis: must (be reachable, was not|answer, did not): ")
        .hasLineCount(1);
  }
}
