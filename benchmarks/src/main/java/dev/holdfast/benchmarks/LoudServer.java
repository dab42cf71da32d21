package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.corpus.Corpora;
import dev.holdfast.core.guard.AllowedHosts;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A server in a process of its own that gives every request the same answer, at one of three paces:
 * message events of Anthropic where the path ends with {@code /messages}, else chunks of OpenAI. It
 * renders the answers once and then only writes, so that it never is what a client waits for.
 */
public final class LoudServer implements AutoCloseable {
  /** How the events are written. */
  public enum Pace {
    /** One a millisecond, about ten times a fast model's pace. */
    PACED(600_000),
    /** One a write, without a pause. */
    EVENTS(6_000_000),
    /** 64 KiB a write, without a pause: a replay from a cache. */
    BURSTS(6_000_000);

    /** Bytes of the answer, before they are chunked. */
    private final int size;

    Pace(int size) {
      this.size = size;
    }

    String path() {
      return "/" + name().toLowerCase(Locale.ROOT);
    }
  }

  /** An answer in each of two protocols, as it goes over the wire. */
  private static final class Answers {
    private final byte[] chat;
    private final byte[] messages;

    Answers(byte[] chat, byte[] messages) {
      this.chat = chat;
      this.messages = messages;
    }
  }

  private record Asked(Pace pace, boolean messages) {}

  private static final String HEAD =
      """
      HTTP/1.1 200 OK\r
      Content-Type: text/event-stream\r
      Transfer-Encoding: chunked\r
      \r
      """;
  private static final int BURST = 64 * 1024;
  private static final long MILLISECOND = 1_000_000;

  private final Process process;
  private final String url;

  private LoudServer(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  /** Starts one. */
  public static LoudServer start() throws IOException {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                LoudServer.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var announced =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    return new LoudServer(
        process, Objects.requireNonNull(announced.readLine(), "server: must start"));
  }

  /** {@return where a client finds its answer at a pace} */
  public String baseUrl(Pace pace) {
    return url + pace.path();
  }

  @Override
  public void close() {
    process.destroy();
  }

  /** The server's own process; it ends with the process that started it. */
  public static void main(String[] args) throws IOException {
    var answers = new EnumMap<Pace, Answers>(Pace.class);
    for (Pace pace : Pace.values()) {
      answers.put(
          pace,
          new Answers(
              chunked(Corpora.openAiChat(pace.size)),
              chunked(Corpora.anthropicMessages(pace.size / 2))));
    }
    try (var server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress())) {
      System.out.println("http://127.0.0.1:" + server.getLocalPort());
      Thread.ofPlatform().start(() -> accept(server, answers));
      int unused = System.in.read();
    }
  }

  private static void accept(ServerSocket server, Map<Pace, Answers> answers) {
    try {
      while (true) {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket, answers));
      }
    } catch (IOException e) {
      // Closed: the measurement is over.
    }
  }

  private static void serve(Socket socket, Map<Pace, Answers> answers) {
    try (socket) {
      socket.setTcpNoDelay(true);
      var in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      var hosts = AllowedHosts.loopback(socket.getLocalPort());
      var asked = asked(in, hosts);
      while (asked != null) {
        var answer = Objects.requireNonNull(answers.get(asked.pace()));
        write(out, asked.messages() ? answer.messages : answer.chat, asked.pace());
        asked = asked(in, hosts);
      }
    } catch (IOException e) {
      // The client went.
    }
  }

  /** {@return the next request, whose body is passed over; null if there is none} */
  private static @Nullable Asked asked(InputStream in, AllowedHosts hosts) throws IOException {
    var head = new ByteArrayOutputStream();
    int next = in.read();
    while (next >= 0) {
      head.write(next);
      String sofar = next == '\n' ? head.toString(StandardCharsets.ISO_8859_1) : "";
      if (sofar.endsWith("\r\n\r\n")) {
        String lower = sofar.toLowerCase(Locale.ROOT);
        String complaint = hosts.complaint("/", headers(lower));
        if (complaint != null) {
          throw new IOException(complaint);
        }
        int length = lower.indexOf("content-length:") + "content-length:".length();
        in.skipNBytes(Long.parseLong(lower.substring(length, lower.indexOf('\r', length)).strip()));
        for (Pace pace : Pace.values()) {
          if (lower.startsWith("post " + pace.path() + "/")) {
            return new Asked(pace, lower.substring(0, lower.indexOf('\r')).contains("/messages "));
          }
        }
        throw new IOException("path: must name a pace, was " + sofar.lines().findFirst());
      }
      next = in.read();
    }
    return null;
  }

  private static Map<String, List<String>> headers(String head) {
    Map<String, List<String>> headers = new HashMap<>();
    head.lines()
        .skip(1)
        .filter(line -> line.indexOf(':') > 0)
        .map(line -> line.split(":", 2))
        .forEach(line ->
            headers.computeIfAbsent(line[0], name -> new ArrayList<>()).add(line[1].strip()));
    return headers;
  }

  private static void write(OutputStream out, byte[] answer, Pace pace) throws IOException {
    out.write(HEAD.getBytes(StandardCharsets.US_ASCII));
    int from = 0;
    while (from < answer.length) {
      int until = pace == Pace.BURSTS ? Math.min(answer.length, from + BURST) : chunk(answer, from);
      out.write(answer, from, until - from);
      from = until;
      if (pace == Pace.PACED) {
        LockSupport.parkNanos(MILLISECOND);
      }
    }
  }

  /** {@return where the chunk that begins here ends: each holds one event, with its blank line} */
  private static int chunk(byte[] answer, int from) {
    int at = from;
    while (at + 4 < answer.length
        && !(answer[at] == '\n' && answer[at + 1] == '\n' && answer[at + 2] == '\r')) {
      at++;
    }
    return Math.min(answer.length, at + 4);
  }

  /** {@return a body in chunks of one event each, up to its closing chunk} */
  private static byte[] chunked(byte[] plain) {
    var body = new ByteArrayOutputStream(plain.length * 2);
    int from = 0;
    for (int i = 1; i < plain.length; i++) {
      if (plain[i] == '\n' && plain[i - 1] == '\n') {
        Corpora.write(body, Integer.toHexString(i + 1 - from) + "\r\n");
        body.write(plain, from, i + 1 - from);
        Corpora.write(body, "\r\n");
        from = i + 1;
      }
    }
    Corpora.write(body, "0\r\n\r\n");
    return body.toByteArray();
  }
}
