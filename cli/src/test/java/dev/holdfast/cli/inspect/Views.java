package dev.holdfast.cli.inspect;

import dev.holdfast.cli.Cli;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.StreamException;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.debug.StreamDebugger;
import dev.holdfast.observe.debug.report.DebugJson;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The views of one body: each answers what it makes of it. */
final class Views {
  private final Path file;

  /**
   * Views that use a file.
   *
   * @param file where a body may be written
   */
  Views(Path file) {
    this.file = file;
  }

  /**
   * What a view made of a body.
   *
   * @param cause null if it is complete
   */
  record Seen(String verdict, @Nullable String cause) {
    static Seen of(@Nullable Cause cause) {
      return cause == null
          ? new Seen("COMPLETE", null)
          : new Seen(Verdict.of(cause).name(), cause.id());
    }

    static Seen of(Json.Obj line) {
      String cause = line.text("cause");
      return new Seen(line.text("verdict"), cause.isEmpty() ? null : cause);
    }
  }

  /** {@return the line of {@code inspect --json}} */
  Json.Obj inspect(byte[] body, String dialect) throws IOException {
    Files.write(file, body);
    return Cli.object(Inspection.inspect(file, "a file", dialect));
  }

  /** {@return the report line of {@code debug --json}} */
  static Json.Obj debug(byte[] body, @Nullable String dialect, int chunk) throws IOException {
    var builder = StreamDebugger.builder();
    if (dialect != null) {
      builder.dialect(dialect);
    }
    return Cli.object(
        DebugJson.report(builder.build().debugOutput(new Pieces(body, chunk), false)));
  }

  /** {@return what a consumer of {@code Holdfast.check} finds} */
  static Seen check(byte[] body, String dialect, int chunk) throws IOException {
    byte[] buffer = new byte[Math.max(1, chunk)];
    try (var in = Holdfast.check(new ByteArrayInputStream(body), dialect)) {
      while (in.read(buffer) >= 0) {
        // Only the end matters.
      }
      return Seen.of((Cause) null);
    } catch (StreamException e) {
      return Seen.of(e.cause());
    }
  }

  /**
   * What the library hands to its caller.
   *
   * @param calls name and arguments of each tool call
   */
  record Answer(Seen seen, String text, List<String> calls, List<Cause> warnings) {}

  /** {@return what the library makes of a response with this body, by one attempt} */
  static Answer client(byte[] body, String dialect, int chunk) {
    var upstream = Upstream.of(dialect, "http://localhost:1", null);
    var policy = StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE);
    try (var holdfast =
            Holdfast.builder()
                .upstream(upstream)
                .policy(policy)
                .transport(new OneBody(body, chunk))
                .build();
        var stream =
            holdfast.stream(
                dialect.startsWith("gemini-sse")
                    ? "{\"model\":\"m\",\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"}]}]}"
                    : dialect.equals("openai-responses") || dialect.equals("gemini-interactions")
                        ? "{\"model\":\"m\",\"input\":\"x\"}"
                        : "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")) {
      var text = new StringBuilder();
      for (StreamEvent event : stream) {
        if (event instanceof StreamEvent.TextDelta(int choice, String delta) && choice == 0) {
          text.append(delta);
        }
      }
      var outcome = stream.outcome();
      return new Answer(
          Seen.of(outcome.cause().orElse(null)),
          text.toString(),
          outcome.toolCalls().stream().map(c -> c.name() + " " + c.arguments()).toList(),
          outcome.warnings());
    }
  }

  /**
   * {@return what the command {@code chat} makes of a response with this body} What it does after a
   * failure is another matter, so the first attempt counts; further requests are refused.
   */
  static Seen chat(byte[] body, String dialect) throws IOException {
    try (var server = new OneAnswer(body)) {
      var ran =
          new Cli()
              .run(
                  "chat", "--json", "--protocol", dialect, "--base-url", server.address(), "hello");
      for (String line : ran.outLines()) {
        var event = Cli.object(line);
        if (event.text("event").equals("attempt-failed")) {
          return new Seen(Verdict.of(cause(event.text("cause"))).name(), event.text("cause"));
        }
        if (event.text("event").equals("summary")) {
          return Seen.of(event);
        }
      }
      throw new AssertionError("no summary: " + ran);
    }
  }

  private static Cause cause(String id) {
    for (Cause cause : Cause.values()) {
      if (cause.id().equals(id)) {
        return cause;
      }
    }
    throw new AssertionError("no cause: " + id);
  }

  /** Serves a body once, on loopback, and refuses every later request. */
  private static final class OneAnswer implements AutoCloseable {
    private static final String REFUSED = "HTTP/1.1 400 no\r\nContent-Length: 0\r\n";
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final byte[] body;

    OneAnswer(byte[] body) throws IOException {
      this.body = body;
      Thread.ofVirtual().start(this::serve);
    }

    String address() {
      return "http://localhost:" + server.getLocalPort() + "/v1";
    }

    private void serve() {
      for (boolean first = true; !server.isClosed(); first = false) {
        try (var socket = server.accept()) {
          readRequest(new BufferedInputStream(socket.getInputStream()));
          var out = socket.getOutputStream();
          String head =
              first
                  ? "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: "
                      + body.length
                      + "\r\n"
                  : REFUSED;
          out.write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
          out.write(first ? body : new byte[0]);
          out.flush();
        } catch (IOException e) {
          // The client left, or the test is over.
        }
      }
    }

    private static void readRequest(InputStream in) throws IOException {
      var head = new StringBuilder();
      while (!head.toString().endsWith("\r\n\r\n")) {
        int one = in.read();
        if (one < 0) {
          return;
        }
        head.append((char) one);
      }
      for (String line : head.toString().split("\r\n", -1)) {
        if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
          in.skipNBytes(Long.parseLong(line.substring(line.indexOf(':') + 1).strip()));
        }
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  static boolean isSpoken(String dialect) {
    return Dialects.chatIds().contains(dialect);
  }

  /** Hands out at most so many bytes at a time. */
  private static final class Pieces extends InputStream {
    private final ByteArrayInputStream body;
    private final int chunk;

    Pieces(byte[] body, int chunk) {
      this.body = new ByteArrayInputStream(body);
      this.chunk = Math.max(1, chunk);
    }

    @Override
    public int read() {
      return body.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      return body.read(bytes, offset, Math.min(length, chunk));
    }
  }

  /** Answers every request with one body, in pieces. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record OneBody(byte[] body, int chunk) implements Transport {
    @Override
    public Exchange open(Request request, Receiver receiver) {
      receiver.onHead(new ResponseHead(200, Map.of()));
      int step = Math.max(1, chunk);
      for (int at = 0; at < body.length; at += step) {
        receiver.onBytes(ByteBuffer.wrap(body, at, Math.min(step, body.length - at)).slice());
      }
      receiver.onEnd();
      return new Exchange() {
        @Override
        public void demand(long chunks) {}

        @Override
        public void cancel() {}
      };
    }

    @Override
    public void close() {}
  }
}
