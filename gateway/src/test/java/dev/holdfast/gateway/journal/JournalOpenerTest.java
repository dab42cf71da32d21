package dev.holdfast.gateway.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.testkit.journal.RedisProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a gateway reports of the journal that it opens. */
@Timeout(120)
final class JournalOpenerTest {
  @TempDir private Path directory;

  private static final class Lines extends Handler {
    private final List<String> lines = new ArrayList<>();

    @Override
    public void publish(LogRecord entry) {
      lines.add(entry.getLevel() + " " + entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @ParameterizedTest
  @CsvSource({"allkeys-lru, 1", "volatile-ttl, 1", "noeviction, 0"})
  void aRedisThatDropsStreamsIsWarnedOf(String policy, int warnings) throws Exception {
    assumeTrue(RedisProcess.program().isPresent(), "skipped: needs redis-server in PATH");
    var logger = Logger.getLogger(JournalOpener.class.getName());
    var lines = new Lines();
    logger.addHandler(lines);
    logger.setUseParentHandlers(false);
    try (var server =
            RedisProcess.start(directory, "--maxmemory", "1gb", "--maxmemory-policy", policy);
        var journal =
            JournalOpener.open(JournalConfig.at(JournalPlace.Redis.at(server.address())))) {
      assertThat(journal.size().streams()).isZero();
      assertThat(lines.lines)
          .hasSize(warnings)
          .allMatch(line -> line.startsWith("WARNING journal: Redis drops streams"));
    } finally {
      logger.removeHandler(lines);
      logger.setUseParentHandlers(true);
    }
  }
}
