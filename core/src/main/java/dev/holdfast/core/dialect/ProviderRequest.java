package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Check;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One HTTP request as its protocol spells it, without the address, the key, and the operator's
 * additions.
 *
 * @param method how it is sent
 * @param path where to, query included: below the base URL's version, or from its root if it begins
 *     with a slash
 * @param headers headers that the protocol itself asks for
 * @param body the JSON text; only {@link Method#POST} has one
 * @param answer how the response is read
 */
public record ProviderRequest(
    Method method, String path, Map<String, String> headers, String body, Dialect answer) {
  /** The methods that providers need. */
  public enum Method {
    /** Asks for something that is there. */
    GET,
    /** Sends a document, or asks for something to be done. */
    POST,
    /** Ends what is there. */
    DELETE
  }

  /** Copies the headers, in order of their names. */
  public ProviderRequest {
    Check.that(!path.isEmpty(), "path", "must not be empty", "empty");
    Check.that(
        method == Method.POST || body.isEmpty(), "body", "must be empty for " + method, "some");
    headers = headers.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(headers));
  }

  /** {@return a request that sends a body} */
  public static ProviderRequest post(String path, String body, Dialect answer) {
    return new ProviderRequest(Method.POST, path, Map.of(), body, answer);
  }

  /** {@return a request without a body} */
  public static ProviderRequest get(String path, Dialect answer) {
    return new ProviderRequest(Method.GET, path, Map.of(), "", answer);
  }

  /** {@return a request that ends what is there} */
  public static ProviderRequest delete(String path, Dialect answer) {
    return new ProviderRequest(Method.DELETE, path, Map.of(), "", answer);
  }

  /** {@return a copy with one more header} */
  public ProviderRequest withHeader(String name, String content) {
    var more = new TreeMap<>(headers);
    more.put(name, content);
    return new ProviderRequest(method, path, more, body, answer);
  }

  /** {@return a copy that goes elsewhere} */
  public ProviderRequest at(String path) {
    return new ProviderRequest(method, path, headers, body, answer);
  }

  /** {@return text that came from a request or a response, as one segment of a path or query} */
  public static String escaped(String text) {
    var out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z')
              || (b >= '0' && b <= '9')
              || "-._~".indexOf(b) >= 0;
      if (plain) {
        out.append((char) b);
      } else {
        out.append('%').append(Character.forDigit((b >> 4) & 15, 16));
        out.append(Character.forDigit(b & 15, 16));
      }
    }
    return out.toString();
  }

  /**
   * {@return everything except the body, which holds the prompt, and the values of headers and
   * query}
   */
  @Override
  public String toString() {
    int query = path.indexOf('?');
    return "ProviderRequest[method=%s, path=%s, headers=%s, body=%d characters, answer=%s]"
        .formatted(
            method,
            query < 0 ? path : path.substring(0, query),
            headers.keySet(),
            body.length(),
            answer.id());
  }
}
