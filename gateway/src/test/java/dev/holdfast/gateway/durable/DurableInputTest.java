package dev.holdfast.gateway.durable;

import static dev.holdfast.gateway.durable.Served.JSON;
import static dev.holdfast.gateway.durable.Served.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are wrong, foreign or too much. */
@Timeout(120)
class DurableInputTest {
  @TempDir Path directory;

  private Served served(DurableSettings settings) throws IOException {
    return new Served(
        directory, settings, new AtomicLong(System.currentTimeMillis()), config -> config);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "1_2",
        "-2",
        "NOW",
        "0000000000000001_0000000000000001",
        "0000000000000000_0000000000000001",
        "9999999999999999_9999999999999999",
        "0000000000000001_00000000ffffffff",
        "%30000000000000001_0000000000000001",
        "now%00",
        "-1%0a",
        "..%2f..",
        "%ff"
      })
  void anOffsetThatIsNoneOfTheStreamIsRefused(String offset)
      throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      served.put("s", "abc", TEXT);
      for (String live : List.of("", "&live=long-poll", "&live=sse")) {
        assertThat(served.get("s?offset=" + offset + live).status()).as(live).isEqualTo(400);
      }
      assertThat(
              served
                  .put("f", "", "Stream-Forked-From: /v1/stream/s", "Stream-Fork-Offset: 0_0")
                  .status())
          .isEqualTo(400);
    }
  }

  @Test
  void offsetsOfOtherStreamsAreRefused() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      served.put("one", "1", TEXT);
      served.put("two", "2", TEXT);
      String ofTwo = served.head("two").offset();
      assertThat(served.get("one?offset=" + ofTwo).status()).isEqualTo(400);

      String old = served.head("one").offset();
      served.delete("one");
      served.put("one", "other bytes", TEXT);
      assertThat(served.get("one?offset=" + old).status()).as("the name was free").isEqualTo(400);

      // Two forks share what is before them, and nothing after.
      String fork = "Stream-Forked-From: /v1/stream/two";
      served.put("left", "", fork);
      served.put("right", "", fork);
      String left = served.post("left", "L", TEXT).offset();
      served.post("right", "R", TEXT);
      assertThat(served.get("left?offset=" + ofTwo).body()).isEqualTo("L");
      assertThat(served.get("right?offset=" + ofTwo).body()).isEqualTo("R");
      assertThat(served.get("right?offset=" + left).status()).isEqualTo(400);
      assertThat(served.get("two?offset=" + left).status()).isEqualTo(400);
      served.post("two", "3", TEXT);
      String later = served.head("two").offset();
      assertThat(served.get("left?offset=" + later).status()).isEqualTo(400);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{", "[1", "[1,]", "1 2", "NaN", "{\"a\":1}}", "'a'", "[1] x", "\u0000", "tru"})
  void brokenJsonIsRefusedAndLeavesNothing(String body) throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      served.put("j", "", JSON);
      assertThat(served.post("j", body, JSON).status()).isEqualTo(400);
      assertThat(served.put("k", body, JSON).status()).isEqualTo(400);
      assertThat(served.get("j").body()).isEqualTo("[]");
      assertThat(served.get("k").status()).isEqualTo(404);
    }
  }

  @Test
  void jsonIsKeptAsItWasWritten() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      served.put("j", "", JSON);
      served.post(
          "j",
          "\uFEFF [1.000e5, \"a\\u0041\\\"]\", [ 2 ,\n3], null,true, {\"b\":\"]\"}, -0]",
          JSON);
      served.post("j", " 12345678901234567890.10 ", JSON);
      served.post("j", "\"\u00e9\"", "Content-Type: Application/JSON; charset=utf-8");
      assertThat(served.get("j").body())
          .isEqualTo(
              "[1.000e5,\"a\\u0041\\\"]\",[ 2 ,\n3],null,true,{\"b\":\"]\"},-0,"
                  + "12345678901234567890.10,\"\u00e9\"]");
      byte[] utf16 = "[1]".getBytes(StandardCharsets.UTF_16);
      assertThat(served.ask("POST", "j", utf16, JSON).status()).isEqualTo(400);
    }
  }

  @Test
  void giantBodiesAreRefusedBeforeTheyAreRead() throws IOException, InterruptedException {
    var settings = Served.QUICK.withMemory(1 << 20, 24 << 20);
    try (var served = served(settings)) {
      served.put("g", "", TEXT);
      byte[] fits = new byte[12 << 20];
      assertThat(served.ask("POST", "g", fits, TEXT).status()).isEqualTo(204);
      assertThat(served.ask("POST", "g", new byte[20 << 20], TEXT).status()).isEqualTo(413);
      assertThat(raw(served, "POST /v1/stream/g", "Content-Length: 99999999999"))
          .startsWith("HTTP/1.1 413");
      assertThat(served.get("g").response().body()).hasSize(fits.length);
      assertThat(served.front().memoryBytes()).isZero();
    }
  }

  @Test
  void bodiesBeyondTheMemoryOfAllAreRefusedForAWhile() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK.withMemory(1 << 20, 1 << 20))) {
      served.put("g", "", TEXT);
      var refused = served.ask("POST", "g", new byte[2 << 20], TEXT);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("retry-after")).isNotEmpty();
      assertThat(served.front().memoryBytes()).isZero();
      assertThat(served.post("g", "small", TEXT).status()).isEqualTo(204);
    }
  }

  @Test
  void requestsThatNeedNoKeyHaveSmallBodies() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      assertThat(raw(served, "OPTIONS /v1/stream/s", "Content-Length: 1"))
          .startsWith("HTTP/1.1 413");
      assertThat(
              raw(served, "OPTIONS /v1/stream/s", "Transfer-Encoding: chunked", "", "1", "x", "0"))
          .startsWith("HTTP/1.1 413");
      String callback = "POST /v1/stream/__ds/subscriptions/x/callback";
      assertThat(raw(served, callback, "Content-Length: 65537")).startsWith("HTTP/1.1 413");
      assertThat(served.post("__ds/subscriptions/x/callback", " ".repeat(65_536), JSON).status())
          .isNotEqualTo(413);
      assertThat(raw(served, "PUT /v1/stream/__ds/subscriptions/x", "Content-Length: 1048577"))
          .startsWith("HTTP/1.1 413");
      assertThat(served.front().memoryBytes()).isZero();
    }
  }

  @Test
  void aBodyInPiecesOfOneByteIsWhole() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      served.put("s", "", TEXT);
      String body = "abcdefghij".repeat(500);
      String chunks =
          body.chars()
              .mapToObj(c -> "1\r\n" + (char) c + "\r\n")
              .collect(java.util.stream.Collectors.joining());
      assertThat(
              raw(served, "POST /v1/stream/s", "Transfer-Encoding: chunked", "", chunks + "0\r\n"))
          .startsWith("HTTP/1.1 204");
      assertThat(served.front().memoryBytes()).isZero();
      assertThat(served.get("s").body()).isEqualTo(body);
    }
  }

  @Test
  void aPathOfSlashesIsRefusedAtOnce() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      // In quadratic time it took minutes.
      String slashes = "/".repeat(1_000_000) + "x";
      String body =
          "{\"type\":\"pull-wake\",\"pattern\":\"" + slashes + "\",\"wake_stream\":\"w\"}";
      assertThat(served.put("__ds/subscriptions/x", body, JSON).status()).isEqualTo(400);
      var made =
          served.put(
              "__ds/subscriptions/x",
              "{\"type\":\"pull-wake\",\"streams\":[\"//a/b//\"],\"wake_stream\":\"/w\"}",
              JSON);
      assertThat(made.status()).isEqualTo(201);
      assertThat(made.body()).contains("\"path\":\"a/b\"").contains("\"wake_stream\":\"w\"");
    }
  }

  @Test
  void aForkOfTooManyForksIsRefused() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      served.put("f0", "0", TEXT);
      for (int i = 1; i <= StreamCreation.MAX_DEPTH; i++) {
        String fork = "Stream-Forked-From: /v1/stream/f" + (i - 1);
        assertThat(served.put("f" + i, "", fork).status()).isEqualTo(201);
      }
      String last = "Stream-Forked-From: /v1/stream/f" + StreamCreation.MAX_DEPTH;
      var refused = served.put("more", "", last);
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.header("x-holdfast-refusal")).isEqualTo("fork-too-deep");
      assertThat(served.get("f" + StreamCreation.MAX_DEPTH).body()).isEqualTo("0");
    }
  }

  private static String raw(Served served, String line, String... headers) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), served.gateway.port())) {
      socket.setSoTimeout(30_000);
      String request =
          line
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nConnection: close\r\n"
              + String.join("\r\n", headers)
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Stream-TTL: 01",
        "Stream-TTL: 99999999999999999999",
        "Stream-TTL: -1",
        "Stream-Expires-At: tomorrow",
        "Stream-Expires-At: 2030-01-01",
        "Stream-Expires-At: +999999999-12-31T23:59:59Z",
        "Stream-Expires-At: -999999999-01-01T00:00:00Z",
        "Stream-Expires-At: +10000-01-01T00:00:00Z",
        "Stream-Expires-At: 0000-01-01T00:00:00Z",
        "Stream-Fork-Offset: -1",
        "Stream-Fork-Sub-Offset: 0"
      })
  void headersWithoutMeaningAreRefused(String header) throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      var refused = served.put("s", "", TEXT, header);
      assertThat(refused.status()).isEqualTo(400);
      String name = header.substring(0, header.indexOf(':')).toLowerCase(java.util.Locale.ROOT);
      assertThat(refused.body()).contains(name.startsWith("stream-fork") ? "stream-fork" : name);
      assertThat(served.get("s").status()).isEqualTo(404);
    }
  }

  @Test
  void longNamesAndOtherMethodsAreRefused() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      assertThat(served.put("x".repeat(1_025), "", TEXT).status()).isEqualTo(414);
      assertThat(served.ask("PATCH", "s", new byte[0]).status()).isEqualTo(405);
      assertThat(served.put("", "", TEXT).status()).isEqualTo(404);
      assertThat(served.produce("s", "x", "p".repeat(257), 0, 0).status()).isEqualTo(400);
    }
  }

  @Test
  void aStreamBelongsToItsKey() throws IOException, InterruptedException {
    String one = GatewayKey.create(new SecureRandom());
    String two = GatewayKey.create(new SecureRandom());
    var keys = List.of(key("one", one), key("two", two));
    var clock = new AtomicLong(System.currentTimeMillis());
    try (var served = new Served(directory, Served.QUICK, clock, config -> config.withKeys(keys))) {
      String asOne = "Authorization: Bearer " + one;
      String asTwo = "Authorization: Bearer " + two;
      assertThat(served.put("s", "of one", TEXT, asOne).status()).isEqualTo(201);
      assertThat(served.get("s", asOne).body()).isEqualTo("of one");
      assertThat(served.get("s").status()).isEqualTo(401);
      assertThat(served.get("s", asTwo).status()).isEqualTo(404);
      assertThat(served.put("f", "", "Stream-Forked-From: /v1/stream/s", asTwo).status())
          .isEqualTo(404);
      assertThat(served.put("s", "of two", TEXT, asTwo).status()).isEqualTo(201);
      assertThat(served.get("s", asOne).body()).isEqualTo("of one");
      assertThat(served.get("__ds/jwks.json").status()).as("public keys").isEqualTo(200);
      assertThat(served.get("__ds/subscriptions/x").status()).isEqualTo(401);
      assertThat(served.post("__ds/subscriptions/x/callback", "{}", JSON).status())
          .as("without its token")
          .isEqualTo(401);
    }
  }

  private static KeyConfig key(String name, String key) {
    return new KeyConfig(name, GatewayKey.hash(key), List.of(), List.of(), KeyLimits.NONE);
  }

  @Test
  void pagesOfOtherOriginsReadNothing() throws IOException, InterruptedException {
    try (var served = served(Served.QUICK)) {
      served.put("s", "x", TEXT);
      assertThat(raw(served, "GET /v1/stream/s", "Origin: https://evil.example"))
          .startsWith("HTTP/1.1 403");
      assertThat(
              raw(
                  served,
                  "POST /v1/stream/s",
                  "Origin: https://evil.example",
                  "Content-Length: 1",
                  "",
                  "y"))
          .startsWith("HTTP/1.1 403");
      assertThat(raw(served, "OPTIONS /v1/stream/s", "Origin: https://evil.example"))
          .startsWith("HTTP/1.1 204")
          .contains("if-none-match")
          .doesNotContain("access-control-allow-origin");
      assertThat(raw(served, "OPTIONS /v1/chat/completions", "Origin: https://evil.example"))
          .startsWith("HTTP/1.1 403");
      String own = "Origin: http://localhost:" + served.gateway.port();
      assertThat(raw(served, "GET /v1/stream/s", own))
          .startsWith("HTTP/1.1 200")
          .contains("access-control-allow-origin: http://localhost:")
          .contains("access-control-expose-headers: stream-next-offset")
          .contains("cross-origin-resource-policy: cross-origin");
      assertThat(served.get("s").header("cross-origin-resource-policy")).isEqualTo("same-origin");
      assertThat(served.get("s").body()).isEqualTo("x");
    }
  }
}
