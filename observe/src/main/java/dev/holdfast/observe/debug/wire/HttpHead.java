package dev.holdfast.observe.debug.wire;

import dev.holdfast.core.stream.ResponseHead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The head of a response, as it was written.
 *
 * @param version for example {@code 1.1}
 * @param status 100 to 999
 * @param reason the words after the status; may be empty
 * @param headers in order of arrival
 */
public record HttpHead(String version, int status, String reason, List<HeaderLine> headers) {
  /** Copies the headers. */
  public HttpHead {
    headers = List.copyOf(headers);
  }

  /** {@return the first value of a header, or empty} */
  public String header(String name) {
    for (HeaderLine line : headers) {
      if (line.is(name)) {
        return line.value();
      }
    }
    return "";
  }

  /** {@return the media type without its parameters, in lower case; empty if none was sent} */
  public String mediaType() {
    String type = header("content-type");
    int parameters = type.indexOf(';');
    return (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
  }

  /** {@return whether the status is 2xx} */
  public boolean isSuccess() {
    return status >= 200 && status < 300;
  }

  /** {@return the head in the core's words} */
  public ResponseHead responseHead() {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    for (HeaderLine line : headers) {
      byName
          .computeIfAbsent(line.name().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(line.value());
    }
    return new ResponseHead(status, byName);
  }
}
