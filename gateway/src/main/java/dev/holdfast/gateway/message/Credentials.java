package dev.holdfast.gateway.message;

import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.UpstreamConfig;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a client is let in with at an upstream. A key of the gateway's own never goes upstream, in
 * no header.
 */
public final class Credentials {
  /** The header for a key of the gateway beside a credential of the client's own. */
  public static final String OWN_HEADER = "x-holdfast-key";

  /** The headers in which providers' clients send keys. */
  private static final List<String> CARRIERS =
      List.of(OWN_HEADER, "authorization", "x-api-key", "x-goog-api-key", "api-key");

  private static final Set<String> PARAMETERS = Set.of("key");

  /**
   * Names that only look like those of credentials: a request's own key, a cookie, which no
   * upstream receives, and what a connection has.
   */
  private static final Set<String> NONE =
      Set.of("idempotency-key", "cookie", "sec-websocket-key", "proxy-authorization");

  private Credentials() {}

  /**
   * {@return whether a header identifies the client at an upstream} A name of a session does not:
   * clients send another one with each session.
   */
  public static boolean isCredential(String header) {
    String name = header.toLowerCase(Locale.ROOT);
    return CARRIERS.contains(name)
        || (!NONE.contains(name) && !isSession(name) && SecretNames.isCredential(name));
  }

  private static boolean isSession(String name) {
    return name.contains("session") && !name.contains("token") && !name.contains("key");
  }

  private static boolean isCredentialParameter(String name) {
    return PARAMETERS.contains(name) || (!isSession(name) && SecretNames.isCredential(name));
  }

  /**
   * {@return all that identifies the client at an upstream, in headers and query}
   *
   * @param key the gateway's own key in it, which is left out; empty for none
   */
  public static List<String> deciding(HttpHeaders headers, String query, String key) {
    var found = presented(headers, query);
    for (var line : headers) {
      String name = line.getKey().toLowerCase(Locale.ROOT);
      if (!CARRIERS.contains(name) && isCredential(name) && !line.getValue().isBlank()) {
        found.add(name + ": " + line.getValue().strip());
      }
    }
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals > 0 ? pair.substring(0, equals) : "";
      if (!PARAMETERS.contains(name) && isCredentialParameter(name)) {
        found.add(pair);
      }
    }
    if (!key.isEmpty()) {
      found.removeIf(value -> value.contains(key));
    }
    return found;
  }

  /** {@return what may be a key in headers and query, without the name of a scheme} */
  public static List<String> presented(HttpHeaders headers, String query) {
    var found = new ArrayList<String>();
    for (String name : CARRIERS) {
      for (String line : headers.getAll(name)) {
        String key = line.strip();
        found.add(key.regionMatches(true, 0, "bearer ", 0, 7) ? key.substring(7).strip() : key);
      }
    }
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && PARAMETERS.contains(pair.substring(0, equals))) {
        found.add(pair.substring(equals + 1));
      }
    }
    found.removeIf(String::isEmpty);
    return found;
  }

  /**
   * {@return headers with the credential that an upstream is asked with}
   *
   * @param headers of the client's request
   * @param key the gateway's own key in it; empty for none
   */
  public static HttpHeaders at(UpstreamConfig upstream, HttpHeaders headers, String key) {
    var sent = headers.copy();
    sent.remove(OWN_HEADER);
    if (!key.isEmpty()) {
      var names = new ArrayList<String>();
      for (var line : sent) {
        if (line.getValue().contains(key)) {
          names.add(line.getKey());
        }
      }
      names.forEach(sent::remove);
    }
    switch (upstream.credential()) {
      case Credential.Passed passed -> {}
      case Credential.None none -> CARRIERS.forEach(sent::remove);
      case Credential.Own(String header, String secret) -> {
        CARRIERS.forEach(sent::remove);
        String name = header.isEmpty() ? header(upstream) : header;
        sent.set(name, name.equals("authorization") ? "Bearer " + secret : secret);
      }
    }
    return sent;
  }

  private static String header(UpstreamConfig upstream) {
    return switch (upstream.family()) {
      case OPENAI, OLLAMA -> "authorization";
      case ANTHROPIC -> "x-api-key";
      case GOOGLE -> "x-goog-api-key";
    };
  }

  /**
   * {@return a query without keys that an upstream must not receive}
   *
   * @param key the gateway's own key; empty for none
   */
  public static String query(UpstreamConfig upstream, String query, String key) {
    boolean passed = upstream.credential() instanceof Credential.Passed;
    var kept = new ArrayList<String>();
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      boolean carrier = equals > 0 && PARAMETERS.contains(pair.substring(0, equals));
      boolean ours = !key.isEmpty() && pair.contains(key);
      if (!ours && (passed || !carrier)) {
        kept.add(pair);
      }
    }
    return String.join("&", kept);
  }

  /** Sets the headers that carry credentials to those of another request. */
  public static void carry(HttpHeaders from, HttpHeaders to) {
    for (String name : from.names()) {
      if (isCredential(name)) {
        to.set(name, from.getAll(name));
      }
    }
  }

  /** {@return a query with the parameters of another one that carry keys} */
  public static String carried(String from, String to) {
    var pairs = new ArrayList<String>();
    if (!to.isEmpty()) {
      pairs.add(to);
    }
    for (String pair : from.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && isCredentialParameter(pair.substring(0, equals))) {
        pairs.add(pair);
      }
    }
    return String.join("&", pairs);
  }
}
