package dev.holdfast.testkit;

import dev.holdfast.testkit.fault.Protocol;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A client without any mercy or cleverness: writes a request to a raw socket and notes every byte,
 * how the connection ended, and when.
 */
public final class WireObserver implements AutoCloseable {
  /** How a response ended on the wire. */
  public enum End {
    /** By the last chunk. */
    LAST_CHUNK,
    FIN,
    RST
  }

  /**
   * What was seen.
   *
   * @param head the response head, lower case; empty if there was none
   * @param body the body's bytes without the chunk framing
   * @param end how it ended
   * @param tail what came where the length of a chunk was due, but is none
   * @param chunks sizes of the chunks
   * @param gaps nanoseconds between the arrivals of chunks, the first since the request was sent
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Seen(
      String head, byte[] body, End end, String tail, List<Integer> chunks, List<Long> gaps) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * {@return nanoseconds from the request to the arrival of a chunk} It cannot come before it was
     * sent, however busy the machine is; a gap can be shorter, if what came before was read late.
     */
    public long arrival(int chunk) {
      return gaps.subList(0, chunk + 1).stream().mapToLong(Long::longValue).sum();
    }

    public int status() {
      return Integer.parseInt(head, 9, 12, 10);
    }
  }

  private final Socket socket;
  private final InputStream in;
  private long mark;

  public WireObserver(URI baseUrl) throws IOException {
    socket = new Socket(baseUrl.getHost(), baseUrl.getPort());
    socket.setSoTimeout(60_000);
    in = new java.io.BufferedInputStream(socket.getInputStream(), 64 << 10);
  }

  public void post(Protocol protocol, String body, String... headers) throws IOException {
    postTo(Requests.address(protocol), body, headers);
  }

  public void postTo(String address, String body, String... headers) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %d\r\n%s\r\n"
            .formatted(
                address,
                socket.getPort(),
                bytes.length,
                String.join("", List.of(headers).stream().map(line -> line + "\r\n").toList()));
    send(head + body);
  }

  public void send(String raw) throws IOException {
    mark = System.nanoTime();
    socket.getOutputStream().write(raw.getBytes(StandardCharsets.UTF_8));
  }

  /** {@return the next body byte or head byte; -1 for FIN} */
  public int read() throws IOException {
    return in.read();
  }

  /** Reads one response to its end. */
  public Seen observe() throws IOException {
    var head = new StringBuilder();
    var tail = new StringBuilder();
    var body = new ByteArrayOutputStream();
    var chunks = new ArrayList<Integer>();
    var gaps = new ArrayList<Long>();
    End end;
    try {
      end = readAll(head, body, tail, chunks, gaps);
    } catch (SocketException e) {
      end = End.RST;
    }
    return new Seen(head.toString(), body.toByteArray(), end, tail.toString(), chunks, gaps);
  }

  private End readAll(
      StringBuilder head,
      ByteArrayOutputStream body,
      StringBuilder tail,
      List<Integer> chunks,
      List<Long> gaps)
      throws IOException {
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        return End.FIN;
      }
      head.append((char) Character.toLowerCase(b));
    }
    if (!head.toString().contains("transfer-encoding: chunked")) {
      for (int b = in.read(); b >= 0; b = in.read()) {
        body.write(b);
      }
      return End.FIN;
    }
    while (true) {
      tail.setLength(0);
      while (tail.indexOf("\r\n") < 0 || !tail.toString().strip().matches("[0-9a-fA-F]+")) {
        int b = in.read();
        if (b < 0) {
          return End.FIN;
        }
        tail.append((char) b);
      }
      int length = Integer.parseInt(tail.toString().strip().toLowerCase(Locale.ROOT), 16);
      tail.setLength(0);
      long now = System.nanoTime();
      for (int i = 0; i < length + 2; i++) {
        int b = in.read();
        if (b < 0) {
          return End.FIN;
        }
        if (i < length) {
          body.write(b);
        }
      }
      if (length == 0) {
        return End.LAST_CHUNK;
      }
      chunks.add(length);
      gaps.add(now - mark);
      mark = now;
    }
  }

  /** Closes the connection, as a client that has lost interest. */
  public void leave() throws IOException {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
