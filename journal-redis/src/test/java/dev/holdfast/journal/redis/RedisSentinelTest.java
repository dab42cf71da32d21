package dev.holdfast.journal.redis;

import static dev.holdfast.journal.redis.Calls.append;
import static dev.holdfast.journal.redis.Calls.createStream;
import static dev.holdfast.journal.redis.Calls.end;
import static dev.holdfast.journal.redis.Calls.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Sentinel, and a failover that it makes. */
@Tag("slow")
@Timeout(120)
final class RedisSentinelTest {
  @TempDir private Path directory;

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** {@return the beginning of the answer to a command} */
  private static String command(int port, String line) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
      byte[] answer = new byte[4096];
      int count = socket.getInputStream().read(answer);
      return new String(answer, 0, Math.max(count, 0), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private static void await(int port, String line, String answer) {
    while (!command(port, line).contains(answer)) {
      LockSupport.parkNanos(20_000_000);
    }
  }

  @Test
  void aStreamContinuesAfterAFailover() throws Exception {
    int sentinel = freePort();
    try (var master = Servers.start(directory.resolve("master"));
        var replica =
            Servers.start(
                directory.resolve("replica"), "--replicaof", "127.0.0.1", "" + master.port())) {
      await(replica.port(), "ROLE", "connected");
      var file =
          Files.writeString(
              directory.resolve("sentinel.conf"),
              """
              port %d
              bind 127.0.0.1
              dir %s
              sentinel monitor main 127.0.0.1 %d 1
              """
                  .formatted(sentinel, directory, master.port()));
      var watching =
          new ProcessBuilder(
                  RedisProcess.program().orElseThrow().toString(), file.toString(), "--sentinel")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (var journal = open(sentinel, replica)) {
        createStream(journal, 1);
        append(journal, 1, 0, "before it");
        var followed = Calls.Followed.of(journal, JournalOffset.START);
        assertThat(followed.next()).isEqualTo("before it");
        // The failover itself loses nothing that the replica has.
        assertThat(master.command("WAIT", "1", "10000")).isEqualTo(":1");
        await(sentinel, "SENTINEL FAILOVER main", "OK");
        await(replica.port(), "ROLE", "master");
        // What the old master still takes until then is lost, as with any failover.
        await(master.port(), "ROLE", "slave");
        assertThat(append(journal, 1, 1, "after it")).isEqualTo("stored 1_2");
        end(journal, 1);
        assertThat(followed.next(2)).containsExactly("after it", "end COMPLETE");
        master.kill();
        assertThat(read(journal, JournalOffset.START))
            .containsExactly("before it", "after it", "COMPLETE");
      } finally {
        watching.destroyForcibly();
        watching.waitFor(10, TimeUnit.SECONDS);
      }
    }
  }

  private static RedisJournal open(int sentinel, RedisProcess replica) throws IOException {
    // A Sentinel makes no failover before it knows a replica.
    await(sentinel, "SENTINEL REPLICAS main", Integer.toString(replica.port()));
    return RedisJournal.at("redis-sentinel://127.0.0.1:" + sentinel + "#main").open();
  }
}
