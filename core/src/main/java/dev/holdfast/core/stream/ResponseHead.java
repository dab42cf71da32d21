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
  /** Longest request id that is kept, in characters. */
  public static final int MAX_REQUEST_ID = 128;

  /** OpenAI and most others, Anthropic, Amazon, Azure, Google, and an edge that answered itself. */
  private static final List<String> REQUEST_IDS =
      List.of(
          "x-request-id",
          "request-id",
          "x-amzn-requestid",
          "apim-request-id",
          "x-ms-request-id",
          "x-goog-request-id",
          "cf-ray");

  /** Checks the status and folds the names to lower case. */
  public ResponseHead {
    Check.that(status >= 100 && status <= 999, "status", "must be 100 to 999", status);
    var folded = new TreeMap<String, List<String>>();
    for (var header : headers.entrySet()) {
      folded.put(header.getKey().toLowerCase(Locale.ROOT), List.copyOf(header.getValue()));
    }
    headers = folded;
  }

  /** {@return the first value of a header, or empty if there is none} */
  public String header(String name) {
    var list = headers.get(name.toLowerCase(Locale.ROOT));
    return list == null || list.isEmpty() ? "" : list.getFirst();
  }

  /**
   * {@return the id by which the provider finds the request, of at most {@value #MAX_REQUEST_ID}
   * letters, digits and {@code . _ : / = + -}; empty if it sent none} Untrusted text.
   */
  public String requestId() {
    for (String name : REQUEST_IDS) {
      String id = header(name);
      if (!id.isEmpty() && id.length() <= MAX_REQUEST_ID && isId(id)) {
        return id;
      }
    }
    return "";
  }

  private static boolean isId(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isOfId(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isOfId(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "._:/=+-".indexOf(c) >= 0;
  }

  /** {@return whether the status is 2xx} */
  public boolean isSuccess() {
    return status >= 200 && status < 300;
  }
}
