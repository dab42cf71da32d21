package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.NodeProject;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The official suite, of the version that is pinned in {@code integrations/durable-streams}. */
class DurableStreamsConformanceTest {
  private static final int TESTS = 338;
  private static final Pattern COUNT = Pattern.compile("\"num(Total|Passed|Failed)Tests\":(\\d+)");
  private static final Pattern FAILED =
      Pattern.compile("\"status\":\"failed\",\"title\":\"((?:[^\"\\\\]|\\\\.)*)\"");

  @Test
  void everyTestPasses(@TempDir Path directory) throws IOException, InterruptedException {
    var node = NodeProject.installed("durable-streams");
    var project = node.directory();
    var settings = DurableSettings.DEFAULT.withLongPoll(Duration.ofMillis(500));
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(GatewayConfig.DEFAULT.listen().address(), 0, 0)
            .withJournal(JournalConfig.at(directory))
            .withDrain(Duration.ZERO);
    var report = project.resolve("report.json");
    Files.deleteIfExists(report);
    try (var gateway = Gateway.builder(config).durableStreams(settings).start()) {
      node.code(
          project.resolve("output.txt"),
          Map.of(
              "DURABLE_STREAMS_URL",
              gateway.uri().toString(),
              "DURABLE_STREAMS_LONG_POLL_MS",
              "1000"),
          project.resolve("node_modules/.bin/vitest").toString(),
          "run",
          "--reporter=json",
          "--outputFile=" + report,
          "--testTimeout=30000");
    }
    String json = Files.readString(report);
    assertThat(failed(json)).isEmpty();
    assertThat(counts(json)).isEqualTo(Map.of("Total", TESTS, "Passed", TESTS, "Failed", 0));
  }

  private static Map<String, Integer> counts(String json) {
    var counts = new java.util.HashMap<String, Integer>();
    var matcher = COUNT.matcher(json);
    while (matcher.find()) {
      counts.putIfAbsent(matcher.group(1), Integer.parseInt(matcher.group(2)));
    }
    return counts;
  }

  private static List<String> failed(String json) {
    var titles = new ArrayList<String>();
    var matcher = FAILED.matcher(json);
    while (matcher.find()) {
      titles.add(matcher.group(1));
    }
    return titles;
  }
}
