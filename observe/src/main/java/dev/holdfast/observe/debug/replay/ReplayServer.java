package dev.holdfast.observe.debug.replay;

import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.core.stream.Check;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.recording.Recording;
import dev.holdfast.observe.debug.wire.RecordingException;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Serves a recording again, to every request, with its bytes, its pauses and its end: FIN, RST, or
 * silence. A recording is a private answer, so it listens on the loopback address only and refuses
 * requests for other hosts ({@link AllowedHosts}). Thread-safe.
 */
public final class ReplayServer implements AutoCloseable {
  private static final int MAX_HEAD = 64 << 10;
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9a-z-]+");

  /** How long a connection is held open whose recording ends in silence. */
  private static final long SILENCE_NANOS = 3_600_000_000_000L;

  private final Path recording;
  private final double speed;
  private final Consumer<String> listener;
  private final ServerSocket socket;
  private final AllowedHosts allowedHosts;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  private ReplayServer(
      Path recording, ServerSocket socket, double speed, Consumer<String> listener) {
    this.recording = recording;
    this.socket = socket;
    this.allowedHosts = AllowedHosts.loopback(socket.getLocalPort());
    this.speed = speed;
    this.listener = listener;
  }

  /**
   * {@return a server of a recording}
   *
   * @param port 0 for any free one
   * @param speed 2 for twice as fast; 0 for no pauses at all
   * @param listener receives the request line of each request
   * @throws IOException if the recording cannot be read or the port is taken
   * @throws RecordingException if the file is no recording
   */
  public static ReplayServer start(
      Path recording, int port, double speed, Consumer<String> listener) throws IOException {
    Check.that(port >= 0 && port <= 65535, "port", "must be 0 to 65535", port);
    Check.that(speed >= 0 && speed <= 1e6, "speed", "must be 0 to 1000000", speed);
    check(recording);
    var socket = new ServerSocket();
    try {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    var server = new ReplayServer(recording, socket, speed, listener);
    Thread.ofVirtual().name("holdfast-replay").start(server::accept);
    return server;
  }

  /** Reads it once, so that a broken file is reported before the first request. */
  private static void check(Path recording) throws IOException {
    try (InputStream in = Files.newInputStream(recording)) {
      var lines = new Recording(in);
      while (lines.next() != null) {
        // Reading is the check.
      }
    }
  }

  /** {@return the port} */
  public int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    while (!closed) {
      try {
        var client = socket.accept();
        open.add(client);
        Thread.ofVirtual().name("holdfast-replay-").start(() -> serve(client));
      } catch (IOException e) {
        LockSupport.parkNanos(10_000_000); // Closed, or out of descriptors.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      if (!closed) {
        client.setTcpNoDelay(true);
        String[] head = readHead(new BufferedInputStream(client.getInputStream()));
        String complaint = complaint(head);
        if (complaint == null) {
          listener.accept(head[0]);
          play(client);
        } else {
          refuse(client, complaint);
        }
      }
    } catch (IOException | RecordingException e) {
      // The client left, or the file was changed: no reader is left for an error.
    } finally {
      open.remove(client);
    }
  }

  /** {@return the lines of the head; the body is read too, lest closing become a reset} */
  private static String[] readHead(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.length() < MAX_HEAD && head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      head.append((char) next);
    }
    long length = 0;
    String[] lines = head.toString().stripTrailing().split("\r?\n", -1);
    for (String line : lines) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        String value = line.substring(line.indexOf(':') + 1).strip();
        length = value.matches("\\d{1,10}") ? Long.parseLong(value) : 0;
      }
    }
    in.skipNBytes(length);
    return lines;
  }

  /** {@return why a request is refused, or null} A head that is not well formed is refused, too. */
  private @Nullable String complaint(String[] head) {
    String[] words = head[0].split(" ", -1);
    if (words.length != 3 || !words[2].startsWith("HTTP/1.")) {
      return "request: must begin with method, target and version";
    }
    Map<String, List<String>> headers = new HashMap<>();
    for (int i = 1; i < head.length; i++) {
      int colon = head[i].indexOf(':');
      String name = colon < 0 ? "" : head[i].substring(0, colon).toLowerCase(Locale.ROOT);
      if (!TOKEN.matcher(name).matches()) {
        return "headers: must have a name and a colon";
      }
      headers
          .computeIfAbsent(name, key -> new ArrayList<>())
          .add(head[i].substring(colon + 1).strip());
    }
    return allowedHosts.complaint(words[1], headers);
  }

  private static void refuse(Socket client, String complaint) throws IOException {
    String body = complaint + "\n";
    client
        .getOutputStream()
        .write(
            ("HTTP/1.1 421 Misdirected Request\r\nContent-Type: text/plain\r\nContent-Length: "
                    + body.length()
                    + "\r\nConnection: close\r\n\r\n"
                    + body)
                .getBytes(StandardCharsets.US_ASCII));
  }

  private void play(Socket client) throws IOException {
    var out = client.getOutputStream();
    long began = System.nanoTime();
    long requestAt = 0;
    boolean framed = true;
    try (InputStream in = Files.newInputStream(recording)) {
      var lines = new Recording(in);
      for (var entry = lines.next(); entry != null && !closed; entry = lines.next()) {
        switch (entry) {
          case Recording.Entry.Start start -> framed = writeHead(start.input(), out);
          case Recording.Entry.Request request -> requestAt = request.atNanos();
          case Recording.Entry.Connected connected -> {}
          case Recording.Entry.Bytes bytes -> {
            waitUntil(began, bytes.atNanos() - requestAt);
            var copy = new byte[bytes.bytes().remaining()];
            bytes.bytes().get(copy);
            out.write(framed ? copy : unframed(copy));
            out.flush();
          }
          case Recording.Entry.End end -> {
            waitUntil(began, end.atNanos() - requestAt);
            end(client, end.how());
          }
        }
      }
    }
  }

  /** A body that was recorded without its head gets one that contains no more than is known. */
  private static boolean writeHead(HttpDecoder.Input input, OutputStream out) throws IOException {
    if (input == HttpDecoder.Input.BODY) {
      out.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
    }
    return input != HttpDecoder.Input.UNFRAMED;
  }

  /** curl took the chunks off, so the head must not promise them, nor HTTP/2. */
  private static byte[] unframed(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (!text.startsWith("HTTP/")) {
      return bytes;
    }
    return text.replaceFirst("^HTTP/[0-9.]+", "HTTP/1.1")
        .replaceFirst("(?im)^(transfer-encoding|connection|content-length):[^\\n]*\\n", "")
        .replaceFirst("(?im)^(transfer-encoding|connection|content-length):[^\\n]*\\n", "")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private void waitUntil(long began, long atNanos) {
    if (speed == 0) {
      return;
    }
    long due = began + (long) (atNanos / speed);
    for (long left = due - System.nanoTime(); left > 0 && !closed; left = due - System.nanoTime()) {
      LockSupport.parkNanos(Math.min(left, 100_000_000));
    }
  }

  private void end(Socket client, WireEnd how) throws IOException {
    switch (how) {
      case RESET -> client.setSoLinger(true, 0);
      case TIMED_OUT, LINGERED -> {
        // It was silent then, and no FIN came; so it is now, until the client leaves.
        client.setSoTimeout((int) (SILENCE_NANOS / 1_000_000));
        byte[] rest = new byte[256];
        while (!closed && client.getInputStream().read(rest) >= 0) {
          Arrays.fill(rest, (byte) 0);
        }
      }
      default -> {} // Closing is FIN.
    }
  }

  /** Closes the port and every connection. */
  @Override
  public void close() {
    closed = true;
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed then.
    }
    for (Socket client : open) {
      try {
        client.close();
      } catch (IOException e) {
        // The same.
      }
    }
  }
}
