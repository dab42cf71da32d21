package dev.holdfast.cli.demo;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Streams to look at: a handful at a time, from a fault server in this process that breaks them,
 * for a bounded time.
 */
public final class DemoLoad implements AutoCloseable {
  private static final int AT_A_TIME = 12;

  /** One stream in so many asks a model that is cut and refuses to continue. */
  private static final int STUBBORN = 29;

  /**
   * One stream in so many breaks, once. More than one in ten would use up the retry budget. A
   * failure takes a token from it, and a success gives a tenth back: then nothing would heal.
   */
  private static final int BROKEN = 12;

  private static final List<String> MODELS =
      List.of("gpt-4.1-mini", "claude-haiku-4-5", "stubborn-1");

  /** About fifty pieces a second. */
  private static final Duration PACE = Duration.ofMillis(20);

  private final FaultServer server;
  private final List<Holdfast> clients = new ArrayList<>();
  private final Set<CompletionStream> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong numbers = new AtomicLong();
  private final long endNanos;
  private volatile boolean closed;

  public DemoLoad(StreamMonitor monitor, long seed, Duration length) {
    endNanos = System.nanoTime() + length.toNanos();
    var drawn = Scenario.random(seed);
    server =
        FaultServer.builder()
            .scenario(
                // A model that continues as asked: what is shown are breaks that heal.
                new Scenario(
                    drawn.answer(),
                    new Continuation.Exact(),
                    seed,
                    sometimes(drawn.script()).paced(PACE)))
            .start();
    for (Protocol protocol : List.of(Protocol.OPENAI_CHAT, Protocol.ANTHROPIC_MESSAGES)) {
      var upstream = Upstream.of(protocol.id(), server.baseUrl().toString(), null);
      clients.add(Holdfast.builder().upstream(upstream).observer(monitor).build());
    }
    // And one that does not, so that there is a failure to look at.
    var stubborn =
        Upstream.of(Protocol.OPENAI_CHAT.id(), server.baseUrl().toString(), null)
            .withHeader("X-Holdfast-Continuation", new Continuation.RefuseAll().spec())
            .withHeader(
                "X-Holdfast-Fault", "cut-fin@token=40;slow@delay=" + PACE.toMillis() + "ms");
    clients.add(Holdfast.builder().upstream(stubborn).observer(monitor).build());
    for (int i = 0; i < AT_A_TIME; i++) {
      Thread.ofVirtual().name("holdfast-load").start(this::stream);
    }
  }

  /** {@return the script for the first attempts of some streams; the rest is well} */
  private static Script sometimes(Script script) {
    return (stream, attempt) ->
        attempt == 1 && new SplittableRandom(stream.hashCode()).nextInt(BROKEN) == 0
            ? script.faults(stream, attempt)
            : List.of();
  }

  /** One after the other, from the clients in turn. */
  private void stream() {
    while (!closed && System.nanoTime() < endNanos) {
      long number = numbers.incrementAndGet();
      int which = number % STUBBORN == 0 ? 2 : (int) (number % 2);
      var request = ChatRequest.to(MODELS.get(which)).user("Write story " + number).build();
      try (var stream = clients.get(which).stream(request)) {
        open.add(stream);
        if (closed) {
          return;
        }
        var unused = stream.outcome();
        open.remove(stream);
      }
    }
  }

  /** Lets some time pass. */
  public void awaitSome(Duration time) throws InterruptedException {
    Thread.sleep(time);
  }

  @Override
  public void close() {
    closed = true;
    open.forEach(CompletionStream::abort);
    clients.forEach(Holdfast::close);
    server.close();
  }
}
