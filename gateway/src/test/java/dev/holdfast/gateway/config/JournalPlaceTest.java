package dev.holdfast.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JournalPlaceTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"redis://a", "REDISS://a", "redis-sentinel://a#main", "redis-cluster://a,b"})
  void anAddressIsARedis(String text) {
    assertThat(JournalPlace.of(text)).isInstanceOf(JournalPlace.Redis.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"journal", "redis", "./redis:/x", "/var/redis://x"})
  void anythingElseIsADirectory(String text) {
    assertThat(JournalPlace.of(text)).isEqualTo(new JournalPlace.Directory(Path.of(text)));
  }

  /** Else it would make a directory of that name, which may hold a password. */
  @ParameterizedTest
  @ValueSource(strings = {"valkey://u:secret@a:6379", "redi://:secret@a", "HTTP://u:secret@a/b"})
  void anotherAddressIsRefused(String text) {
    assertThatThrownBy(() -> JournalPlace.of(text))
        .hasMessage(
            "journal: must be a directory, or an address such as redis://HOST:6379, was %s://...",
            text.substring(0, text.indexOf(':')))
        .hasMessageNotContaining("secret");
  }

  /** Before anything is opened, so that {@code serve --check} finds it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://:secret@",
        "redis-nonsense://:secret@a",
        "redis-sentinel://:secret@a:1",
        "redis://:secret@a:port"
      })
  void anAddressThatCannotBeReadIsRefused(String text) {
    assertThatThrownBy(() -> JournalPlace.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("journal: must be")
        .hasMessageNotContaining("secret");
  }

  /** Else the journal would be in the directory that the process began in. */
  @ParameterizedTest
  @ValueSource(strings = {"", " "})
  void nothingIsNoPlace(String text) {
    assertThatThrownBy(() -> JournalPlace.of(text))
        .hasMessage(
            "journal: must be a directory, or an address such as redis://HOST:6379, was empty");
  }

  @Test
  void noTextShowsAPassword() {
    var config = JournalConfig.at(JournalPlace.Redis.at("redis://user:secret@a:1/2"));
    assertThat(config.toString()).contains("redis://a:1/2").doesNotContain("secret");
  }

  @Test
  void whatDoesNotFitARedisIsRefused() {
    var config = JournalConfig.at(JournalPlace.Redis.at("redis://a"));
    assertThatThrownBy(() -> config.withKey(new JournalConfig.Key("0".repeat(64))))
        .hasMessage("key: must go with a directory, was set with a Redis");
    assertThatThrownBy(() -> config.withSync(JournalConfig.Sync.ALWAYS))
        .hasMessageContaining("sync: must go with a directory");
    assertThatThrownBy(() -> config.withTimes(Duration.ofSeconds(9), Duration.ZERO))
        .hasMessage("ttl: must be at least twice the lease, was PT9S");
    assertThat(config.withTimes(Duration.ofSeconds(10), Duration.ZERO).ttl()).hasSeconds(10);
    assertThatThrownBy(() -> new JournalPlace.Redis("redis://a", "a{b}", JournalPlace.LEASE))
        .hasMessageContaining("prefix: must be");
    assertThatThrownBy(() -> new JournalPlace.Redis("redis://a", "a", Duration.ofMillis(1)))
        .hasMessageContaining("lease: must be 300 ms to 5 min");
  }
}
