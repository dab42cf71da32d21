package dev.holdfast.journal.redis;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.nio.file.Path;

/** Starts servers, and skips the tests where this machine has none. */
final class Servers {
  private Servers() {}

  static RedisProcess start(Path directory, String... options) throws IOException {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
    return RedisProcess.start(directory, options);
  }
}
