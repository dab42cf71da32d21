package dev.holdfast.observe.dashboard;

import dev.holdfast.observe.server.HttpRoute;
import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard: one page, its scripts and its style, as a {@link HttpRoute} beside the monitor's
 * own.
 *
 * {@snippet :
 * MonitorServer.builder(monitor).route(new Dashboard()).start();
 * }
 *
 * <p>The page sends requests only to the server it came from, for {@code events}, {@code history}
 * and {@code streams/ID} relative to its own address. So it may be mounted below a path that ends
 * with a slash. It never parses text as HTML, and its policy (Content Security Policy, Trusted
 * Types) keeps it from doing so.
 */
public final class Dashboard implements HttpRoute {
  private static final Set<String> FILES =
      Set.of(
          "app.mjs",
          "attempts.mjs",
          "detail.mjs",
          "format.mjs",
          "groups.mjs",
          "history.mjs",
          "icon.svg",
          "index.html",
          "model.mjs",
          "plots.mjs",
          "state.mjs",
          "style.css",
          "table.mjs",
          "tiles.mjs",
          "uplot/uPlot.esm.js",
          "uplot/uPlot.min.css");

  private static final Map<String, String> POLICY =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
              + " connect-src 'self'; base-uri 'none'; form-action 'none';"
              + " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
          "Cross-Origin-Opener-Policy",
          "same-origin",
          "Permissions-Policy",
          "camera=(), geolocation=(), microphone=()");

  private final Map<String, Response> answers = new ConcurrentHashMap<>();

  /** A dashboard; reads each of its files once, when it is first asked for. */
  public Dashboard() {}

  @Override
  public @Nullable Response answer(Request request) {
    String path = request.path();
    if (!path.startsWith("/")) {
      return null;
    }
    String file = path.equals("/") ? "index.html" : path.substring(1);
    return FILES.contains(file) ? answers.computeIfAbsent(file, Dashboard::whole) : null;
  }

  private static Response whole(String file) {
    return new Response.Whole(200, mediaType(file), read(file), POLICY);
  }

  private static String mediaType(String file) {
    return switch (file.substring(file.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> "text/javascript; charset=utf-8";
    };
  }

  private static byte[] read(String file) {
    try (InputStream in = Dashboard.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("dashboard: must have the file " + file);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
