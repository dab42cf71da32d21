package dev.holdfast.observe.debug.rules;

import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.Preview;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Content codings in words: what came, whether it was asked for, and the products known to do it.
 */
final class Codings {
  private Codings() {}

  /** {@return the display name of a coding; several are applied in sequence} */
  static String words(String coding) {
    return switch (coding.toLowerCase(Locale.ROOT)) {
      case "br" -> "Brotli (br)";
      case "zstd" -> "Zstandard (zstd)";
      case "gzip", "x-gzip" -> "gzip";
      case "deflate" -> "deflate";
      case "compress", "x-compress" -> "LZW (compress)";
      case "dcb" -> "Brotli with a shared dictionary (dcb)";
      case "dcz" -> "Zstandard with a shared dictionary (dcz)";
      default -> "'" + Preview.of(coding) + "'";
    };
  }

  /** {@return whether the request allowed what came; null if that is not known} */
  static @Nullable Boolean asked(ObservedExchange exchange) {
    var target = exchange.target();
    if (target == null) {
      return null;
    }
    return List.of(exchange.coding().split(",", -1)).stream()
        .map(String::strip)
        .allMatch(target::allows);
  }

  /** {@return the request's words about it; blank if that is not known} */
  static String request(ObservedExchange exchange) {
    var target = exchange.target();
    if (target == null) {
      return "";
    }
    return target.acceptEncoding().isEmpty()
        ? "the request had no Accept-Encoding, which allows any coding"
        : "the request had Accept-Encoding: " + Preview.of(target.acceptEncoding());
  }

  /** {@return settings of the products that are known to compress in this way} */
  static String settings(String coding) {
    return switch (coding) {
      case "br", "dcb" ->
          "nginx: brotli off; in the location, or leave text/event-stream out of brotli_types;"
              + " Express: compression() speaks Brotli since 1.8, give it a filter; Caddy: a"
              + " matcher on encode; Cloudflare: a compression rule";
      case "zstd", "dcz" ->
          "Caddy: encode prefers zstd, give it a matcher that leaves text/event-stream out;"
              + " nginx: zstd off; in the location; Cloudflare: a compression rule; Traefik:"
              + " excludedContentTypes of the compress middleware";
      default -> DeliveryRules.COMPRESSION;
    };
  }
}
