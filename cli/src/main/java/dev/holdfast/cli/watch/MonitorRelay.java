package dev.holdfast.cli.watch;

import dev.holdfast.observe.server.HttpRoute;
import dev.holdfast.observe.server.MonitorRoutes;
import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Passes on the events of another monitor's server, so that the dashboard can run here. */
final class MonitorRelay implements HttpRoute {
  private static final int CONNECT_MILLIS = (int) Duration.ofSeconds(5).toMillis();

  /** News come every second; silence of this length is a broken connection. */
  private static final int READ_MILLIS = (int) Duration.ofSeconds(15).toMillis();

  private static final int MAX_BODY = 16 << 20;
  private static final String STREAMS = "/streams/";

  private final String base;

  MonitorRelay(URI url) {
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/(events)?$", "");
    base = url.getScheme() + "://" + url.getRawAuthority() + path;
  }

  @Override
  public @Nullable Response answer(Request request) {
    String path = request.path();
    if (path.equals("/events")) {
      String last = request.header("last-event-id");
      return new Response.Streaming(
          "text/event-stream", out -> relay(last, out), Map.of("X-Accel-Buffering", "no"));
    }
    String query = known(request.query());
    if (path.equals("/report")
        || path.equals("/streams")
        || path.equals("/history")
        || path.equals("/metrics")) {
      return fetch(path + query);
    }
    if (path.startsWith(STREAMS)) {
      String id = path.substring(STREAMS.length());
      return fetch(
          STREAMS + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20") + query);
    }
    return null;
  }

  /** {@return the query, if it is one of a monitor's} */
  private static String known(String query) {
    return query.matches("minutes=[0-9]{1,3}|format=csv") ? "?" + query : "";
  }

  private Response fetch(String path) {
    try {
      var connection = open(path);
      try (InputStream in = connection.getInputStream()) {
        byte[] body = in.readNBytes(MAX_BODY);
        String named = connection.getHeaderField("Content-Disposition");
        return new Response.Whole(
            200,
            mediaType(String.valueOf(connection.getContentType())),
            body,
            named == null ? Map.of() : Map.of("Content-Disposition", named));
      }
    } catch (IOException e) {
      return Response.Whole.error(404, "monitor: must know it, " + base + " does not");
    }
  }

  /** {@return the media type, if it is one of a monitor's: never one that a browser runs} */
  private static String mediaType(String named) {
    if (named.startsWith("text/csv")) {
      return "text/csv; charset=utf-8";
    }
    return named.startsWith("text/plain") ? MonitorRoutes.PROMETHEUS : "application/json";
  }

  /** Ends with the other server's stream; the browser comes back by itself. */
  private void relay(String lastEventId, OutputStream out) throws IOException {
    var connection = open("/events");
    if (!lastEventId.isEmpty()) {
      connection.setRequestProperty("Last-Event-ID", lastEventId);
    }
    var chunk = new byte[16 * 1024];
    try (InputStream in = connection.getInputStream()) {
      for (int got = in.read(chunk); got >= 0; got = in.read(chunk)) {
        out.write(chunk, 0, got);
        out.flush();
      }
    } finally {
      connection.disconnect();
    }
  }

  private HttpURLConnection open(String path) throws IOException {
    var connection = (HttpURLConnection) URI.create(base + path).toURL().openConnection();
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    connection.setInstanceFollowRedirects(false);
    return connection;
  }
}
