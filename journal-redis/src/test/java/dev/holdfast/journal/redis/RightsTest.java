package dev.holdfast.journal.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.SharedState.Answer;
import dev.holdfast.core.spi.SharedState.Arrival;
import dev.holdfast.core.spi.SharedState.Quota;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the user of the address must be permitted. */
@Timeout(120)
final class RightsTest {
  private static final Pattern CALL = Pattern.compile("redis\\.call\\('([A-Z]+)'");
  private static final Pattern TRIED = Pattern.compile("try\\('([A-Z]+)'");

  @TempDir private Path directory;

  private static String address(RedisProcess server) {
    return server.address().replace("//", "//holdfast:secret@");
  }

  private static void user(RedisProcess server, List<String> rules) throws IOException {
    var words = new ArrayList<>(List.of("ACL", "SETUSER", "holdfast", "reset", "on", ">secret"));
    words.addAll(rules);
    assertThat(server.command(words.toArray(new String[0]))).isEqualTo("+OK");
  }

  /** {@return the rules that docs/cluster.md names as enough} */
  private static List<String> documented() throws IOException {
    try (var lines = Files.lines(Path.of("../docs/cluster.md"))) {
      var words =
          lines
              .dropWhile(line -> !line.startsWith("    ACL SETUSER holdfast on >PASSWORD "))
              .takeWhile(line -> line.startsWith("    "))
              .flatMap(line -> Stream.of(line.replace("\\", "").strip().split(" +", -1)))
              .filter(word -> !word.isEmpty())
              .toList();
      return words.subList(5, words.size());
    }
  }

  @Test
  void theDocumentedRightsAreEnough() throws Exception {
    try (var server = Servers.start(directory, "--appendonly", "yes")) {
      user(server, documented());
      try (var journal = RedisJournal.at(address(server)).open()) {
        assertThat(journal.durability()).isEqualTo(RedisDurability.WRITTEN);
        assertThat(Calls.createStream(journal, 1)).startsWith("stored");
        var followed = Calls.Followed.of(journal, JournalOffset.START);
        assertThat(Calls.append(journal, 1, 0, "a")).isEqualTo("stored 1_1");
        assertThat(followed.next()).isEqualTo("a");
        assertThat(Calls.fence(journal, 2)).startsWith("stored");
        assertThat(Calls.end(journal, 2)).startsWith("stored");
        assertThat(followed.next()).isEqualTo("end COMPLETE");
        assertThat(journal.streams()).hasSize(1);
        assertThat(journal.expire()).isZero();
        var arrival = new Arrival("team", new Quota(0, 1, 0, 0), "r", 1, false, null);
        assertThat(journal.sharedState().arrive(arrival).toCompletableFuture().join())
            .isInstanceOf(Answer.Admitted.class);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "~holdfast:* resetchannels +@all, 'refused SPUBLISH, SSUBSCRIBE'",
    "~holdfast:* &* +@all -spublish, 'refused SPUBLISH'",
    "~holdfast:* &* +@all -ssubscribe, 'refused SSUBSCRIBE'",
    "~holdfast:* &* +@all -xadd -unlink, 'refused XADD, UNLINK'",
    "~holdfast:* &* +@all -time, 'refused TIME'",
    "~holdfast:* &* +@all -evalsha, ''",
    "~holdfast:* &* +@all -eval, 'Redis: must permit all commands of the journal, refused one: '",
    "~other:* &* +@all, 'Redis: must permit all commands of the journal, refused one: '",
    "%R~holdfast:* &* +@all, 'Redis: must permit all commands of the journal, refused one: '",
  })
  void aRightThatIsMissingIsFoundAtTheStart(String rules, String complaint) throws Exception {
    try (var server = Servers.start(directory)) {
      user(server, List.of(rules.split(" ", -1)));
      assertThatThrownBy(() -> RedisJournal.at(address(server)).open().close())
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("Redis: must permit all commands of the journal")
          .hasMessageContaining(complaint)
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void aReplicaIsNamedAsOne() throws Exception {
    try (var server = Servers.start(directory)) {
      server.command("REPLICAOF", "127.0.0.1", "1");
      server.command("CONFIG", "SET", "replica-serve-stale-data", "yes");
      assertThatThrownBy(() -> RedisJournal.at(server.address()).open().close())
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("Redis: must take writes, was a replica: READONLY");
    }
  }

  @Test
  void theCheckLeavesNothing() throws Exception {
    try (var server = Servers.start(directory);
        var journal = RedisJournal.at(server.address()).open()) {
      assertThat(journal.streams()).isEmpty();
      assertThat(server.command("DBSIZE")).isEqualTo(":0");
    }
  }

  @Test
  void everyCommandOfTheScriptsIsTried() {
    var called = new TreeSet<String>();
    var tried = new TreeSet<String>();
    for (Script script : Script.values()) {
      String text = new String(script.text(), StandardCharsets.UTF_8);
      CALL.matcher(text).results().forEach(found -> called.add(found.group(1)));
      TRIED.matcher(text).results().forEach(found -> tried.add(found.group(1)));
    }
    assertThat(tried).isNotEmpty().isEqualTo(called);
  }
}
