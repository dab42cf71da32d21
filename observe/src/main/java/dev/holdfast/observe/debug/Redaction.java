package dev.holdfast.observe.debug;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What may be shown or kept of an exchange. Of requests only headers and query parameters that are
 * known to be harmless keep their values; of responses all but those whose name says secret.
 */
final class Redaction {
  /** Stands for what was removed. */
  static final String REMOVED = "(removed)";

  /** Shorter ones would hit ordinary words. */
  private static final int SHORTEST_SECRET = 8;

  private static final Set<String> HARMLESS_HEADERS =
      Set.of(
          "accept",
          "accept-encoding",
          "accept-language",
          "anthropic-beta",
          "anthropic-version",
          "cache-control",
          "connection",
          "content-length",
          "content-type",
          "expect",
          "host",
          "last-event-id",
          "openai-beta",
          "pragma",
          "te",
          "user-agent");

  private static final Set<String> HARMLESS_PARAMETERS =
      Set.of(
          "alt",
          "api-version",
          "beta",
          "last_event_id",
          "limit",
          "model",
          "offset",
          "starting_after",
          "stream");

  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "authorization|cookie|secret|passw|credential|session|api[-_]?key|[-_]key$|^key$"
              + "|auth[-_]token|access[-_]token|security-token|id[-_]token|^token$|signature");

  private Redaction() {}

  /** Whether a header or parameter of this name carries a key. */
  static boolean isCredential(String name) {
    return CREDENTIAL.matcher(name.toLowerCase(Locale.ROOT)).find();
  }

  /** {@return a request's header, fit to be shown} */
  static HeaderLine request(HeaderLine line) {
    return HARMLESS_HEADERS.contains(line.name().toLowerCase(Locale.ROOT))
        ? line
        : new HeaderLine(line.name(), REMOVED);
  }

  /** {@return a response's header, fit to be shown} */
  static HeaderLine response(HeaderLine line) {
    if (isCredential(line.name())) {
      return new HeaderLine(line.name(), REMOVED);
    }
    return line.is("location") ? new HeaderLine(line.name(), address(line.value())) : line;
  }

  static HttpHead response(HttpHead head) {
    return new HttpHead(
        head.version(),
        head.status(),
        head.reason(),
        head.headers().stream().map(Redaction::response).toList());
  }

  /** {@return the address without user, fragment, and the values of unknown parameters} */
  static String uri(URI uri) {
    if (uri.getHost() == null) {
      return REMOVED; // Whatever it is, it may hold anything.
    }
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getScheme()
        + "://"
        + uri.getHost()
        + port
        + (uri.getRawPath() == null ? "" : uri.getRawPath())
        + query(uri.getRawQuery());
  }

  private static String address(String text) {
    int at = text.indexOf('?');
    String bare = (at < 0 ? text : text.substring(0, at)).replaceFirst("//[^/@]*@", "//");
    return at < 0 ? bare : bare + query(text.substring(at + 1));
  }

  private static String query(String raw) {
    if (raw == null || raw.isEmpty()) {
      return "";
    }
    var kept = new ArrayList<String>();
    for (String pair : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      kept.add(
          equals < 0 || HARMLESS_PARAMETERS.contains(name.toLowerCase(Locale.ROOT))
              ? pair
              : name + "=" + REMOVED);
    }
    return "?" + String.join("&", kept);
  }

  static boolean hasSecretQuery(URI uri) {
    return secretParameters(uri).findAny().isPresent();
  }

  private static java.util.stream.Stream<String> secretParameters(URI uri) {
    String query = uri.getRawQuery();
    return query == null
        ? java.util.stream.Stream.empty()
        : java.util.Arrays.stream(query.split("&", -1))
            .filter(pair -> pair.indexOf('=') > 0)
            .filter(pair -> isCredential(pair.substring(0, pair.indexOf('='))))
            .map(pair -> pair.substring(pair.indexOf('=') + 1));
  }

  /** {@return the keys of a request, as a provider might echo them; longest first} */
  static List<String> secrets(DebugRequest request) {
    var secrets = new ArrayList<String>();
    for (HeaderLine line : request.headers()) {
      if (isCredential(line.name())) {
        String key = line.value();
        secrets.add(key);
        secrets.add(key.substring(key.lastIndexOf(' ') + 1)); // Without "Bearer".
      }
    }
    secretParameters(request.uri())
        .forEach(value -> {
          secrets.add(value);
          try {
            secrets.add(URLDecoder.decode(value, StandardCharsets.UTF_8));
          } catch (IllegalArgumentException e) {
            // A broken escape: the raw value is all there is.
          }
        });
    String user = request.uri().getUserInfo();
    if (user != null) {
      secrets.add(user.substring(user.indexOf(':') + 1));
    }
    return secrets.stream()
        .filter(secret -> secret.length() >= SHORTEST_SECRET)
        .distinct()
        .sorted((a, b) -> b.length() - a.length())
        .toList();
  }
}
