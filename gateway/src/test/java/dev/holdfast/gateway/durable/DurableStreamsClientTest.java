package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.NodeProject;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The official client for JavaScript, over restarts of the gateway. */
@Timeout(300)
class DurableStreamsClientTest {
  private static final int COUNT = 300;

  private static Gateway start(Path directory, int port) {
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(GatewayConfig.DEFAULT.listen().address(), port, 0)
            .withJournal(JournalConfig.at(directory))
            .withDrain(Duration.ZERO);
    return Gateway.builder(config).durableStreams(DurableSettings.DEFAULT).start();
  }

  @Test
  void producerAndReadersContinueOverRestarts(@TempDir Path directory)
      throws IOException, InterruptedException {
    var node = NodeProject.installed("durable-streams");
    var project = node.directory();
    var gateway = start(directory, 0);
    int port = gateway.port();
    var process =
        new ProcessBuilder(
                "node",
                "client.mjs",
                "http://127.0.0.1:" + port + "/v1/stream/numbers",
                String.valueOf(COUNT))
            .directory(project.toFile())
            .redirectError(project.resolve("client-errors.txt").toFile())
            .start();
    String last = "";
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line;
        if (line.equals("sent 100") || line.equals("sent 200")) {
          gateway.close();
          gateway = start(directory, port);
        }
      }
      assertThat(process.waitFor())
          .as(Files.readString(project.resolve("client-errors.txt")))
          .isZero();
    } finally {
      process.destroyForcibly();
      gateway.close();
    }
    String all =
        IntStream.range(0, COUNT).mapToObj(String::valueOf).collect(Collectors.joining(","));
    assertThat(last)
        .isEqualTo(
            "{\"errors\":[],\"sse\":[%s],\"longPoll\":[%s],\"all\":[%s]}".formatted(all, all, all));
  }
}
