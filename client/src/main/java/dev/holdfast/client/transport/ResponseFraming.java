package dev.holdfast.client.transport;

import java.net.http.HttpHeaders;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How a response names the end of its body. java.net.http takes the first of two lengths, reads a
 * body by its length though it is chunked, and passes an unknown coding on as text.
 */
final class ResponseFraming {
  private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

  /** No length is declared. */
  static final long UNKNOWN = -1;

  private ResponseFraming() {}

  /** {@return whether a body over HTTP/1.1 has one end that the JDK finds: RFC 9112, 6.3} */
  static boolean isSound(HttpHeaders fields) {
    var codings = fields.allValues("transfer-encoding");
    var lengths = fields.allValues("content-length");
    if (!codings.isEmpty()) {
      return codings.size() == 1
          && codings.getFirst().strip().equalsIgnoreCase("chunked")
          && lengths.isEmpty();
    }
    return lengths.isEmpty() || length(lengths) != UNKNOWN;
  }

  /** {@return the length that a response declares} */
  static long length(HttpHeaders fields) {
    return length(fields.allValues("content-length"));
  }

  private static long length(List<String> stated) {
    String length = stated.isEmpty() ? "" : stated.getFirst().strip();
    boolean isOne = stated.stream().allMatch(other -> other.strip().equals(length));
    return isOne && LENGTH.matcher(length).matches() ? Long.parseLong(length) : UNKNOWN;
  }
}
