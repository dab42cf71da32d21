package dev.holdfast.cli.playground;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The files of the page, read once. */
final class PlaygroundPages {
  /** What every answer of the playground's own carries. */
  static final Map<String, String> POLICY =
      Map.of(
          "cache-control", "no-store",
          "content-security-policy",
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                  + " connect-src 'self'; base-uri 'none'; form-action 'none';"
                  + " frame-ancestors 'none'; require-trusted-types-for 'script';"
                  + " trusted-types 'none'",
          "cross-origin-opener-policy", "same-origin",
          "cross-origin-resource-policy", "same-origin",
          "permissions-policy", "camera=(), geolocation=(), microphone=()",
          "referrer-policy", "no-referrer",
          "x-content-type-options", "nosniff",
          "x-frame-options", "DENY");

  private static final Set<String> FILES =
      Set.of(
          "app.mjs",
          "icon.svg",
          "index.html",
          "path.mjs",
          "style.css",
          "timeline.mjs",
          "turn.mjs",
          "words.mjs");

  private final Map<String, File> files = new TreeMap<>();

  /**
   * One file.
   *
   * @param bytes must not be changed
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record File(String type, byte[] bytes) {}

  PlaygroundPages() {
    FILES.forEach(name -> files.put("/" + name, new File(type(name), read(name))));
    files.put("/", new File(type("index.html"), read("index.html")));
  }

  /** Adds a script that another server has. */
  void add(String path, byte[] script) {
    files.put(path, new File(type(path), script));
  }

  @Nullable File file(String path) {
    return files.get(path);
  }

  private static String type(String name) {
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> "text/javascript; charset=utf-8";
    };
  }

  private static byte[] read(String name) {
    try (InputStream in = PlaygroundPages.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("playground: must have the file " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
