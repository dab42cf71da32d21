package dev.holdfast.gateway.manage;

import dev.holdfast.observe.server.HttpRoute;
import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /healthz}: the process answers. {@code /readyz}: it takes requests; 503 once a shutdown
 * was asked for. {@code /metrics}: for Prometheus. {@code POST /reload}: reads the configuration
 * again.
 *
 * @param ready whether it takes requests
 * @param metrics the text of the metrics
 * @param reload reads the configuration again; blocks until it is in force, or refused
 */
public record ManagementRoutes(
    BooleanSupplier ready, Supplier<String> metrics, Supplier<Reloaded> reload)
    implements HttpRoute {
  @Override
  public @Nullable Response answer(Request request) {
    return switch (request.path()) {
      case "/healthz" -> Response.Whole.of("text/plain; charset=utf-8", "ok\n");
      case "/readyz" ->
          ready.getAsBoolean()
              ? Response.Whole.of("text/plain; charset=utf-8", "ready\n")
              : Response.Whole.error(503, "gateway: must take requests, was shutting down");
      case "/metrics" ->
          Response.Whole.of("text/plain; version=0.0.4; charset=utf-8", metrics.get());
      case "/reload" -> {
        var refusal = Response.Whole.error(405, "method: must be POST");
        yield new Response.Whole(
            refusal.status(), refusal.contentType(), refusal.body(), Map.of("Allow", "POST"));
      }
      default -> null;
    };
  }

  @Override
  public @Nullable Response post(Request request) {
    if (!request.path().equals("/reload")) {
      return null;
    }
    var reloaded = reload.get();
    byte[] body = reloaded.json().getBytes(StandardCharsets.UTF_8);
    return new Response.Whole(
        reloaded.errors().isEmpty() ? 200 : 422, "application/json", body, Map.of());
  }
}
