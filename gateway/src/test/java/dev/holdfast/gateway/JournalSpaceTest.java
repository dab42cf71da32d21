package dev.holdfast.gateway;

import static dev.holdfast.gateway.JournalRig.id;
import static dev.holdfast.gateway.JournalRig.path;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalConfig.WhenFull;
import dev.holdfast.testkit.fault.Protocol;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A journal whose space is used up, and readers that take nothing. */
@Timeout(120)
class JournalSpaceTest {
  @TempDir private Path directory;

  private UnaryOperator<GatewayConfig> space(long bytes, WhenFull whenFull) {
    return config -> config.withJournal(JournalConfig.at(directory).withSpace(bytes, whenFull));
  }

  /** {@return so many bytes of a stream of Chat, or somewhat more} */
  private static String words(int bytes) {
    String piece = JournalStage.chunk("{\"content\":\"" + "w".repeat(2_000) + "\"}", "null");
    return piece.repeat(bytes / piece.length() + 1);
  }

  /** {@return a request of so many bytes, or somewhat more} */
  private static String longer(int bytes) {
    return Rig.body(Protocol.OPENAI_CHAT).replace("What", "x".repeat(bytes));
  }

  @ParameterizedTest
  @EnumSource(WhenFull.class)
  void aLiveStreamEndsTruthfullyAndNewOnesAreMarkedOrRefused(WhenFull whenFull) throws Exception {
    String much = words(3 << 20);
    try (var stage =
        new JournalStage(
            directory, space(1 << 20, whenFull), JournalStage.FIRST, much + JournalStage.LAST)) {
      String id;
      try (var client = stage.reading()) {
        id = client.id;
        stage.go.release();
        assertThat(client.rest()).contains("One word", "journal-failed").doesNotContain("[DONE]");
      }
      assertThat(stage.end(id)).isEqualTo("failed");
      var again = RawClient.get(stage.gateway.port(), path(id));
      assertThat(again.whole()).isFalse();
      assertThat(again.text()).contains("One word", "journal-failed").doesNotContain("[DONE]");
      // Its client has all that there is, and comes back for the rest.
      String text = again.text();
      String last = text.substring(text.lastIndexOf("\nid: ") + 1).lines().findFirst().orElse("");
      var resumed =
          RawClient.get(stage.gateway.port(), path(id), "Last-Event-ID" + last.substring(2));
      assertThat(resumed.status()).isEqualTo(200);
      assertThat(resumed.whole()).isFalse();
      assertThat(resumed.text()).contains("journal-failed").doesNotContain("One word", "[DONE]");
      stage.go.release();
      var next = RawClient.post(stage.gateway.port(), "/v1/chat/completions", longer(1 << 20));
      assertThat(next.headers()).doesNotContainKey("holdfast-stream-id");
      if (whenFull == WhenFull.REFUSE) {
        assertThat(next.status()).isEqualTo(503);
        assertThat(next.text()).contains("journal-full");
        assertThat(next.header("retry-after")).isEqualTo("1");
        assertThat(stage.asked).hasValue(1);
      } else {
        assertThat(next.status()).isEqualTo(200);
        assertThat(next.header("x-holdfast-journal")).isEqualTo("off, full");
        assertThat(next.text()).contains("One word", "[DONE]").doesNotContain("\nid: ");
      }
      var metrics = RawClient.get(stage.gateway.management().getPort(), "/metrics").text();
      assertThat(metrics).contains("holdfast_gateway_unkept_total{reason=\"full\"} 1\n");
      stage.gateway.close(); // Writes the log.
      assertThat(stage.log).anyMatch(line -> line.contains("\"journal\":\"off, full\""));
    }
  }

  /** The upstream's answer is whole in memory before the journal refuses it. */
  @Test
  void anAnswerThatIsWholeAndNotStoredIsNotLoggedAsWhole() throws Exception {
    try (var stage =
        new JournalStage(
            directory,
            space(1 << 20, WhenFull.MARK),
            JournalStage.FIRST,
            words(40 << 10) + JournalStage.LAST)) {
      int whole = 0;
      boolean cut = false;
      while (!cut && whole < 100) {
        try (var client = stage.reading()) {
          stage.go.release();
          cut = !client.rest().contains("[DONE]");
          whole += cut ? 0 : 1;
        }
      }
      assertThat(cut).as("cut after %d", whole).isTrue();
      stage.gateway.close(); // Writes the log.
      assertThat(stage.log)
          .filteredOn(line -> line.contains("\"outcome\":\"complete\""))
          .hasSize(whole);
      assertThat(stage.log)
          .last()
          .asString()
          .contains("\"outcome\":\"truncated\"", "\"cause\":\"journal-failed\"");
    }
  }

  @Test
  void aRequestThatIsLongerThanABatchIsKept() throws Exception {
    try (var stage = new JournalStage(directory, config -> config)) {
      stage.go.release();
      var response = RawClient.post(stage.gateway.port(), "/v1/chat/completions", longer(20 << 20));
      var again = RawClient.get(stage.gateway.port(), path(id(response)));
      assertThat(JournalStage.text(again.text())).isEqualTo(JournalStage.TEXT);
    }
  }

  private static long memory() {
    System.gc();
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory()
        - runtime.freeMemory()
        + PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory()
        + UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
  }

  @Test
  void readersThatTakeNothingCostLittleAndLoseNothing() throws Exception {
    int readers = 24;
    String much = words(24 << 20);
    try (var stage =
        new JournalStage(
            directory, config -> config, JournalStage.FIRST, much + JournalStage.LAST)) {
      var slow = new ArrayList<JournalStage.Reader>();
      var first = stage.reading();
      for (int i = 1; i < readers; i++) {
        slow.add(stage.resuming(first.id));
      }
      long before = memory();
      stage.go.release();
      // The stream is written to its end although no client reads.
      stage.awaitEnd(first.id, "complete");
      long grown = memory() - before;
      // Each may have some 64 KiB to 4 MiB in its sockets, which are the system's, and 1 MiB here.
      assertThat(grown).as("bytes for %d readers", readers).isLessThan((16L + readers * 2L) << 20);
      for (var reader : slow) {
        long bytes = 0;
        var in = reader.client.stream();
        byte[] piece = new byte[1 << 16];
        String tail = "";
        while (!tail.contains("[DONE]")) {
          int count = in.read(piece);
          assertThat(count).isPositive();
          bytes += count;
          tail = (tail + new String(piece, 0, count, StandardCharsets.ISO_8859_1));
          tail = tail.substring(Math.max(0, tail.length() - 200));
        }
        assertThat(bytes).isGreaterThan(24 << 20);
        reader.close();
      }
      first.close();
    }
  }
}
