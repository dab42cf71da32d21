package dev.holdfast.journal.redis;

import static dev.holdfast.journal.redis.Keys.bytes;
import static dev.holdfast.journal.redis.RedisContext.number;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.RedisProcess;
import io.lettuce.core.RedisClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How often scripts and their calls are sent. */
@Timeout(120)
final class ScriptsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CALLS = 200;

  @TempDir private Path directory;
  private final Keys keys = new Keys("scripts");

  private static RedisLink open(RedisProcess server) {
    return RedisLink.open(
        RedisAddress.parse(server.address()),
        PATIENCE,
        new RedisLink.Listener((channel, sender) -> {}));
  }

  private List<CompletionStage<Reply>> callAll(RedisLink link, Script script) {
    return IntStream.range(0, CALLS)
        .mapToObj(i -> new StreamId(5, i))
        .map(id -> link.run(script, keys.of(id), number(0), bytes(id.toString())))
        .toList();
  }

  private static void join(RedisLink link, List<CompletionStage<Reply>> answers) {
    answers.forEach(answer -> assertThat(link.join(answer, PATIENCE).is("UNKNOWN")).isTrue());
  }

  /** {@return a number of the server's statistics; 0 where it has none} */
  private static int count(RedisProcess server, String section, String pattern) {
    var client = RedisClient.create(server.address());
    try (client;
        var connection = client.connect()) {
      var found = Pattern.compile(pattern).matcher(connection.sync().info(section));
      return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }
  }

  private static int whole(RedisProcess server) {
    return count(server, "commandstats", "cmdstat_eval:calls=(\\d+)");
  }

  private static int refused(RedisProcess server) {
    return count(server, "errorstats", "errorstat_NOSCRIPT:count=(\\d+)");
  }

  @Test
  void afterAStartEachScriptIsSentOnceAndNoCallTwice() throws Exception {
    try (var server = Servers.start(directory);
        var link = open(server)) {
      var finds = callAll(link, Script.FIND);
      join(link, callAll(link, Script.TOUCH));
      join(link, finds);
      assertThat(refused(server)).isZero();
      assertThat(whole(server)).isEqualTo(2);
    }
  }

  @Test
  void afterARestartEachScriptIsSentOnceAndNoCallTwice() throws Exception {
    try (var server = Servers.start(directory);
        var link = open(server)) {
      join(link, callAll(link, Script.FIND));
      server.pause();
      var lost = callAll(link, Script.FIND);
      server.kill();
      server.startAgain();
      lost.forEach(answer -> answer.toCompletableFuture().handle((reply, thrown) -> "over").join());
      awaitConnection(link);
      join(link, callAll(link, Script.FIND));
      assertThat(refused(server)).isZero();
      assertThat(whole(server)).isEqualTo(1);
    }
  }

  /** What is sent without a connection is refused at once. */
  private void awaitConnection(RedisLink link) {
    var id = new StreamId(5, 1);
    while (true) {
      var answer = link.run(Script.FIND, keys.of(id), number(0), bytes(id.toString()));
      if (answer.handle((reply, thrown) -> thrown == null).toCompletableFuture().join()) {
        return;
      }
    }
  }

  @Test
  void aServerThatForgotTheScriptsReceivesEachOnceMore() throws Exception {
    try (var server = Servers.start(directory);
        var link = open(server)) {
      join(link, callAll(link, Script.FIND));
      server.command("SCRIPT", "FLUSH");
      server.command("CONFIG", "RESETSTAT");
      join(link, callAll(link, Script.FIND));
      assertThat(refused(server)).isPositive();
      assertThat(whole(server)).isEqualTo(1);
    }
  }
}
