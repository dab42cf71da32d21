package dev.holdfast.gateway;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The tests of a restart, with the journal in a Redis. */
@Tag("slow")
final class RedisRestartTest extends JournalRestartTest {
  @TempDir private static Path files;

  @BeforeAll
  static void startRedis() throws IOException {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
    JournalRig.redis = RedisProcess.start(files);
  }

  @AfterAll
  static void stopRedis() {
    var server = JournalRig.redis;
    JournalRig.redis = null;
    if (server != null) {
      server.close();
    }
  }
}
