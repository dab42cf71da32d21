package dev.holdfast.gateway;

import static dev.holdfast.gateway.JournalRig.id;
import static dev.holdfast.gateway.JournalRig.ids;
import static dev.holdfast.gateway.JournalRig.path;
import static dev.holdfast.gateway.JournalRig.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.KeyConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who reads a stream of the journal, from where, and what becomes of it when clients leave. */
@Timeout(120)
class JournalReadersTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String KEY_A = "hfk_aaaaaaaaBBBBBBBBccccccccDDDDDDDD0123456789a";
  private static final String KEY_B = "hfk_bbbbbbbbCCCCCCCCddddddddEEEEEEEE0123456789b";

  @TempDir private Path directory;

  private static GatewayConfig unchanged(GatewayConfig config) {
    return config;
  }

  private static UnaryOperator<GatewayConfig> gone(ClientGone gone) {
    return config ->
        config.withStreams(streams -> streams.withDelivery(d -> d.withClientGone(gone)));
  }

  private static UnaryOperator<GatewayConfig> identical(Identical identical) {
    return config ->
        config.withStreams(streams -> streams.withDelivery(d -> d.withIdentical(identical, LONG)));
  }

  private static KeyConfig key(String name, String key) {
    return new KeyConfig(
        name, GatewayKey.hash(key), List.of(), List.of(), KeyConfig.KeyLimits.NONE);
  }

  private static String bearer(String key) {
    return "Authorization: Bearer " + key;
  }

  // ---------------------------------------------------------------- whose stream it is

  /** What a client learns of an answer: everything but its date. */
  private static String seen(RawClient.Response response) {
    return response.status() + " " + response.headers() + " " + response.text();
  }

  @Test
  void s5ForeignUnknownMalformedAndExpiredIdsAreAnsweredAlike() throws Exception {
    UnaryOperator<GatewayConfig> change =
        config ->
            config
                .withKeys(List.of(key("a", KEY_A), key("b", KEY_B)))
                .withJournal(JournalRig.expiring(directory));
    try (var stage = new JournalStage(directory, change)) {
      stage.go.release(2);
      int port = stage.gateway.port();
      String own = id(stage.ask(bearer(KEY_A)));
      assertThat(RawClient.get(port, path(own), bearer(KEY_A)).status()).isEqualTo(200);
      var unknown = RawClient.get(port, path("0123456789abcdef0123456789abcdef"), bearer(KEY_A));
      assertThat(unknown.status()).isEqualTo(404);
      String refused = seen(unknown);
      assertThat(seen(RawClient.get(port, path(own), bearer(KEY_B)))).isEqualTo(refused);
      for (String malformed : List.of("x", own + "0", own.substring(1), own + "/more", "..%2f")) {
        assertThat(seen(RawClient.get(port, path(malformed), bearer(KEY_A))))
            .as(malformed)
            .satisfiesAnyOf(
                answer -> assertThat(answer).isEqualTo(refused),
                answer -> assertThat(answer).startsWith("400").contains("path: must"));
      }
      for (String method : List.of("HEAD", "DELETE")) {
        assertThat(request(port, method, path(own), bearer(KEY_B)).status()).isEqualTo(404);
      }
      assertThat(request(port, "GET", path(own)).status()).isEqualTo(401);
      while (request(port, "HEAD", path(own), bearer(KEY_A)).status() == 200) {
        LockSupport.parkNanos(10_000_000);
      }
      assertThat(seen(RawClient.get(port, path(own), bearer(KEY_A)))).isEqualTo(refused);
    }
  }

  @Test
  void s5WithoutKeysTheClientsOwnCredentialDecides() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged)) {
      stage.go.release(2);
      int port = stage.gateway.port();
      String own = id(stage.ask("Authorization: Bearer sk-one", "x-api-key: two"));
      String open = id(stage.ask());
      assertThat(
              request(port, "GET", path(own), "x-api-key: two", "Authorization: Bearer sk-one")
                  .status())
          .isEqualTo(200);
      for (String[] other :
          List.of(
              new String[] {},
              new String[] {"Authorization: Bearer sk-one"},
              new String[] {"Authorization: Bearer sk-two", "x-api-key: two"})) {
        assertThat(request(port, "GET", path(own), other).status()).isEqualTo(404);
      }
      assertThat(request(port, "GET", path(open)).status()).isEqualTo(200);
      assertThat(request(port, "GET", path(open), "x-api-key: two").status()).isEqualTo(404);
    }
  }

  // ---------------------------------------------------------------- from where

  @Test
  void s7AWrongOffsetIsRefusedAndNeverAnotherStreamsBytes() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged)) {
      stage.go.release(2);
      int port = stage.gateway.port();
      var first = stage.ask();
      var second = stage.ask("Idempotency-Key: two");
      String last = ids(first.text()).getLast();
      String beyond = last.substring(0, last.length() - 4) + "9999";
      String[] parts = last.split("_", -1);
      String epoch = parts[0] + "_0000000002_" + parts[2];
      var wrong =
          new ArrayList<>(
              List.of(
                  "",
                  "0",
                  "-1",
                  "now",
                  "x",
                  beyond,
                  epoch,
                  last + "0",
                  last.toUpperCase(Locale.ROOT) + "G"));
      wrong.addAll(ids(second.text()));
      for (String offset : wrong) {
        var byQuery = RawClient.get(port, path(id(first)) + "?after=" + offset);
        var byHeader = RawClient.get(port, path(id(first)), "Last-Event-ID: " + offset);
        for (var response : List.of(byQuery, byHeader)) {
          assertThat(response.status()).as(offset).isEqualTo(400);
          assertThat(response.text()).contains("wrong-offset").doesNotContain("word");
        }
      }
      var twice = RawClient.get(port, path(id(first)) + "?after=" + last + "&after=" + last);
      assertThat(twice.status()).isEqualTo(400);
      // A browser repeats its address, and knows better by then.
      var browser =
          RawClient.get(
              port,
              path(id(first)) + "?after=" + ids(first.text()).getFirst(),
              "Last-Event-ID: " + last);
      assertThat(browser.text()).isEqualTo(": holdfast-stream-end complete\n");
      assertThat(request(port, "PUT", path(id(first))).status()).isEqualTo(405);
    }
  }

  @Test
  void manyReadersFollowALiveStream() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged);
        var first = stage.reading()) {
      var readers = new ArrayList<JournalStage.Reader>();
      for (int i = 0; i < 20; i++) {
        readers.add(stage.resuming(first.id));
      }
      stage.go.release();
      String whole = first.rest();
      assertThat(whole).contains("and another.", "[DONE]");
      for (var reader : readers) {
        assertThat(reader.rest()).contains("One word", "and another.", "[DONE]");
        assertThat(ids(reader.rest())).isEqualTo(ids(whole));
        reader.close();
      }
      assertThat(stage.asked).hasValue(1);
    }
  }

  // ---------------------------------------------------------------- clients that leave

  @Test
  void aStreamRunsOnWithoutItsClient() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged)) {
      String id;
      String after;
      try (var client = stage.reading()) {
        id = client.id;
        client.await("\n\n");
        after = ids(client.seen.toString()).getFirst();
      }
      while (stage.gateway.unattended() == 0) {
        LockSupport.parkNanos(1_000_000);
      }
      assertThat(stage.end(id)).isEqualTo("open");
      stage.go.release();
      stage.awaitEnd(id, "complete");
      var rest = RawClient.get(stage.gateway.port(), path(id), "Last-Event-ID: " + after);
      assertThat(rest.text()).contains("and another.").doesNotContain("One word");
      assertThat(JournalStage.text(RawClient.get(stage.gateway.port(), path(id)).text()))
          .isEqualTo(JournalStage.TEXT);
      assertThat(stage.asked).hasValue(1);
    }
  }

  @Test
  void cancelEndsTheStreamWithItsLastReader() throws Exception {
    try (var stage = new JournalStage(directory, gone(new ClientGone.Cancel()))) {
      var client = stage.reading();
      String id = client.id;
      try (var other = stage.resuming(id)) {
        client.close();
        assertThat(other.id).isEqualTo(id);
        assertThat(stage.end(id)).isEqualTo("open");
      }
      stage.awaitClosed();
      stage.awaitEnd(id, "cancelled");
      var rest = RawClient.get(stage.gateway.port(), path(id));
      assertThat(rest.whole()).isFalse();
      assertThat(rest.text()).contains("One word", "\"error\"", ": holdfast-stream-end cancelled");
    }
  }

  /** A browser drops what it has not read of a body that breaks: the error, too. */
  @Test
  void aClientThatReadsTheNameOfTheEndReceivesAWholeBody() throws Exception {
    try (var stage = new JournalStage(directory, gone(new ClientGone.Cancel()))) {
      var client = stage.reading();
      String id = client.id;
      client.close();
      stage.awaitClosed();
      stage.awaitEnd(id, "cancelled");
      var rest = RawClient.get(stage.gateway.port(), path(id), "holdfast-event-ids: on");
      assertThat(rest.whole()).isTrue();
      assertThat(rest.text()).contains("One word", "\"error\"", ": holdfast-stream-end cancelled");
    }
  }

  /** The same for the client whose request began the stream. */
  @Test
  void theOneThatAskedReceivesTheNameOfTheEndToo() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged);
        var first = stage.reading("holdfast-event-ids: on")) {
      assertThat(request(stage.gateway.port(), "DELETE", path(first.id)).status()).isEqualTo(204);
      String rest = first.rest();
      assertThat(rest).contains("\"error\"", ": holdfast-stream-end cancelled");
      assertThat(rest).endsWith("\r\n0\r\n\r\n");
    }
  }

  @Test
  void deleteStopsTheUpstreamAndEndsEveryReader() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged);
        var first = stage.reading();
        var second = stage.resuming(first.id)) {
      int port = stage.gateway.port();
      assertThat(request(port, "DELETE", path(first.id)).status()).isEqualTo(204);
      assertThat(stage.end(first.id)).isEqualTo("cancelled");
      stage.awaitClosed();
      for (var reader : List.of(first, second)) {
        assertThat(reader.rest()).contains("\"error\"", "cancelled").doesNotContain("[DONE]");
      }
      assertThat(request(port, "DELETE", path(first.id)).status()).isEqualTo(204);
      assertThat(RawClient.get(port, path(first.id)).text()).contains("One word");
    }
  }

  @Test
  void deleteOfAFinishedStreamChangesNothing() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged)) {
      stage.go.release();
      String id = id(stage.ask());
      assertThat(request(stage.gateway.port(), "DELETE", path(id)).status()).isEqualTo(204);
      assertThat(stage.end(id)).isEqualTo("complete");
    }
  }

  // ---------------------------------------------------------------- the same request

  @Test
  void theSameIdempotencyKeyReceivesTheSameStream() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged);
        var first = stage.reading("Idempotency-Key: k1");
        var second = stage.reading("Idempotency-Key: k1");
        var other = stage.reading("Idempotency-Key: k2")) {
      assertThat(second.id).isEqualTo(first.id);
      assertThat(second.head.header("x-holdfast-attached")).isEqualTo("1");
      assertThat(other.id).isNotEqualTo(first.id);
      stage.go.release(2);
      assertThat(second.rest()).isEqualTo(first.rest());
      assertThat(other.rest()).contains("[DONE]");
      assertThat(id(stage.ask("Idempotency-Key: k1"))).isEqualTo(first.id);
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void aKeyWhoseStreamDidNotCompleteAsksAgain() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged)) {
      String id;
      try (var client = stage.reading("Idempotency-Key: k1")) {
        id = client.id;
        request(stage.gateway.port(), "DELETE", path(id));
      }
      stage.go.release(2);
      assertThat(id(stage.ask("Idempotency-Key: k1"))).isNotEqualTo(id);
      assertThat(stage.asked).hasValue(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"AUTO", "ATTACH", "OFF"})
  void anIdenticalRequestAttachesWhileTheFirstIsNotAnswered(Identical identical) throws Exception {
    try (var stage =
            new JournalStage(
                directory, identical(identical), "", JournalStage.FIRST + JournalStage.LAST);
        var one = new RawClient(stage.gateway.port());
        var two = new RawClient(stage.gateway.port())) {
      one.send(JournalStage.chat());
      stage.connected.acquire();
      two.send(JournalStage.chat());
      if (identical == Identical.OFF) {
        stage.connected.acquire();
      } else {
        stage.awaitReaders(2);
      }
      stage.go.release(2);
      var first = one.read("POST");
      var second = two.read("POST");
      assertThat(JournalStage.text(first.text())).isEqualTo(JournalStage.TEXT);
      assertThat(JournalStage.text(second.text())).isEqualTo(JournalStage.TEXT);
      assertThat(stage.asked).hasValue(identical == Identical.OFF ? 2 : 1);
      assertThat(id(second).equals(id(first))).isEqualTo(identical != Identical.OFF);
    }
  }

  @Test
  void anAnsweredRequestIsAskedAgain() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged);
        var first = stage.reading();
        var second = stage.reading()) {
      assertThat(second.id).isNotEqualTo(first.id);
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void aRequestWithoutItsClientIsFoundByAnIdenticalOne() throws Exception {
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged)) {
      String id;
      try (var client = stage.reading()) {
        id = client.id;
      }
      while (stage.gateway.unattended() == 0) {
        LockSupport.parkNanos(1_000_000);
      }
      try (var again = stage.reading()) {
        assertThat(again.id).isEqualTo(id);
        while (stage.gateway.unattended() > 0 && !Thread.currentThread().isInterrupted()) {
          LockSupport.parkNanos(1_000_000); // The event loop that writes it may be another one.
        }
        assertThat(stage.gateway.unattended()).isZero();
        stage.go.release();
        assertThat(again.rest()).contains("[DONE]");
      }
      assertThat(stage.asked).hasValue(1);
    }
  }

  @Test
  void replaceEndsTheFirst() throws Exception {
    try (var stage = new JournalStage(directory, identical(Identical.REPLACE));
        var first = stage.reading();
        var second = stage.reading()) {
      assertThat(first.rest()).contains("replaced").doesNotContain("[DONE]");
      stage.go.release();
      stage.go.release();
      assertThat(second.rest()).contains("[DONE]");
      assertThat(Stream.of(first.id, second.id)).doesNotHaveDuplicates();
    }
  }

  @Test
  void aStreamThatIsSilentForLongDoesNotExpireWhileItIsOpen() throws Exception {
    UnaryOperator<GatewayConfig> brief =
        config -> config.withJournal(JournalRig.expiring(directory));
    try (var stage = new JournalStage(directory, brief);
        var client = stage.reading()) {
      long until = System.nanoTime() + Duration.ofMillis(2_500).toNanos();
      while (System.nanoTime() < until) {
        assertThat(stage.end(client.id)).isEqualTo("open");
        LockSupport.parkNanos(50_000_000);
      }
      stage.go.release();
      assertThat(client.rest()).contains("and another.", "[DONE]").doesNotContain("\"error\"");
    }
  }

  @Test
  void aRepeatedRequestAttachesAlsoAtTheLimitOfItsKey() throws Exception {
    var limits = new KeyConfig.KeyLimits(0, 1, 0, 0);
    UnaryOperator<GatewayConfig> one =
        config ->
            config.withKeys(
                List.of(new KeyConfig("a", GatewayKey.hash(KEY_A), List.of(), List.of(), limits)));
    String once = "Idempotency-Key: once";
    try (var stage = new JournalStage(directory, one);
        var first = stage.reading(bearer(KEY_A), once);
        var second = stage.reading(bearer(KEY_A), once)) {
      assertThat(second.id).isEqualTo(first.id);
      assertThat(stage.ask(bearer(KEY_A), "Idempotency-Key: other").status()).isEqualTo(429);
      assertThat(stage.asked).hasValue(1);
    }
  }

  @Test
  void aWholeAnswerIsFoundWhoseClientLeftAfterItsEnd() throws Exception {
    String piece = JournalStage.chunk("{\"content\":\"" + "word ".repeat(6_000) + "\"}", "null");
    String rest = piece.repeat(600) + JournalStage.LAST;
    // One loop: the line in the log follows what the departure of the reader changes.
    try (var stage =
        new JournalStage(directory, JournalReadersTest::unchanged, JournalStage.FIRST, rest, 1)) {
      String id;
      try (var first = stage.reading()) {
        id = first.id;
      }
      while (stage.gateway.unattended() == 0) {
        LockSupport.parkNanos(1_000_000);
      }
      try (var slow = stage.resuming(id)) {
        while (stage.gateway.unattended() > 0) {
          LockSupport.parkNanos(1_000_000);
        }
        stage.go.release();
        stage.awaitEnd(slow.id, "complete");
      }
      while (stage.log.stream().noneMatch(line -> line.contains("GET") && line.contains("gone"))) {
        LockSupport.parkNanos(1_000_000);
      }
      try (var again = stage.reading()) {
        assertThat(again.id).isEqualTo(id);
      }
      assertThat(stage.asked).hasValue(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ocp-apim-subscription-key",
        "x-auth-token",
        "anthropic-beta",
        "openai-project",
        "x-goog-user-project"
      })
  void requestsThatAnUpstreamWouldAnswerDifferentlyShareNoStream(String header) throws Exception {
    String key = "Idempotency-Key: once";
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged);
        var first = stage.reading(key, header + ": one", "User-Agent: a/1", "x-request-id: 1");
        var other = stage.reading(key, header + ": two", "User-Agent: a/1", "x-request-id: 2");
        var same = stage.reading(key, header + ": one", "User-Agent: a/2", "x-request-id: 3")) {
      assertThat(other.id).isNotEqualTo(first.id);
      assertThat(same.id).isEqualTo(first.id);
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void aNameOfASessionDecidesNoOwner() throws Exception {
    String token = "x-auth-token: one";
    try (var stage = new JournalStage(directory, JournalReadersTest::unchanged);
        var first = stage.reading(token, "session_id: s-1", "Idempotency-Key: once")) {
      assertThat(stage.end(first.id, token, "session_id: s-2")).isEqualTo("open");
      var foreign = request(stage.gateway.port(), "HEAD", path(first.id), "x-auth-token: two");
      assertThat(foreign.status()).isEqualTo(404);
    }
  }

  @Test
  void aReaderThatComesBackEndsTheDrain() throws Exception {
    try (var stage =
        new JournalStage(directory, gone(new ClientGone.Drain(LONG)), JournalStage.FIRST, "")) {
      String id;
      try (var client = stage.reading()) {
        id = client.id;
      }
      while (stage.gateway.unattended() == 0) {
        LockSupport.parkNanos(1_000_000);
      }
      try (var back = stage.resuming(id)) {
        while (stage.gateway.unattended() > 0) {
          LockSupport.parkNanos(1_000_000);
        }
        stage.go.release(); // The upstream cuts: another attempt is needed.
        while (stage.asked.get() < 2) {
          assertThat(stage.end(back.id)).isEqualTo("open");
        }
      }
    }
  }
}
