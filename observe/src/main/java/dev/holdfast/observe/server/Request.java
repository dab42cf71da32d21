package dev.holdfast.observe.server;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A request, as far as routes need it. Requests have no body here.
 *
 * @param method for example {@code GET}
 * @param path the decoded path, beginning with a slash, without query
 * @param query the raw query; empty if there is none
 * @param headers the last content of each header, by lower-case name
 */
public record Request(String method, String path, String query, Map<String, String> headers) {
  /** Folds header names to lower case. */
  public Request {
    var folded = new TreeMap<String, String>();
    headers.forEach((name, content) -> folded.put(name.toLowerCase(Locale.ROOT), content));
    headers = folded;
  }

  /** {@return the content of a header, or empty if there is none} */
  public String header(String name) {
    return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
  }

  /** {@return the method and path; headers may hold secrets} */
  @Override
  public String toString() {
    return "Request[" + method + " " + path + "]";
  }
}
