package dev.holdfast.gateway;

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
    JournalRig.startRedis(files);
  }

  @AfterAll
  static void stopRedis() {
    JournalRig.stopRedis();
  }
}
