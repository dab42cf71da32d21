package dev.holdfast.observe.debug.wire;

import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.stream.Check;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A request to debug.
 *
 * @param uri where to; http or https
 * @param method for example {@code POST}
 * @param headers sent as they are; {@code Host}, {@code Connection} and {@code Content-Length} are
 *     added by the debugger
 * @param body sent as UTF-8; empty for none
 */
public record DebugRequest(URI uri, String method, List<HeaderLine> headers, String body) {
  /**
   * Checks the address and the method.
   *
   * @throws IllegalArgumentException naming the part, the rule and the value
   */
  public DebugRequest {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    Check.that(
        (scheme.equals("http") || scheme.equals("https")) && uri.getHost() != null,
        "url",
        "must be an http or https address",
        Redaction.uri(uri));
    Check.that(
        uri.getPort() == -1 || (uri.getPort() >= 1 && uri.getPort() <= 65535),
        "url",
        "must have a port of 1 to 65535",
        uri.getPort());
    Check.that(method.matches("[A-Z]{1,16}"), "method", "must be upper-case letters", method);
    headers = List.copyOf(headers);
  }

  /**
   * {@return a request with what an LLM stream wants: POST if there is a body, JSON, and no
   * compression; {@code headers} replace these}
   */
  public static DebugRequest of(URI uri, String body, List<HeaderLine> headers) {
    var all = new ArrayList<HeaderLine>();
    if (!body.isEmpty()) {
      all.add(new HeaderLine("Content-Type", "application/json"));
    }
    all.add(new HeaderLine("Accept", "text/event-stream"));
    all.add(new HeaderLine("Accept-Encoding", "identity"));
    all.add(new HeaderLine("User-Agent", "holdfast-debug"));
    all.removeIf(line -> headers.stream().anyMatch(given -> given.is(line.name())));
    all.addAll(headers);
    return new DebugRequest(uri, body.isEmpty() ? "GET" : "POST", all, body);
  }

  /** {@return whether a header carries a key} */
  boolean hasKey() {
    return headers.stream().anyMatch(line -> SecretNames.isCredential(line.name()))
        || Redaction.hasSecretQuery(uri);
  }

  /** {@return whether the body asks for a stream; also where the path does, as Gemini's} */
  boolean asksForStream() {
    return body.replaceAll("\\s", "").contains("\"stream\":true")
        || String.valueOf(uri.getPath()).contains("stream");
  }

  /** {@return whether it goes over TLS} */
  public boolean isSecure() {
    return "https".equalsIgnoreCase(uri.getScheme());
  }

  /** {@return the port of the address; where it has none, that of its scheme} */
  public int port() {
    return uri.getPort() >= 0 ? uri.getPort() : isSecure() ? 443 : 80;
  }

  /** {@return the request as it goes over the wire} */
  public byte[] toBytes() {
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    var head = new StringBuilder();
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    head.append(method).append(' ').append(path).append(query).append(" HTTP/1.1\r\n");
    if (headers.stream().noneMatch(line -> line.is("Host"))) {
      String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
      head.append("Host: ").append(uri.getHost()).append(port).append("\r\n");
    }
    for (HeaderLine line : headers) {
      if (!line.is("Content-Length") && !line.is("Connection")) {
        head.append(line.name()).append(": ").append(line.value()).append("\r\n");
      }
    }
    if (content.length > 0 || method.equals("POST")) {
      head.append("Content-Length: ").append(content.length).append("\r\n");
    }
    // One exchange per connection: bytes after the body are an oddity then.
    head.append("Connection: close\r\n\r\n");
    byte[] start = head.toString().getBytes(StandardCharsets.UTF_8);
    byte[] all = new byte[start.length + content.length];
    System.arraycopy(start, 0, all, 0, start.length);
    System.arraycopy(content, 0, all, start.length, content.length);
    return all;
  }

  /** Leaves out keys and the body, which holds the prompt. */
  @Override
  public String toString() {
    return "DebugRequest[%s %s, headers=%s, body=%d characters]"
        .formatted(method, Redaction.uri(uri), headers, body.length());
  }
}
