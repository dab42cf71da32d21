package dev.holdfast.core.guard;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Names of headers and parameters, by what their values may be. */
public final class SecretNames {
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
          "from",
          "last_event_id",
          "limit",
          "model",
          "offset",
          "starting_after",
          "stream");

  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "authorization|cookie|secret|passw|credential|session|api[-_]?key|[-_]key$|^key$"
              + "|auth[-_]?token|access[-_]?token|security-token|id[-_]token|^token$|signature"
              + "|^sig$|^x-auth");

  /** Every name of a credential has one of these: most names need no closer look. */
  private static final List<String> WORDS =
      List.of("auth", "cookie", "secret", "passw", "credential", "session", "key", "token", "sig");

  private SecretNames() {}

  /** {@return whether a header or parameter of this name carries a key} */
  public static boolean isCredential(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (String word : WORDS) {
      if (lower.contains(word)) {
        return CREDENTIAL.matcher(lower).find();
      }
    }
    return false;
  }

  /** {@return whether a request's header of this name never carries a secret} */
  public static boolean isHarmlessHeader(String name) {
    return HARMLESS_HEADERS.contains(name.toLowerCase(Locale.ROOT));
  }

  /** {@return whether a query parameter of this name never carries a secret} */
  public static boolean isHarmlessParameter(String name) {
    return HARMLESS_PARAMETERS.contains(name.toLowerCase(Locale.ROOT));
  }
}
