package dev.holdfast.journal.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.SslVerifyMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RedisAddressTest {
  @ParameterizedTest
  @CsvSource({
    "redis://localhost, localhost, 6379, 0, false",
    "redis://user:secret@db.example:7000/3, db.example, 7000, 3, false",
    "rediss://db.example:7000, db.example, 7000, 0, true",
    "REDISS://db.example, db.example, 6379, 0, true",
    "redis://user:secret@my_redis:7000, my_redis, 7000, 0, false",
    "redis://[::1]:7000, [::1], 7000, 0, false",
  })
  void aSingleServerIsNamedByItsAddress(
      String text, String host, int port, int database, boolean tls) {
    var address = RedisAddress.parse(text);
    assertThat(address.isCluster()).isFalse();
    var uri = address.uris().getFirst();
    assertThat(uri.getHost()).isEqualTo(host);
    assertThat(uri.getPort()).isEqualTo(port);
    assertThat(uri.getDatabase()).isEqualTo(database);
    assertThat(uri.isSsl()).isEqualTo(tls);
  }

  @Test
  void tlsMayTrustAnyNameOfACertificate() {
    var uri = RedisAddress.parse("rediss://a:1/2?verifyPeer=CA").uris().getFirst();
    assertThat(uri.getVerifyMode()).isEqualTo(SslVerifyMode.CA);
    assertThat(uri.getDatabase()).isEqualTo(2);
  }

  @Test
  void sentinelsAreNamedWithTheirMaster() {
    var uri = RedisAddress.parse("redis-sentinel://a:1,b:2/4#main").uris().getFirst();
    assertThat(uri.getSentinelMasterId()).isEqualTo("main");
    assertThat(uri.getSentinels()).hasSize(2);
    assertThat(uri.getDatabase()).isEqualTo(4);
  }

  @Test
  void aClusterIsNamedByItsFirstNodes() {
    var address = RedisAddress.parse("rediss-cluster://user:secret@a:1,b:2");
    assertThat(address.isCluster()).isTrue();
    assertThat(address.uris()).hasSize(2).allMatch(uri -> uri.isSsl());
    assertThat(address.uris().getLast().getHost()).isEqualTo("b");
    assertThat(address.uris().getLast().getPort()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:6379, must begin with redis://",
    "http://user:secret@localhost, must begin with redis://",
    "redis://user:secret@, must be an address of a Redis",
    "redis://user:secret@a:port, must be an address of a Redis",
    "redis-cluster://user:secret@a:port, must be an address of a Redis",
    "redis-sentinel://user:secret@a:1, must be an address of a Redis",
    "redis-cluster://user:secret@, must be an address of a Redis",
    "redis-cluster://user:secret@a:1/3, must be an address of a Redis",
    "redis://user:secret@a:1?timeout=1s, must have no option but verifyPeer",
    "redis://a:1/2?password=secret, must have no option but verifyPeer",
    "redis://user:secret@a:1?verifyPeer=NONE, must have no option but verifyPeer",
    "rediss://user:secret@a:1?verifypeer=FULL, must have no option but verifyPeer",
    "redis-sentinel://a:1?foo=secret#m, must have no option but verifyPeer",
  })
  void whatIsNoAddressIsRefusedWithoutItsPassword(String text, String rule) {
    assertThatThrownBy(() -> RedisAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(rule)
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }
}
