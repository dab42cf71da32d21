package dev.holdfast.gateway.server;

import dev.holdfast.gateway.route.RequestPath;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The client for pages, as the gateway serves it: one module and its types. */
final class BrowserModule {
  private static final String FOLDER = "/dev/holdfast/gateway/browser";

  private static final Map<String, String> TYPES =
      Map.of(
          "/holdfast.mjs", "text/javascript; charset=utf-8",
          "/holdfast.d.ts", "text/plain; charset=utf-8");

  private BrowserModule() {}

  /** {@return the bytes of a path; null if it is another one} */
  static byte @Nullable [] bytes(RequestPath path) {
    if (!TYPES.containsKey(path.path())) {
      return null;
    }
    try (var in = BrowserModule.class.getResourceAsStream(FOLDER + path.path())) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the headers of a path that has {@link #bytes}} */
  static HttpHeaders headers(RequestPath path) {
    var headers = new DefaultHttpHeaders();
    headers.set("content-type", TYPES.getOrDefault(path.path(), "text/plain"));
    headers.set("cache-control", "no-cache");
    headers.set("x-content-type-options", "nosniff");
    return headers;
  }
}
