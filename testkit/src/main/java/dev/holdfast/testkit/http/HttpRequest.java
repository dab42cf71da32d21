package dev.holdfast.testkit.http;

import dev.holdfast.core.guard.SafeUrl;
import java.util.List;
import java.util.Map;

/**
 * A request as the server read it.
 *
 * @param method for example {@code POST}
 * @param path the target without query
 * @param query what follows the question mark; may hold a key
 * @param headers values by lower-case name
 * @param body the text
 * @param keepAlive whether the connection may serve another request
 * @param chunks whether the client understands chunked bodies
 */
public record HttpRequest(
    String method,
    String path,
    String query,
    Map<String, List<String>> headers,
    String body,
    boolean keepAlive,
    boolean chunks) {
  /** {@return the first value of a header, or empty} */
  public String header(String name) {
    List<String> values = headers.get(name);
    return values == null ? "" : values.getFirst();
  }

  /** {@return method, path and names of headers; keys and prompts stay out of logs} */
  @Override
  public String toString() {
    return "HttpRequest[%s %s, headers=%s, body=%d characters]"
        .formatted(method, SafeUrl.target(path), headers.keySet(), body.length());
  }
}
