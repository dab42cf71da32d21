package dev.holdfast.testkit.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads HTTP/1.1 requests off a connection. Strict: what it does not understand is an error. */
public final class HttpRequestReader {
  private static final int MAX_HEAD = 64 << 10;
  private static final int MAX_BODY = 64 << 20;

  private static final int BUFFER = 2048;

  private final InputStream in;
  private final OutputStream out;

  /** What has arrived and is not read yet: from {@code at} to {@code end}. */
  private final byte[] buffer = new byte[BUFFER];

  private int at;
  private int end;

  /**
   * Reads from {@code in}.
   *
   * @param out for the interim answer to {@code Expect: 100-continue}
   */
  public HttpRequestReader(InputStream in, OutputStream out) {
    this.in = in;
    this.out = out;
  }

  /** {@return the next request, or null if the client closed the connection between requests} */
  @Nullable public HttpRequest next() throws IOException {
    List<String> lines = head();
    if (lines.isEmpty()) {
      return null;
    }
    String[] start = lines.getFirst().split(" ", -1);
    if (start.length != 3 || !start[2].startsWith("HTTP/1.")) {
      throw new HttpSyntaxException(400, "The request line is not of HTTP/1.1.");
    }
    Map<String, List<String>> headers = headers(lines.subList(1, lines.size()));
    boolean modern = start[2].equals("HTTP/1.1");
    String connection = first(headers, "connection").toLowerCase(Locale.ROOT);
    if (first(headers, "expect").equalsIgnoreCase("100-continue")) {
      out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
    return new HttpRequest(
        start[0],
        path(start[1]),
        query(start[1]),
        headers,
        new String(body(headers), StandardCharsets.UTF_8),
        modern && !connection.contains("close"),
        modern);
  }

  private List<String> head() throws IOException {
    var lines = new ArrayList<String>();
    int size = 0;
    while (true) {
      String line = line(MAX_HEAD - size);
      if (line == null) {
        if (lines.isEmpty()) {
          return lines;
        }
        throw new HttpSyntaxException(400, "The request head is cut.");
      }
      size += line.length() + 2;
      if (!line.isEmpty()) {
        lines.add(line);
      } else if (!lines.isEmpty()) {
        return lines;
      }
    }
  }

  /** A line without its end; null at the end of the input. */
  private @Nullable String line(int max) throws IOException {
    var line = new StringBuilder();
    while (true) {
      if (at == end && !fill()) {
        return line.isEmpty() ? null : line.toString();
      }
      int from = at;
      while (at < end && buffer[at] != '\n') {
        at++;
      }
      line.append(new String(buffer, from, at - from, StandardCharsets.ISO_8859_1));
      if (line.length() > max) {
        throw new HttpSyntaxException(431, "The request head is too large.");
      }
      if (at < end) {
        at++;
        int length = line.length();
        boolean crlf = length > 0 && line.charAt(length - 1) == '\r';
        return crlf ? line.substring(0, length - 1) : line.toString();
      }
    }
  }

  /** {@return whether more has arrived; false at the end of the input} */
  private boolean fill() throws IOException {
    at = 0;
    end = Math.max(0, in.read(buffer));
    return end > 0;
  }

  private static Map<String, List<String>> headers(List<String> lines) throws IOException {
    var headers = new TreeMap<String, List<String>>();
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon <= 0 || line.charAt(0) == ' ' || line.charAt(0) == '\t') {
        throw new HttpSyntaxException(400, "A request header is malformed.");
      }
      headers
          .computeIfAbsent(
              line.substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
    return headers;
  }

  private byte[] body(Map<String, List<String>> headers) throws IOException {
    String coding = first(headers, "transfer-encoding");
    String length = first(headers, "content-length");
    if (!coding.isEmpty()) {
      if (!coding.equalsIgnoreCase("chunked") || !length.isEmpty()) {
        throw new HttpSyntaxException(400, "The request body's length is in doubt.");
      }
      return chunks();
    }
    if (length.isEmpty()) {
      return new byte[0];
    }
    if (!length.matches("\\d{1,10}")) {
      throw new HttpSyntaxException(400, "The request's content-length is no number.");
    }
    return exactly(Long.parseLong(length), 0);
  }

  private byte[] chunks() throws IOException {
    var body = new ByteArrayOutputStream();
    while (true) {
      String size = line(32);
      if (size == null || !size.matches("[0-9a-fA-F]{1,7}")) {
        throw new HttpSyntaxException(400, "A chunk of the request is malformed.");
      }
      int length = Integer.parseInt(size, 16);
      body.writeBytes(exactly(length, body.size()));
      String end = line(2);
      if (end == null || !end.isEmpty()) {
        throw new HttpSyntaxException(400, "A chunk of the request is malformed.");
      }
      if (length == 0) {
        return body.toByteArray();
      }
    }
  }

  private byte[] exactly(long length, long before) throws IOException {
    if (length + before > MAX_BODY) {
      throw new HttpSyntaxException(413, "The request body is too large.");
    }
    var bytes = new byte[(int) length];
    int here = Math.min(end - at, bytes.length);
    System.arraycopy(buffer, at, bytes, 0, here);
    at += here;
    if (in.readNBytes(bytes, here, bytes.length - here) < bytes.length - here) {
      throw new HttpSyntaxException(400, "The request body is cut.");
    }
    return bytes;
  }

  private static String path(String target) {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  private static String query(String target) {
    int query = target.indexOf('?');
    return query < 0 ? "" : target.substring(query + 1);
  }

  private static String first(Map<String, List<String>> headers, String name) {
    List<String> values = headers.get(name);
    return values == null ? "" : values.getFirst();
  }
}
