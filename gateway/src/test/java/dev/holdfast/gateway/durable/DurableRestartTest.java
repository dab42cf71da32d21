package dev.holdfast.gateway.durable;

import static dev.holdfast.gateway.durable.Served.JSON;
import static dev.holdfast.gateway.durable.Served.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What another process finds of the streams of the one before. */
@Timeout(120)
class DurableRestartTest {
  @TempDir Path directory;

  @Test
  void contentConfigurationAndOffsetsAreThere() throws IOException, InterruptedException {
    String middle;
    String tail;
    try (var served = new Served(directory)) {
      served.put("a/b", "one ", TEXT, "Stream-TTL: 3600");
      middle = served.post("a/b", "two ", TEXT).offset();
      tail = served.post("a/b", "three", TEXT, "Stream-Seq: 5").offset();
      served.put("json", "[1, {\"a\" : 2.50}]", JSON, "Stream-Closed: true");
    }
    try (var served = new Served(directory)) {
      var head = served.head("a/b");
      assertThat(head.offset()).isEqualTo(tail);
      assertThat(head.header("stream-ttl")).isEqualTo("3600");
      assertThat(head.header("content-type")).isEqualTo("text/plain");
      assertThat(served.get("a/b").body()).isEqualTo("one two three");
      assertThat(served.get("a/b?offset=" + middle).body()).isEqualTo("three");
      assertThat(served.post("a/b", "?", TEXT, "Stream-Seq: 5").status()).isEqualTo(409);
      assertThat(served.post("a/b", "!", TEXT, "Stream-Seq: 6").status()).isEqualTo(204);
      assertThat(served.get("a/b?offset=" + tail).body()).isEqualTo("!");
      assertThat(served.put("a/b", "", TEXT, "Stream-TTL: 3600").status()).isEqualTo(200);
      assertThat(served.put("a/b", "", TEXT).status()).isEqualTo(409);
      var json = served.get("json");
      assertThat(json.body()).isEqualTo("[1,{\"a\" : 2.50}]");
      assertThat(json.closed()).isTrue();
      assertThat(served.post("json", "3", JSON).status()).isEqualTo(409);
    }
  }

  @Test
  void producersAreKnownHoweverManyAppendsAndRestartsAreBetween()
      throws IOException, InterruptedException {
    int sent = 0;
    for (int process = 0; process < 4; process++) {
      try (var served = new Served(directory)) {
        served.put("p", "", TEXT);
        if (process > 0) {
          // The answer to the last append may have been lost.
          var repeated = served.produce("p", "x", "rare", 3, 0);
          assertThat(repeated.status()).isEqualTo(204);
          var again = served.produce("p", "lost", "busy", 0, sent - 1);
          assertThat(again.status()).isEqualTo(204);
          assertThat(again.header("producer-seq")).isEqualTo(String.valueOf(sent - 1));
          var gap = served.produce("p", "gap", "busy", 0, sent + 5);
          assertThat(gap.status()).isEqualTo(409);
          assertThat(gap.header("producer-expected-seq")).isEqualTo(String.valueOf(sent));
          assertThat(served.produce("p", "old", "rare", 2, 9).status()).isEqualTo(403);
        } else {
          assertThat(served.produce("p", "r", "rare", 3, 0).status()).isEqualTo(200);
        }
        int count = process == 1 ? 1 : 70; // Fewer and more than the entries between snapshots.
        for (int i = 0; i < count; i++) {
          assertThat(served.produce("p", ".", "busy", 0, sent++).status()).isEqualTo(200);
        }
      }
    }
    try (var served = new Served(directory)) {
      assertThat(served.get("p").body()).isEqualTo("r" + ".".repeat(sent));
    }
  }

  @Test
  void aProducersCloseIsARepetitionAfterARestart() throws IOException, InterruptedException {
    try (var served = new Served(directory)) {
      served.put("c", "", TEXT);
      assertThat(served.produce("c", "end", "p", 0, 0, "Stream-Closed: true").status())
          .isEqualTo(200);
    }
    try (var served = new Served(directory)) {
      var again = served.produce("c", "end", "p", 0, 0, "Stream-Closed: true");
      assertThat(again.status()).isEqualTo(204);
      assertThat(again.closed()).isTrue();
      assertThat(served.produce("c", "more", "p", 0, 1).status()).isEqualTo(409);
      assertThat(served.get("c").body()).isEqualTo("end");
    }
  }

  @Test
  void forksReadTheirSourceAlsoWhenItWasDeletedBefore() throws IOException, InterruptedException {
    try (var served = new Served(directory)) {
      served.put("source", "1", TEXT);
      String second = served.post("source", "2", TEXT).offset();
      served.post("source", "3", TEXT);
      served.put(
          "fork", "", "Stream-Forked-From: /v1/stream/source", "Stream-Fork-Offset: " + second);
      served.post("fork", "a", TEXT);
      served.put("fork-of-fork", "", "Stream-Forked-From: /v1/stream/fork");
      served.post("fork-of-fork", "b", TEXT);
      assertThat(served.delete("source").status()).isEqualTo(204);
      assertThat(served.delete("fork").status()).isEqualTo(204);
    }
    try (var served = new Served(directory)) {
      assertThat(served.get("source").status()).isEqualTo(410);
      assertThat(served.put("source", "", TEXT).status()).isEqualTo(409);
      assertThat(served.get("fork").status()).isEqualTo(410);
      assertThat(served.get("fork-of-fork").body()).isEqualTo("12ab");
      assertThat(served.journal.size().streams()).isEqualTo(4); // Three logs and a name.
      assertThat(served.delete("fork-of-fork").status()).isEqualTo(204);
      assertThat(served.get("source").status()).isEqualTo(404);
      assertThat(served.put("source", "new", TEXT).status()).isEqualTo(201);
    }
    try (var served = new Served(directory)) {
      assertThat(served.get("source").body()).isEqualTo("new");
      assertThat(served.get("fork").status()).isEqualTo(404);
      assertThat(served.journal.size().streams()).isEqualTo(2);
    }
  }

  @Test
  void timeToLiveRunsWhileNoProcessDoes() throws IOException, InterruptedException {
    var clock = new AtomicLong(System.currentTimeMillis());
    try (var served = new Served(directory, Served.QUICK, clock, config -> config)) {
      served.put("short", "x", TEXT, "Stream-TTL: 100");
      served.put("used", "y", TEXT, "Stream-TTL: 100");
      served.put("forked", "z", TEXT, "Stream-TTL: 100");
      served.put("keeps", "", "Stream-Forked-From: /v1/stream/forked", "Stream-TTL: 100000");
      clock.addAndGet(60_000);
      assertThat(served.get("used").body()).isEqualTo("y");
      assertThat(served.head("short").status()).isEqualTo(200); // Which is no use.
    }
    clock.addAndGet(60_000);
    try (var served = new Served(directory, Served.QUICK, clock, config -> config)) {
      assertThat(served.get("short").status()).isEqualTo(404);
      assertThat(served.get("used").body()).isEqualTo("y");
      assertThat(served.get("forked").status()).isEqualTo(410);
      assertThat(served.get("keeps").body()).isEqualTo("z");
      clock.addAndGet(200_000);
      assertThat(served.get("used").status()).isEqualTo(404);
    }
  }

  @Test
  void aCreationThatWasCutLeavesNothing() throws IOException, InterruptedException {
    try (var served = new Served(directory)) {
      var metadata =
          new StreamMetadata.Log(new StreamName("", "/v1/stream/cut"), "text/plain", null);
      served.journal.create(
          new NewStream(new StreamId(1, 2), 1, metadata.write(), Duration.ZERO, false),
          DurableStreams.NOTHING);
      served.journal.create(
          new NewStream(new StreamId(3, 4), 1, ByteBuffer.wrap(new byte[9]), Duration.ZERO, false),
          DurableStreams.NOTHING);
    }
    try (var served = new Served(directory)) {
      assertThat(served.get("cut").status()).isEqualTo(404);
      assertThat(served.put("cut", "whole", TEXT).status()).isEqualTo(201);
      assertThat(served.get("cut").body()).isEqualTo("whole");
      assertThat(served.journal.find(new StreamId(1, 2))).isEmpty();
      assertThat(served.journal.find(new StreamId(3, 4))).as("of another front").isPresent();
    }
  }

  @Test
  void aChainOfForksOfAnyLengthIsFound() throws IOException, InterruptedException {
    int count = 20_000;
    try (var served = new Served(directory)) {
      for (int i = 0; i < count; i++) {
        var source =
            i == 0 ? null : new StreamMetadata.Source(new StreamId(7, i - 1), DurableOffset.START);
        var name = new StreamName("", "/v1/stream/" + i);
        create(served, new StreamId(7, i), new StreamMetadata.Log(name, "text/plain", source));
      }
      var spec = new StreamSpec("text/plain", -1, null, false, null, null, 0);
      var name = new StreamMetadata.Name(new StreamId(7, count - 1), spec, -1, null);
      create(served, new StreamId(8, 0), name);
    }
    try (var served = new Served(directory)) {
      assertThat(served.post(String.valueOf(count - 1), "x", TEXT).status()).isEqualTo(204);
      assertThat(served.get(String.valueOf(count - 1)).body()).isEqualTo("x");
      assertThat(served.get("0").status()).isEqualTo(410);
    }
  }

  private static void create(Served served, StreamId id, StreamMetadata metadata) {
    served.journal.create(
        new NewStream(id, 1, metadata.write(), Duration.ZERO, false), DurableStreams.NOTHING);
  }

  @Test
  void subscriptionsAndTheirAcknowledgementsAreThere() throws IOException, InterruptedException {
    String tail;
    try (var served = new Served(directory)) {
      served.put("wake", "[]", JSON);
      served.put(
          "__ds/subscriptions/s",
          "{\"type\":\"pull-wake\",\"pattern\":\"jobs/*\",\"wake_stream\":\"wake\"}",
          JSON);
      served.put("jobs/1", "[1]", JSON);
      tail = served.head("jobs/1").offset();
      var claimed = claim(served);
      var done =
          served.post(
              "__ds/subscriptions/s/ack",
              "{\"wake_id\":\"%s\",\"generation\":%s,\"done\":true,\"acks\":[{\"stream\":\"jobs/1\",\"offset\":\"%s\"}]}"
                  .formatted(text(claimed, "wake_id"), number(claimed, "generation"), tail),
              JSON,
              "Authorization: Bearer " + text(claimed, "token"));
      assertThat(done.body()).isEqualTo("{\"ok\":true,\"next_wake\":false}");
    }
    try (var served = new Served(directory)) {
      assertThat(served.get("__ds/subscriptions/s").body())
          .contains("\"acked_offset\":\"" + tail + "\"");
      var nothing = served.post("__ds/subscriptions/s/claim", "{\"worker\":\"w\"}", JSON);
      assertThat(nothing.body()).contains("NO_PENDING_WORK");
      served.post("jobs/1", "2", JSON);
      assertThat(number(claim(served), "generation")).isEqualTo("2");
    }
  }

  private static String claim(Served served) throws IOException, InterruptedException {
    while (true) {
      // The subscription learns of a new stream a moment after its creation.
      var claimed = served.post("__ds/subscriptions/s/claim", "{\"worker\":\"w\"}", JSON);
      if (claimed.status() == 200) {
        return claimed.body();
      }
      assertThat(claimed.body()).contains("NO_PENDING_WORK");
    }
  }

  private static String text(String json, String name) {
    return json.replaceAll(".*\"" + name + "\":\"([^\"]*)\".*", "$1");
  }

  private static String number(String json, String name) {
    return json.replaceAll(".*\"" + name + "\":(\\d+).*", "$1");
  }
}
