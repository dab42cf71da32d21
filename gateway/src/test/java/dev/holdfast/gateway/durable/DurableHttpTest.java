package dev.holdfast.gateway.durable;

import static dev.holdfast.gateway.durable.Served.JSON;
import static dev.holdfast.gateway.durable.Served.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statuses, headers and pages of single requests. */
@Timeout(120)
final class DurableHttpTest {
  @TempDir Path directory;

  private Served served(DurableSettings settings, AtomicLong clock) throws IOException {
    return new Served(directory, settings, clock, config -> config);
  }

  private Served served(DurableSettings settings) throws IOException {
    return served(settings, new AtomicLong(System.currentTimeMillis()));
  }

  @Test
  void aCreationNamesItsStream() throws Exception {
    try (var served = served(Served.QUICK)) {
      var made = served.put("a/b", "x", TEXT);
      assertThat(made.status()).isEqualTo(201);
      assertThat(made.header("location")).isEqualTo(served.url("a/b").toString());
      assertThat(served.get("").status()).as("the path of no stream").isEqualTo(404);
      var empty = served.post("a/b", "", TEXT);
      assertThat(empty.status()).isEqualTo(400);
      assertThat(empty.header("x-holdfast-refusal")).isEqualTo("no-body");
    }
  }

  @Test
  void aClosedStreamIsReportedAsClosedForEachAppend() throws Exception {
    try (var served = served(Served.QUICK)) {
      served.put("s", "x", TEXT);
      var other = served.post("s", "{}", JSON);
      assertThat(other.status()).isEqualTo(409);
      assertThat(other.header("x-holdfast-refusal")).isEqualTo("type-mismatch");
      served.post("s", "", "Stream-Closed: true");
      var closed = served.post("s", "{}", JSON);
      assertThat(closed.header("x-holdfast-refusal")).isEqualTo("stream-closed");
      assertThat(closed.closed()).isTrue();
    }
  }

  @Test
  void aStreamThatWasCutByItsStorageIsNotReadAsWhole() throws Exception {
    try (var served = served(Served.QUICK)) {
      served.put("s", "stored", TEXT);
      for (var id : served.journal.streams()) {
        var stream = served.journal.find(id).orElseThrow();
        if (StreamMetadata.read(stream.metadata()) instanceof StreamMetadata.Log) {
          var end = JournalBatch.ending(1, JournalEnd.of(JournalEnd.Kind.FAILED));
          served.journal.append(id, end, DurableStreams.NOTHING);
        }
      }
    }
    try (var served = served(Served.QUICK)) {
      assertThat(served.head("s").status()).isEqualTo(500);
      var part = served.get("s");
      assertThat(part.body()).isEqualTo("stored");
      assertThat(part.header("stream-up-to-date")).isEmpty();
      assertThat(part.closed()).isFalse();
      for (String live : List.of("", "&live=long-poll")) {
        assertThat(served.get("s?offset=" + part.offset() + live).status()).isEqualTo(500);
      }
      assertThatThrownBy(() -> served.get("s?live=sse&offset=-1"))
          .as("a body that breaks off")
          .isInstanceOf(IOException.class);
      assertThat(served.post("s", "more", TEXT).status()).isEqualTo(500);
    }
  }

  @Test
  void whatACacheMayKeepIsWhatNeverChanges() throws Exception {
    try (var served = served(Served.QUICK.withMemory(10, 1 << 20))) {
      served.put("s", "0123456789", TEXT);
      String first = served.head("s").offset();
      served.post("s", "abcdefghij", TEXT);
      String second = served.head("s").offset();
      served.post("s", "klmnopqrst", TEXT);
      var beginning = served.get("s");
      assertThat(beginning.offset()).isEqualTo(first);
      assertThat(beginning.header("cache-control"))
          .as("another stream may have the name later")
          .isEqualTo("private, no-cache");
      var middle = served.get("s?offset=" + first);
      assertThat(middle.body()).isEqualTo("abcdefghij");
      assertThat(middle.header("cache-control")).startsWith("private, max-age=60");
      assertThat(middle.header("vary")).contains("authorization").contains("x-holdfast-key");
      var tail = served.get("s?offset=" + second);
      assertThat(tail.header("stream-up-to-date")).isEqualTo("true");
      assertThat(tail.header("cache-control")).isEqualTo("private, no-cache");
      String etag = tail.header("etag");
      var again = served.get("s?offset=" + second, "If-None-Match: " + etag);
      assertThat(again.status()).isEqualTo(304);
      assertThat(again.header("etag")).isEqualTo(etag);
      served.post("s", "", "Stream-Closed: true");
      assertThat(served.get("s?offset=" + second, "If-None-Match: " + etag).status())
          .as("it is closed by now")
          .isEqualTo(200);
      var now = served.get("s?offset=now");
      assertThat(now.header("etag")).isEmpty();
      assertThat(now.header("cache-control")).isEqualTo("no-store");
    }
  }

  @Test
  void aPageHasSoManyAppendsAndBytes() throws Exception {
    try (var served = served(Served.QUICK)) {
      served.put("j", "[0]", JSON);
      for (int i = 1; i < 1_005; i++) {
        served.post("j", String.valueOf(i), JSON);
      }
      var page = served.get("j");
      assertThat(page.offset()).startsWith("0000000000001000_");
      assertThat(page.header("stream-up-to-date")).isEmpty();
      assertThat(served.get("j?offset=" + page.offset()).body())
          .isEqualTo("[1000,1001,1002,1003,1004]");

      served.put("s", "a".repeat(200 << 10), TEXT);
      served.post("s", "b".repeat(200 << 10), TEXT);
      assertThat(served.get("s").response().body()).hasSize(200 << 10);
      served.put("large", "c".repeat(700 << 10), TEXT);
      assertThat(served.get("large").response().body()).as("one append").hasSize(700 << 10);
    }
  }

  @Test
  void pagesAndParsedBodiesCountAsMemory() throws Exception {
    try (var served = served(Served.QUICK.withMemory(2 << 20, 1 << 20))) {
      served.put("s", "", TEXT);
      for (int i = 0; i < 20; i++) {
        assertThat(served.post("s", "x".repeat(100 << 10), TEXT).status()).isEqualTo(204);
      }
      var refused = served.get("s");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("x-holdfast-refusal")).isEqualTo("memory-full");
      served.put("j", "", JSON);
      String body = "\"" + "y".repeat(600 << 10) + "\"";
      assertThat(served.post("j", body, JSON).status()).as("it is copied").isEqualTo(503);
      assertThat(served.post("j", "\"small\"", JSON).status()).isEqualTo(204);
      assertThat(served.front().memoryBytes()).isZero();
    }
  }

  @Test
  void eventsForWhichThereIsNoMemoryAreLeftToTheNextRequest() throws Exception {
    try (var served = served(Served.QUICK.withMemory(1 << 10, 32 << 10))) {
      served.put("s", "", TEXT);
      for (int i = 0; i < 4; i++) {
        served.post("s", "x".repeat(15 << 10), TEXT);
      }
      var ended = served.get("s?live=sse&offset=-1");
      assertThat(ended.status()).isEqualTo(200);
      assertThat(ended.body()).doesNotContain("event: data");
      assertThat(served.front().memoryBytes()).isZero();
    }
  }

  @Test
  void anEndIsSentOnce() throws Exception {
    try (var served = served(Served.QUICK)) {
      served.put("s", "x", TEXT, "Stream-Closed: true");
      String body = served.get("s?live=sse&offset=-1").body();
      assertThat(body.split("\"streamClosed\":true", -1)).as(body).hasSize(2);
    }
  }

  @Test
  void anOffsetOfWhatAPowerFailureTookIsRefused() throws Exception {
    try (var served = served(Served.QUICK)) {
      served.put("s", "", TEXT);
    }
    try (var served = served(Served.QUICK)) {
      String first = served.post("s", "a", TEXT).offset();
      served.post("s", "b", TEXT);
      assertThat(first).endsWith("00000002");
      assertThat(served.get("s?offset=" + first).body()).isEqualTo("b");
      String lost = first.substring(0, first.length() - 1) + "1";
      assertThat(served.get("s?offset=" + lost).status()).isEqualTo(400);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"long-poll", "sse"})
  void aReaderThatWaitsKeepsItsStreamFromExpiring(String live) throws Exception {
    var clock = new AtomicLong(System.currentTimeMillis());
    var settings =
        Served.QUICK.withLongPoll(Duration.ofMillis(700)).withConnection(Duration.ofSeconds(2));
    try (var served = served(settings, clock)) {
      served.put("s", "", TEXT, "Stream-TTL: 100");
      var reading =
          CompletableFuture.supplyAsync(() -> {
            try {
              return served.get("s?offset=-1&live=" + live).status();
            } catch (IOException | InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      while (served.front().waiting() == 0) {
        Thread.onSpinWait();
      }
      clock.addAndGet(60_000);
      assertThat(reading.get(60, TimeUnit.SECONDS)).isIn(200, 204);
      clock.addAndGet(60_000);
      assertThat(served.head("s").status()).isEqualTo(200);
    }
  }

  @Test
  void onlyCallbacksAndPublicKeysNeedNoKey() throws Exception {
    String key = GatewayKey.create(new SecureRandom());
    var keys =
        List.of(new KeyConfig("one", GatewayKey.hash(key), List.of(), List.of(), KeyLimits.NONE));
    var clock = new AtomicLong(System.currentTimeMillis());
    try (var served = new Served(directory, Served.QUICK, clock, config -> config.withKeys(keys))) {
      assertThat(served.get("__ds/jwks.json").status()).isEqualTo(200);
      assertThat(served.put("__ds/jwks.json", "").status()).isEqualTo(401);
      assertThat(served.get("__ds/subscriptions/x/callback").status()).isEqualTo(401);
      assertThat(served.post("__ds/subscriptions/x/callback", "{}").body())
          .contains("TOKEN_INVALID");
      assertThat(served.post("__ds/subscriptions/x/ack", "{}").body())
          .doesNotContain("TOKEN_INVALID");
    }
  }
}
