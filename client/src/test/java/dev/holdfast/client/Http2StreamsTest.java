package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import okhttp3.Protocol;
import okhttp3.internal.http2.Settings;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many streams on one HTTP/2 connection: they share a window and a limit, and nothing else. */
final class Http2StreamsTest {
  private static final String STORY =
      "Twenty boats went out by the same lock, and each of them came back by it, in its own time.";

  /** What the JDK lets a server send ahead of the reader, per stream; docs/load-bearing.md. */
  private static final long WINDOW = 16L * 1024 * 1024;

  /** The handshake's first classes may take a busy machine long to load. */
  private static final StreamPolicy PATIENT =
      StreamPolicy.DEFAULT.withTimeouts(Timeouts.DEFAULT.withConnect(Duration.ZERO));

  private final List<AutoCloseable> open = new ArrayList<>();
  private final CountDownLatch goOn = new CountDownLatch(1);

  /** Sends its first token at once and the rest when the test says so. */
  private final TlsServer.Script gated =
      reply -> {
        reply.send(0, 5);
        goOn.await();
        reply.send(5, reply.events.size());
        reply.end();
      };

  @AfterEach
  void closeAll() throws Exception {
    goOn.countDown();
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  private TlsServer server(@Nullable Settings settings, List<TlsServer.Script> scripts)
      throws IOException {
    var server =
        new TlsServer(Protocol.HTTP_2, STORY, settings, scripts.toArray(TlsServer.Script[]::new));
    open.add(server);
    return server;
  }

  private JdkTransport transport() {
    var transport = new JdkTransport(TlsServer.trusting());
    open.add(transport);
    return transport;
  }

  private Holdfast client(TlsServer server) {
    return Holdfast.builder()
        .upstream(Upstream.of("openai-chat", server.baseUrl().toString(), "key"))
        .transport(transport())
        .policy(PATIENT)
        .build();
  }

  private CompletionStream begun(Holdfast client) {
    var stream =
        client.stream(ChatRequest.to("gpt-4.1").user("Tell me of boats.").maxTokens(999).build());
    open.add(stream);
    return stream;
  }

  @Test
  void cancellingOneDisturbsNoOther() throws Exception {
    var stalls = new CountDownLatch(1);
    var sawCancel = new CountDownLatch(1);
    var scripts = new ArrayList<>(Collections.nCopies(21, gated));
    scripts.set(
        0,
        reply -> {
          reply.send(0, 5);
          stalls.countDown();
          reply.awaitClosed();
          sawCancel.countDown();
        });
    var server = server(null, scripts);
    var client = client(server);

    var doomed = begun(client);
    assertThat(doomed.textDeltas().iterator().hasNext()).isTrue();
    var others = new ArrayList<CompletionStream>();
    for (int i = 0; i < 20; i++) {
      others.add(begun(client));
    }
    for (var other : others) {
      assertThat(other.textDeltas().iterator().hasNext()).isTrue();
    }
    assertThat(server.connectionCount()).isEqualTo(1);
    stalls.await();
    doomed.close();
    assertThat(Second.isEnoughFor(sawCancel)).isTrue();
    goOn.countDown();
    for (var other : others) {
      assertThat(other.text()).isEqualTo(STORY);
      assertThat(other.outcome().attempts()).hasSize(1);
    }
    assertThat(server.connectionCount()).isEqualTo(1);
    assertThat(server.crashes).isEmpty();
  }

  @Test
  void moreStreamsThanOneConnectionMayCarryUseAnother() throws Exception {
    var settings = new Settings();
    settings.set(Settings.MAX_CONCURRENT_STREAMS, 4);
    var scripts = new ArrayList<>(Collections.nCopies(11, gated));
    scripts.set(0, TlsServer.WHOLE);
    var server = server(settings, scripts);
    var client = client(server);
    // The settings come with the first response.
    assertThat(begun(client).text()).isEqualTo(STORY);
    var streams = new ArrayList<CompletionStream>();
    for (int i = 0; i < 10; i++) {
      streams.add(begun(client));
    }
    for (var stream : streams) {
      assertThat(stream.textDeltas().iterator().hasNext()).isTrue();
    }
    goOn.countDown();
    for (var stream : streams) {
      assertThat(stream.text()).isEqualTo(STORY);
      assertThat(stream.outcome().attempts()).hasSize(1);
    }
    assertThat(server.connectionCount()).isGreaterThan(1);
  }

  @Test
  void connectionsHaveALimitToo() throws Exception {
    var settings = new Settings();
    settings.set(Settings.MAX_CONCURRENT_STREAMS, 1);
    var server = server(settings, List.of(gated));
    var transport = new JdkTransport(http -> http.sslContext(TlsServer.trusting()), 1);
    open.add(transport);
    var client =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", server.baseUrl().toString(), "key"))
            .transport(transport)
            .policy(PATIENT.withRetry(RetryPolicy.NONE))
            .build();
    var first = begun(client);
    assertThat(first.textDeltas().iterator().hasNext()).isTrue();
    assertThat(begun(client).outcome().failure())
        .contains(
            Failure.retryable(
                Cause.CONNECTION_FAILED,
                "localhost:"
                    + server.baseUrl().getPort()
                    + ": every connection carries as many streams as the server allows"));
    goOn.countDown();
    assertThat(first.text()).isEqualTo(STORY);
  }

  @Test
  void aReaderThatIsAwayHoldsTheServerBack() throws Exception {
    String event = ": " + "x".repeat(16 * 1024) + "\n\n";
    long whole = 4096L * event.length();
    var written = new AtomicLong();
    var blocked = new CountDownLatch(1);
    var server =
        server(
            null,
            List.of(reply -> {
              while (written.get() < whole) {
                if (reply.windowLeft() < event.length()) {
                  blocked.countDown(); // What follows waits for the client.
                }
                reply.send(event);
                written.addAndGet(event.length());
              }
              reply.end();
            }));
    var told = new Arrivals();
    var request =
        new Transport.Request(
            server.baseUrl(),
            Map.of("Content-Type", List.of("application/json")),
            "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
            Duration.ZERO);
    var exchange = transport().open(request, told);
    exchange.demand(1);
    blocked.await();
    assertThat(written.get()).isLessThanOrEqualTo(WINDOW);
    assertThat(told.bytes.get()).isLessThanOrEqualTo(WINDOW);
    exchange.demand(Long.MAX_VALUE);
    assertThat(told.ends.take()).isEqualTo("end");
    assertThat(told.bytes).hasValue(whole);
  }

  /** Counts what arrives. */
  private static final class Arrivals implements Transport.Receiver {
    private final LinkedBlockingQueue<String> ends = new LinkedBlockingQueue<>();
    private final AtomicLong bytes = new AtomicLong();

    @Override
    public void onHead(ResponseHead head) {}

    @Override
    public void onBytes(ByteBuffer chunk) {
      bytes.addAndGet(chunk.remaining());
    }

    @Override
    public void onEnd() {
      ends.add("end");
    }

    @Override
    public void onFailure(Failure failure) {
      ends.add(failure.toString());
    }
  }
}
