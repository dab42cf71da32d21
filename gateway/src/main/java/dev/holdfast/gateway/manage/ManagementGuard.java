package dev.holdfast.gateway.manage;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.observe.server.HttpRoute;
import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests without the token of the management port, before any other route. Known or not,
 * a path needs it; {@code /healthz} and {@code /readyz} do not, as probes send none and the answer
 * is one word. The token is that of {@code Authorization: Bearer}, or the password of {@code
 * Basic}, which browsers ask for.
 *
 * @param sha256 the hash of the token, in hexadecimal digits; empty for none
 */
public record ManagementGuard(String sha256) implements HttpRoute {
  /** Paths that are answered without a token. */
  public static final Set<String> PROBES = Set.of("/healthz", "/readyz");

  @Override
  public @Nullable Response answer(Request request) {
    return PROBES.contains(request.path()) ? null : post(request);
  }

  @Override
  public @Nullable Response post(Request request) {
    if (sha256.isEmpty() || isKnown(token(request.header("authorization")))) {
      return null;
    }
    var refusal = Response.Whole.error(401, "authorization: must have the token of this port");
    return new Response.Whole(
        refusal.status(),
        refusal.contentType(),
        refusal.body(),
        Map.of("WWW-Authenticate", "Basic realm=\"holdfast\", Bearer"));
  }

  private boolean isKnown(String token) {
    byte[] expected = sha256.getBytes(StandardCharsets.US_ASCII);
    byte[] found = GatewayKey.hash(token).getBytes(StandardCharsets.US_ASCII);
    return GatewayKey.isStrong(token) && MessageDigest.isEqual(expected, found);
  }

  private static String token(String authorization) {
    int space = authorization.indexOf(' ');
    if (space < 0) {
      return "";
    }
    String rest = authorization.substring(space + 1).strip();
    return switch (authorization.substring(0, space).toLowerCase(Locale.ROOT)) {
      case "bearer" -> rest;
      case "basic" -> password(rest);
      default -> "";
    };
  }

  private static String password(String encoded) {
    try {
      String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
      return pair.substring(pair.indexOf(':') + 1);
    } catch (IllegalArgumentException e) {
      return ""; // Not Base64.
    }
  }

  /** {@return the paths it leaves open; the hash is hidden} */
  @Override
  public String toString() {
    return "ManagementGuard" + PROBES;
  }
}
