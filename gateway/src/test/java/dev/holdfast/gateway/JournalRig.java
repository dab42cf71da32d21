package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Streams of a gateway with a journal, as clients see them. */
final class JournalRig {
  /** Where journals are instead of the directory; null for none. */
  static volatile @Nullable RedisProcess redis;

  private JournalRig() {}

  /** Skips a test where no Redis is installed. */
  static void assumeRedis() {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
  }

  /** From now on journals are in a Redis. */
  static void startRedis(Path directory) throws IOException {
    assumeRedis();
    redis = RedisProcess.start(directory);
  }

  /** Journals are directories again. */
  static void stopRedis() {
    var server = redis;
    redis = null;
    if (server != null) {
      server.close();
    }
  }

  /** {@return a journal in the directory, or in the Redis under its name} */
  static JournalConfig config(Path directory) {
    var server = redis;
    return server == null
        ? JournalConfig.at(directory)
        : JournalConfig.at(
            new JournalPlace.Redis(
                server.address(), directory.getFileName().toString(), JournalPlace.LEASE));
  }

  /** {@return the same, whose streams expire after a second or two} */
  static JournalConfig expiring(Path directory) {
    var config = config(directory);
    var second = Duration.ofSeconds(1);
    return switch (config.place()) {
      case JournalPlace.Directory place -> config.withTimes(second, Duration.ZERO);
      case JournalPlace.Redis redis ->
          config
              .withPlace(new JournalPlace.Redis(redis.address(), redis.prefix(), second))
              .withTimes(second.multipliedBy(2), Duration.ZERO);
    };
  }

  static UnaryOperator<GatewayConfig> journal(Path directory) {
    return config -> config.withJournal(config(directory));
  }

  static String id(RawClient.Response response) {
    String id = response.header("holdfast-stream-id");
    assertThat(id).matches("[0-9a-f]{32}");
    return id;
  }

  static String path(String id) {
    return "/v1/streams/" + id;
  }

  /** {@return the ids of a body's events, in order} */
  static List<String> ids(String body) {
    var ids = new ArrayList<String>();
    for (String line : body.split("\r\n|\r|\n", -1)) {
      if (line.startsWith("id: ")) {
        ids.add(line.substring(4));
      }
    }
    return ids;
  }

  /** {@return a body without ids and comments} */
  static String plain(String body) {
    return body.replaceAll("(?m)^(?:id: |:).*\r?\n", "").replaceAll("\n{3,}", "\n\n");
  }

  /** {@return the body up to and with the event of an id} */
  static String upTo(String body, String id) {
    int at = body.indexOf("id: " + id);
    int end = body.indexOf("\n\n", at);
    return body.substring(0, end + 2);
  }

  static RawClient.Response request(int port, String method, String path, String... headers)
      throws IOException {
    try (var client = new RawClient(port)) {
      client.send(RawClient.request(method, path, "", headers));
      return client.read(method);
    }
  }

  static boolean hasIds(Protocol protocol) {
    return switch (protocol) {
      case OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES -> true;
      case GEMINI_SSE, GEMINI_JSON_ARRAY, OLLAMA_CHAT -> false;
    };
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
