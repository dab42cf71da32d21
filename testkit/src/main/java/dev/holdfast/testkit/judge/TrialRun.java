package dev.holdfast.testkit.judge;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** One client before the judge, from the first case to the last. */
final class TrialRun implements AutoCloseable {
  private static final Duration LET_GO = Duration.ofSeconds(2);
  private static final Duration SETTLE = Duration.ofMillis(500);
  private static final int CANCEL_AFTER = 10;

  private final Protocol protocol;
  private final JudgedClient client;
  private final Duration patience;
  private final Duration limit;
  private final Consumer<Ruling> listener;
  private final JudgedRoute route;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** By id, in the order of the cases. */
  private final Map<String, Ruling> rulings = new LinkedHashMap<>();

  private long healthyBytes;

  /** A run, and what the server saw of it. */
  private record Sight(Run run, List<ReceivedRequest> received) {}

  TrialRun(
      Protocol protocol,
      JudgedClient client,
      Duration patience,
      Duration limit,
      Consumer<Ruling> listener,
      JudgedRoute route) {
    this.protocol = protocol;
    this.client = client;
    this.patience = patience;
    this.limit = limit;
    this.listener = listener;
    this.route = route;
  }

  /** {@return a ruling for each case, in their order} */
  List<Ruling> hold(List<TrialCase> cases, int lanes) throws InterruptedException {
    int known = learn(cases.getFirst());
    rule(cases.subList(known, cases.size()), lanes, true);
    List<TrialCase> hung = timed().filter(TrialRun::isHangOnly).map(Ruling::trial).toList();
    List<TrialCase> hasty =
        timed().filter(ruling -> !isHangOnly(ruling)).map(Ruling::trial).toList();
    // A client that hangs does nothing, so that several may do it at a time.
    rule(hung, 2 * lanes, false);
    rule(hasty, 1, false);
    return List.copyOf(rulings.values());
  }

  @Override
  public void close() {
    threads.close();
  }

  /**
   * Runs the first case on its own if it is healthy. It shows the cost of a healthy answer, and
   * whether there is a client at all. One that cannot even start would do well in most cases.
   *
   * @return how many cases that were
   */
  private int learn(TrialCase first) throws InterruptedException {
    if (!first.isHealthy()) {
      return 0;
    }
    rule(List.of(first), 1, true);
    Run run = Objects.requireNonNull(rulings.get(first.id())).run();
    if (run.requests() == 0) {
      String remark = run.complaint().isEmpty() ? "" : "; it wrote: " + run.complaint();
      throw new IllegalArgumentException(
          "client: must send a request to HOLDFAST_BASE_URL, was silent" + remark);
    }
    healthyBytes = run.peakBytes();
    return 1;
  }

  /** Rules on some cases; doubtful rulings are reported only once they are certain. */
  private void rule(List<TrialCase> cases, int lanes, boolean doubt) throws InterruptedException {
    try (var slots = Executors.newFixedThreadPool(lanes, Thread.ofVirtual().factory())) {
      var running = new ArrayList<Future<Sight>>();
      for (TrialCase trial : cases) {
        running.add(slots.submit(() -> run(trial)));
      }
      for (int i = 0; i < running.size(); i++) {
        TrialCase trial = cases.get(i);
        Sight sight = result(running.get(i), slots);
        Set<JudgeFinding> findings =
            Rules.findings(trial, sight.run(), sight.received(), healthyBytes);
        var ruling = new Ruling(trial, sight.run(), findings);
        rulings.put(trial.id(), ruling);
        if (!doubt || findings.stream().noneMatch(JudgeFinding::isTimed)) {
          listener.accept(ruling);
        }
      }
    }
  }

  private Stream<Ruling> timed() {
    return rulings.values().stream()
        .filter(ruling -> ruling.findings().stream().anyMatch(JudgeFinding::isTimed));
  }

  private static boolean isHangOnly(Ruling ruling) {
    return ruling.findings().equals(Set.of(JudgeFinding.HANG));
  }

  private static Sight result(Future<Sight> future, ExecutorService slots)
      throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      slots.shutdownNow();
      if (e.getCause() instanceof IllegalArgumentException bad) {
        throw bad;
      }
      throw new IllegalStateException("case: could not be run", e.getCause());
    } catch (InterruptedException e) {
      slots.shutdownNow();
      throw e;
    }
  }

  private Sight run(TrialCase trial) throws Exception {
    try (var server = FaultServer.builder().answer(trial.answer()).script(trial.script()).start();
        var way = route.to(baseUrl(server))) {
      int cancelAfter = trial.demand() == TrialCase.Demand.CANCEL ? CANCEL_AFTER : 0;
      var task =
          new Task(way.baseUrl(), protocol, "Case " + trial.id() + ".", patience, cancelAfter);
      var closed = new boolean[] {true};
      var testimony = new ClientOutput(() -> closed[0] = closes(server));
      long start = System.nanoTime();
      var end = Run.End.CLAIMED;
      var complaint = "";
      Future<?> asking =
          threads.submit(() -> {
            client.ask(task, testimony);
            return null;
          });
      try {
        asking.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        asking.cancel(true);
        end = Run.End.HUNG;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IllegalArgumentException bad) {
          throw bad;
        }
        end = Run.End.FAILED;
        complaint = complaint(Objects.requireNonNullElse(e.getCause(), e));
      }
      long elapsed = System.nanoTime() - start;
      if (testimony.hasCancelled() && end != Run.End.HUNG) {
        end = Run.End.CANCELLED;
      }
      server.awaitEnded(0, SETTLE);
      List<ReceivedRequest> received = server.received();
      var run =
          new Run(
              end,
              testimony.text(),
              testimony.tools(),
              complaint,
              closed[0],
              testimony.peakBytes(),
              received.size(),
              received.stream().anyMatch(request -> request.cause() != null),
              elapsed);
      return new Sight(run, received);
    }
  }

  private static boolean closes(FaultServer server) {
    try {
      return server.awaitEnded(1, LET_GO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private URI baseUrl(FaultServer server) {
    return switch (protocol) {
      case OPENAI_CHAT, OPENAI_RESPONSES -> server.baseUrl(protocol);
      case ANTHROPIC_MESSAGES, GEMINI_SSE, GEMINI_JSON_ARRAY, OLLAMA_CHAT -> server.origin();
    };
  }

  private static String complaint(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
