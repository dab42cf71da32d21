package dev.holdfast.testkit;

import java.util.List;
import java.util.Map;

/**
 * A request as the server read it.
 *
 * @param method for example {@code POST}
 * @param path the target without query
 * @param headers values by lower-case name
 * @param body the text
 * @param keepAlive whether the connection may serve another request
 * @param chunks whether the client understands chunked bodies
 */
record HttpRequest(
    String method,
    String path,
    Map<String, List<String>> headers,
    String body,
    boolean keepAlive,
    boolean chunks) {
  /** {@return the first value of a header, or empty} */
  String header(String name) {
    List<String> values = headers.get(name);
    return values == null ? "" : values.getFirst();
  }
}
