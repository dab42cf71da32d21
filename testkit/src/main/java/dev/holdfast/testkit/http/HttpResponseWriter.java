package dev.holdfast.testkit.http;

import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes one HTTP/1.1 response, its body in chunks or up to the connection's end. */
public final class HttpResponseWriter {
  private static final byte[] CRLF = {'\r', '\n'};

  private final OutputStream out;
  private final boolean chunked;
  private long bodyBytes;

  public HttpResponseWriter(OutputStream out, boolean chunked) {
    this.out = out;
    this.chunked = chunked;
  }

  public long bodyBytes() {
    return bodyBytes;
  }

  public void head(ResponseHead head, boolean keepAlive) throws IOException {
    out.write(headBytes(head, chunked, keepAlive));
  }

  public static byte[] headBytes(ResponseHead head, boolean chunked, boolean keepAlive) {
    var text = new StringBuilder(256);
    text.append("HTTP/1.1 ").append(head.status()).append(' ').append(reason(head.status()));
    text.append("\r\n");
    head.headers()
        .forEach((name, values) ->
            values.forEach(value -> text.append(name).append(": ").append(value).append("\r\n")));
    text.append(chunked ? "transfer-encoding: chunked\r\n" : "");
    text.append(keepAlive ? "\r\n" : "connection: close\r\n\r\n");
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  public void bytes(ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    bodyBytes += length;
    if (chunked) {
      out.write(Integer.toHexString(length).getBytes(StandardCharsets.US_ASCII));
      out.write(CRLF);
    }
    out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
    if (chunked) {
      out.write(CRLF);
    }
  }

  /** Writes what is no part of the body. */
  public void raw(ByteBuffer bytes) throws IOException {
    out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
  }

  public void end() throws IOException {
    if (chunked) {
      out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 400 -> "Bad Request";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 429 -> "Too Many Requests";
      case 500 -> "Internal Server Error";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      default -> "Status";
    };
  }
}
