package dev.holdfast.testkit.proxy;

import java.io.EOFException;
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

/**
 * The head of a request or a response of HTTP/1.1, and its body as it is read.
 *
 * @param start the first line
 * @param headers the others, as they came
 */
record HttpMessage(String start, List<String> headers) {
  private static final int MAX_HEAD = 64 << 10;
  private static final int MAX_BODY = 64 << 20;
  private static final List<String> HOP_BY_HOP =
      List.of(
          "connection",
          "keep-alive",
          "content-length",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  /** {@return the head that comes next; null if the other side closed before its first byte} */
  static @Nullable HttpMessage read(InputStream in) throws IOException {
    String start = line(in);
    if (start.isEmpty()) {
      return null;
    }
    var headers = new ArrayList<String>();
    int size = start.length();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      size += line.length();
      if (size > MAX_HEAD) {
        throw new IOException("the head is larger than 64 KiB");
      }
      headers.add(line);
    }
    return new HttpMessage(start, headers);
  }

  /** {@return a header, in lower case; empty if it is missing} */
  String header(String name) {
    for (String line : headers) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).equalsIgnoreCase(name)) {
        return line.substring(colon + 1).strip().toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }

  /** {@return all values of each header, by lower-case name} */
  Map<String, List<String>> byName() {
    var named = new TreeMap<String, List<String>>();
    for (String line : headers) {
      named
          .computeIfAbsent(name(line), name -> new ArrayList<>())
          .add(line.substring(line.indexOf(':') + 1).strip());
    }
    return named;
  }

  /** {@return the headers that are meant for the other end, and not for the next hop} */
  List<String> endToEnd() {
    return headers.stream().filter(line -> !HOP_BY_HOP.contains(name(line))).toList();
  }

  /** {@return the status of a response; 0 if it has none} */
  int status() {
    String[] words = start.split(" ", -1);
    return words.length > 1 && words[1].matches("\\d{3}") ? Integer.parseInt(words[1]) : 0;
  }

  /** {@return whether the body comes in chunks} */
  boolean isChunked() {
    return header("transfer-encoding").contains("chunked");
  }

  /** {@return the length of the body in bytes; -1 if it ends with the connection} */
  long length() {
    String length = header("content-length");
    return length.matches("\\d{1,18}") ? Long.parseLong(length) : -1;
  }

  /** {@return the whole body of a request} */
  byte[] requestBody(InputStream in) throws IOException {
    if (isChunked()) {
      throw new IOException("a request in chunks is not passed on");
    }
    long length = Math.max(0, length());
    if (length > MAX_BODY) {
      throw new IOException("the request is larger than 64 MiB");
    }
    byte[] body = in.readNBytes((int) length);
    if (body.length < length) {
      throw new EOFException("the request is cut");
    }
    return body;
  }

  /** Takes pieces of a response's body. */
  interface Sink {
    /** {@return whether more is wanted} */
    boolean take(byte[] piece, int length) throws IOException;
  }

  /** {@return whether the body was read to its end; false where the sink wanted no more} */
  boolean responseBody(InputStream in, Sink sink) throws IOException {
    var piece = new byte[16 << 10];
    if (isChunked()) {
      while (true) {
        String size = line(in);
        long left = Long.parseLong(size.replaceAll(";.*", "").strip(), 16);
        if (left == 0) {
          return true;
        }
        if (!copy(in, left, piece, sink)) {
          return false;
        }
        line(in);
      }
    }
    long length = length();
    if (length >= 0) {
      return copy(in, length, piece, sink);
    }
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      if (!sink.take(piece, n)) {
        return false;
      }
    }
    return true;
  }

  private static boolean copy(InputStream in, long length, byte[] piece, Sink sink)
      throws IOException {
    long left = length;
    while (left > 0) {
      int n = in.read(piece, 0, (int) Math.min(left, piece.length));
      if (n < 0) {
        throw new EOFException("the body is cut");
      }
      left -= n;
      if (!sink.take(piece, n)) {
        return false;
      }
    }
    return true;
  }

  /** Writes a head. */
  static void write(OutputStream out, String start, List<String> headers) throws IOException {
    var head = new StringBuilder(start).append("\r\n");
    headers.forEach(line -> head.append(line).append("\r\n"));
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String name(String line) {
    int colon = line.indexOf(':');
    return line.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT);
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      line.append((char) b);
      if (line.length() > MAX_HEAD) {
        throw new IOException("a line is longer than 64 KiB");
      }
    }
    int length = line.length();
    return length > 0 && line.charAt(length - 1) == '\r'
        ? line.substring(0, length - 1)
        : line.toString();
  }
}
