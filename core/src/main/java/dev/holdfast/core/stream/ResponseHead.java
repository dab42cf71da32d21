package dev.holdfast.core.stream;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Status and headers of a response.
 *
 * @param status the HTTP status, 100 to 999; from 600 on it is none of HTTP's and counts as a 5xx
 *     (RFC 9110 section 15)
 * @param headers values by lower-case name, in order of arrival
 */
public record ResponseHead(int status, Map<String, List<String>> headers) {
  /** Checks the status and folds the names to lower case. */
  public ResponseHead {
    Check.that(status >= 100 && status <= 999, "status", "must be 100 to 999", status);
    var folded = new TreeMap<String, List<String>>();
    headers.forEach((name, list) -> folded.put(name.toLowerCase(Locale.ROOT), List.copyOf(list)));
    headers = folded;
  }

  /** {@return the first value of a header, or empty if there is none} */
  public String header(String name) {
    var list = headers.get(name.toLowerCase(Locale.ROOT));
    return list == null || list.isEmpty() ? "" : list.getFirst();
  }

  /** {@return whether the status is 2xx} */
  public boolean isSuccess() {
    return status >= 200 && status < 300;
  }
}
