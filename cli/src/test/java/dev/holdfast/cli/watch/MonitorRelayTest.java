package dev.holdfast.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.server.MonitorServer;
import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the dashboard asks for passes through to another server, and nothing else does. */
class MonitorRelayTest {
  private static Response.@Nullable Whole ask(MonitorServer server, String path, String query) {
    var answer = new MonitorRelay(server.uri()).answer(new Request("GET", path, query, Map.of()));
    return (Response.Whole) answer;
  }

  private static String text(Response.@Nullable Whole whole) {
    assertThat(whole).isNotNull();
    return new String(whole.body(), StandardCharsets.UTF_8);
  }

  @Test
  void historyMetricsAndExportsAreTheOtherServers() {
    var monitor = new StreamMonitor();
    monitor.startMonitoring("a,b", new StreamObserver.Target("east", "", 0, "x", "m"));
    try (var server = MonitorServer.builder(monitor).start()) {
      assertThat(text(ask(server, "/history", "minutes=60"))).contains("\"step_seconds\":60");
      var metrics = ask(server, "/metrics", "");
      assertThat(text(metrics)).contains("holdfast_streams_active 1\n");
      assertThat(metrics).isNotNull();
      assertThat(metrics.contentType()).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
      var csv = ask(server, "/streams/a,b", "format=csv");
      assertThat(text(csv)).startsWith("id,at,at_ms,kind,");
      assertThat(csv).isNotNull();
      assertThat(csv.contentType()).startsWith("text/csv");
      assertThat(csv.headers())
          .containsEntry("Content-Disposition", "attachment; filename=\"a_b.csv\"");
      assertThat(text(ask(server, "/streams", "format=csv"))).contains("\"a,b\",active");
      assertThat(text(ask(server, "/streams/a,b", "x=y"))).startsWith("{\"id\":\"a,b\"");
      assertThat(ask(server, "/else", "")).isNull();
    }
  }

  /** The page of another server would run here with this server's rights. */
  @Test
  void whatABrowserWouldRunIsNotPassedOnAsSuch() {
    try (var server =
        MonitorServer.builder(new StreamMonitor())
            .route(request -> Response.Whole.of("text/html", "<script>alert(1)</script>"))
            .start()) {
      for (String path : new String[] {"/report", "/metrics", "/history", "/streams/x"}) {
        var answer = ask(server, path, "");
        assertThat(answer).isNotNull();
        assertThat(answer.contentType()).isEqualTo("application/json");
      }
    }
  }
}
