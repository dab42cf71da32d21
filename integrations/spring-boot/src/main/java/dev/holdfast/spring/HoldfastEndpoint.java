package dev.holdfast.spring;

import dev.holdfast.observe.MonitorJson;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.server.MonitorServer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.util.MimeType;

/**
 * The actuator endpoint {@code holdfast}: the health report, {@code /streams} and {@code
 * /streams/ID}, as the monitor's own server has them. Like every endpoint it is not exposed unless
 * {@code management.endpoints.web.exposure.include} names it.
 */
@WebEndpoint(id = "holdfast")
public final class HoldfastEndpoint {
  private static final MimeType JSON = MimeType.valueOf("application/json");

  private final StreamMonitor monitor;
  private final @Nullable MonitorServer server;

  HoldfastEndpoint(StreamMonitor monitor, @Nullable MonitorServer server) {
    this.monitor = monitor;
    this.server = server;
  }

  /** {@return the health report} */
  @ReadOperation
  public WebEndpointResponse<byte[]> report() {
    return json(200, MonitorJson.report(monitor.getHealthReport()));
  }

  /**
   * {@return live and finished streams, or where the dashboard is}
   *
   * @param what {@code streams} or {@code dashboard}
   */
  @ReadOperation
  public WebEndpointResponse<byte[]> list(@Selector String what) {
    return switch (what) {
      case "streams" ->
          json(200, MonitorJson.streams(monitor.liveStreams(), monitor.finishedAfter(0).streams()));
      case "dashboard" ->
          server == null
              ? json(404, "{\"error\":\"dashboard: must have holdfast.monitor.port, was not set\"}")
              : json(200, "{\"dashboard\":\"" + server.uri() + "\"}");
      default -> json(404, "{\"error\":\"path: must be streams or dashboard, was another\"}");
    };
  }

  /**
   * {@return one stream}
   *
   * @param what {@code streams}
   * @param id the stream's
   */
  @ReadOperation
  public WebEndpointResponse<byte[]> stream(@Selector String what, @Selector String id) {
    if (!what.equals("streams")) {
      return json(404, "{\"error\":\"path: must be streams/ID, was another\"}");
    }
    return monitor.stream(id)
        .map(stream -> json(200, MonitorJson.stream(stream)))
        .orElseGet(() -> json(404, "{\"error\":\"stream: is not known, or no longer kept\"}"));
  }

  private static WebEndpointResponse<byte[]> json(int status, String text) {
    return new WebEndpointResponse<>(text.getBytes(StandardCharsets.UTF_8), status, JSON);
  }
}
