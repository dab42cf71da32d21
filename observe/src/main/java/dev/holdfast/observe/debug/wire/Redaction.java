package dev.holdfast.observe.debug.wire;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.guard.SecretNames;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The debugger's use of {@link Redactor}: what of an exchange may be shown or kept. Of requests
 * only headers and query parameters that are known to be harmless keep their values. Of responses
 * all do, except those with the name of a credential, and all without the request's keys.
 */
public final class Redaction {
  private Redaction() {}

  /** {@return a redactor that knows the keys of a request, as a provider might echo them} */
  public static Redactor of(DebugRequest request) {
    var secrets = new ArrayList<String>();
    for (HeaderLine line : request.headers()) {
      if (SecretNames.isCredential(line.name())) {
        secrets.add(line.value());
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
      secrets.add(user);
      secrets.add(user.substring(user.indexOf(':') + 1));
    }
    String raw = request.uri().getRawUserInfo();
    if (raw != null) {
      secrets.add(raw);
    }
    return Redactor.of(secrets).withTexts(List.of(request.body()));
  }

  /** {@return a request's header, fit to be shown} */
  public static HeaderLine request(HeaderLine line) {
    return new HeaderLine(
        line.name(),
        SecretNames.isHarmlessHeader(line.name())
            ? Redactor.SHAPES.text(line.value())
            : Redactor.REMOVED);
  }

  /** {@return a response's head, fit to be shown} */
  public static HttpHead response(HttpHead head, Redactor redactor) {
    return new HttpHead(
        head.version(),
        head.status(),
        redactor.text(head.reason()),
        head.headers().stream().map(line -> response(line, redactor)).toList());
  }

  private static HeaderLine response(HeaderLine line, Redactor redactor) {
    String value =
        line.is("location") || line.is("content-location")
            ? redactor.text(SafeUrl.target(line.value()))
            : redactor.header(line.name(), line.value());
    return new HeaderLine(redactor.text(line.name()), value);
  }

  /** {@return the address without user, fragment, and the values of unknown parameters} */
  public static String uri(URI uri) {
    return uri.getHost() == null ? Redactor.REMOVED : SafeUrl.of(uri.toString());
  }

  /** {@return whether a parameter of the query has the name of a credential} */
  public static boolean hasSecretQuery(URI uri) {
    return namedParameters(uri).anyMatch(pair -> SecretNames.isCredential(name(pair)));
  }

  private static Stream<String> secretParameters(URI uri) {
    return namedParameters(uri)
        .filter(pair -> !SecretNames.isHarmlessParameter(name(pair)))
        .map(pair -> pair.substring(pair.indexOf('=') + 1));
  }

  private static Stream<String> namedParameters(URI uri) {
    String query = uri.getRawQuery();
    return query == null
        ? Stream.empty()
        : Arrays.stream(query.split("&", -1)).filter(pair -> pair.indexOf('=') > 0);
  }

  private static String name(String pair) {
    return pair.substring(0, pair.indexOf('='));
  }
}
