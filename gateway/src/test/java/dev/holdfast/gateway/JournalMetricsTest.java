package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.testkit.fault.Protocol;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the metrics report of the journal. */
@Timeout(120)
class JournalMetricsTest {
  @TempDir private Path directory;

  @Test
  void theyReportOpenStreamsBytesAndReaders() throws Exception {
    UnaryOperator<GatewayConfig> same = config -> config;
    try (var stage = new JournalStage(directory, same);
        var reader = stage.reading()) {
      int management = stage.gateway.management().getPort();
      String open = RawClient.get(management, "/metrics").text();
      assertThat(open)
          .contains(
              "# TYPE holdfast_gateway_journal_open gauge\n",
              "holdfast_gateway_journal_streams{journal=\"answers\"} 1\n",
              "holdfast_gateway_journal_open{journal=\"answers\"} 1\n",
              "holdfast_gateway_journal_readers{journal=\"answers\"} 1\n")
          .containsPattern("holdfast_gateway_journal_bytes\\{journal=\"answers\"} [1-9]");
      stage.go.release();
      reader.rest();
      stage.awaitEnd(reader.id, "complete");
      assertThat(RawClient.get(management, "/metrics").text())
          .contains("holdfast_gateway_journal_open{journal=\"answers\"} 0\n");
    }
  }

  @Test
  void withoutAJournalThereAreNone() throws Exception {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, (stream, attempt) -> List.of())) {
      assertThat(RawClient.get(rig.gateway.management().getPort(), "/metrics").text())
          .contains("holdfast_gateway_open")
          .doesNotContain("holdfast_gateway_journal");
    }
  }
}
