package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.testkit.fault.Protocol;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/**
 * A gateway with a journal, whose upstream sends its first word, and the rest once it may. No clock
 * ends anything.
 */
final class JournalStage implements AutoCloseable {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: r-9\r\n\r\n";

  static final String FIRST = chunk("{\"role\":\"assistant\",\"content\":\"One word \"}", "null");
  static final String LAST =
      chunk("{\"content\":\"and another.\"}", "null")
          + chunk("{}", "\"stop\"")
          + "data: [DONE]\n\n";
  static final String TEXT = "One word and another.";

  final Semaphore go = new Semaphore(0);
  final Semaphore connected = new Semaphore(0);
  final Semaphore closed = new Semaphore(0);
  final AtomicInteger asked = new AtomicInteger();
  final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
  final ScriptedUpstream upstream;
  Gateway gateway;
  private final GatewayConfig config;
  private final int loops;

  static String chunk(String delta, String finish) {
    return "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
        + "\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"finish_reason\":"
        + finish
        + "}]}\n\n";
  }

  JournalStage(Path directory, UnaryOperator<GatewayConfig> change) throws IOException {
    this(directory, change, FIRST, LAST);
  }

  JournalStage(Path directory, UnaryOperator<GatewayConfig> change, String first, String rest)
      throws IOException {
    this(directory, change, first, rest, Runtime.getRuntime().availableProcessors());
  }

  /** A stage whose gateway has so many event loops. */
  JournalStage(
      Path directory, UnaryOperator<GatewayConfig> change, String first, String rest, int loops)
      throws IOException {
    this.loops = loops;
    Leaks.watch();
    upstream =
        new ScriptedUpstream((request, connection) -> {
          asked.incrementAndGet();
          connected.release();
          try {
            write(connection, first.isEmpty() ? "" : HEAD + first);
            Thread.ofPlatform().daemon().start(() -> awaitEnd(connection));
            go.acquire();
            write(connection, (first.isEmpty() ? HEAD : "") + rest);
            connection.shutdownOutput();
          } finally {
            go.release(0);
          }
        });
    var patient =
        StreamPolicy.DEFAULT.withTimeouts(new Timeouts(LONG, LONG, LONG, LONG, Duration.ZERO));
    config =
        change.apply(
            RelayTest.config(upstream, "openai-chat", "/v1")
                .withSignsOfLife(LONG, LONG)
                .withPolicy(patient)
                .withJournal(JournalRig.config(directory)));
    gateway = start();
  }

  Gateway start() {
    return Gateway.builder(config).threads(loops).accessLog(log::add).start();
  }

  /** Ends the gateway as a deployment does, and starts another one on the same journal. */
  void restart() {
    gateway.close();
    gateway = start();
  }

  private void awaitEnd(Socket connection) {
    try {
      while (connection.getInputStream().read() >= 0) {
        // Until the gateway closes it.
      }
    } catch (IOException e) {
      // It was reset.
    }
    closed.release();
  }

  private static void write(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    connection.getOutputStream().flush();
  }

  static String chat(String... headers) {
    return RawClient.request(
        "POST", "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT), headers);
  }

  RawClient.Response ask(String... headers) throws IOException {
    return RawClient.post(
        gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT), headers);
  }

  /** {@return a client that has read the head and the first word} */
  Reader reading(String... headers) throws IOException {
    var client = new RawClient(gateway.port());
    client.send(chat(headers));
    return new Reader(client, "One word");
  }

  /** {@return a client that reads a stream, and has read the first word} */
  Reader resuming(String id, String... headers) throws IOException {
    var client = new RawClient(gateway.port());
    client.send(RawClient.request("GET", JournalRig.path(id), "", headers));
    return new Reader(client, "One word");
  }

  /** Waits until so many clients follow streams in the journal. */
  void awaitReaders(int count) throws IOException {
    String readers = "holdfast_gateway_journal_readers{journal=\"answers\"} " + count + "\n";
    int management = gateway.management().getPort();
    while (!RawClient.get(management, "/metrics").text().contains(readers)) {
      if (Thread.currentThread().isInterrupted()) {
        throw new AssertionError("interrupted before the metrics had " + readers);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** A client in the middle of a body. */
  static final class Reader implements AutoCloseable {
    final RawClient client;
    final RawClient.Response head;
    final String id;
    final StringBuilder seen = new StringBuilder();

    Reader(RawClient client, String words) throws IOException {
      this.client = client;
      head = client.head();
      assertThat(head.status()).isEqualTo(200);
      id = JournalRig.id(head);
      await(words);
    }

    void await(String words) throws IOException {
      while (seen.indexOf(words) < 0) {
        int b = client.stream().read();
        assertThat(b).as(seen.toString()).isNotNegative();
        seen.append((char) b);
      }
    }

    /** {@return everything up to the end of the connection, or to the last chunk} */
    String rest() throws IOException {
      byte[] piece = new byte[1 << 14];
      while (seen.indexOf("\r\n0\r\n\r\n", Math.max(0, seen.length() - piece.length - 7)) < 0) {
        int count = client.stream().read(piece);
        if (count < 0) {
          break;
        }
        seen.append(new String(piece, 0, count, StandardCharsets.ISO_8859_1));
      }
      return seen.toString();
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }

  String end(String id, String... headers) throws IOException {
    return JournalRig.request(gateway.port(), "HEAD", JournalRig.path(id), headers)
        .header("holdfast-stream-end");
  }

  void awaitEnd(String id, String end, String... headers) throws IOException {
    while (!end(id, headers).equals(end)) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  void awaitClosed() throws InterruptedException {
    assertThat(closed.tryAcquire(60, TimeUnit.SECONDS)).as("closed by the gateway").isTrue();
  }

  static String text(String body) {
    return Reading.of("openai-chat", JournalRig.bytes(body)).text();
  }

  @Override
  public void close() {
    go.release(1000);
    gateway.close();
    upstream.close();
  }
}
