package dev.holdfast.testkit.judge;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.FaultServer;
import dev.holdfast.testkit.Protocol;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Runs a client through every case of the trial, each against a fault server of its own on
 * loopback, and says what it did wrong.
 */
public final class Judge {
  private static final Duration LET_GO = Duration.ofSeconds(2);
  private static final Duration SETTLE = Duration.ofMillis(500);
  private static final int CANCEL_AFTER = 10;

  private final String name;
  private final Protocol protocol;
  private final JudgedClient client;
  private List<TrialCase> cases;
  private Duration patience = Duration.ofSeconds(TrialCases.PATIENCE_SECONDS);
  private Duration limit = Duration.ofSeconds(25);
  private int lanes = 2;
  private Consumer<Ruling> listener = ruling -> {};

  private Judge(String name, Protocol protocol, JudgedClient client) {
    this.name = name;
    this.protocol = protocol;
    this.client = client;
    this.cases = TrialCases.of(protocol);
  }

  /** {@return a judge of one client in one protocol, with all cases} */
  public static Judge of(String name, Protocol protocol, JudgedClient client) {
    return new Judge(name, protocol, client);
  }

  /** Tries these cases only. */
  public Judge cases(List<TrialCase> cases) {
    Check.that(!cases.isEmpty(), "cases", "must not be empty", cases);
    this.cases = List.copyOf(cases);
    return this;
  }

  /** Sets after how much silence the client shall give up; 3 s at first. */
  public Judge patience(Duration patience) {
    Check.that(patience.isPositive(), "patience", "must be positive", patience);
    this.patience = patience;
    return this;
  }

  /** Sets after how long a client that has not ended counts as hung; 25 s at first. */
  public Judge limit(Duration limit) {
    Check.that(limit.isPositive(), "limit", "must be positive", limit);
    this.limit = limit;
    return this;
  }

  /** Sets how many cases run at a time; 2 at first. */
  public Judge lanes(int lanes) {
    Check.that(lanes >= 1 && lanes <= 64, "lanes", "must be 1 to 64", lanes);
    this.lanes = lanes;
    return this;
  }

  /** Is told of every ruling, in the order of the cases. */
  public Judge listener(Consumer<Ruling> listener) {
    this.listener = listener;
    return this;
  }

  /**
   * {@return what the judge says}
   *
   * @throws IllegalArgumentException if the client cannot be started
   */
  public Judgement judge() throws InterruptedException {
    long healthyBytes = 0;
    var rulings = new ArrayList<Ruling>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var slots = Executors.newFixedThreadPool(lanes, Thread.ofVirtual().factory())) {
      var running = new ArrayList<Future<Run>>();
      for (TrialCase trial : cases) {
        running.add(slots.submit(() -> run(trial, threads)));
      }
      for (int i = 0; i < running.size(); i++) {
        TrialCase trial = cases.get(i);
        Run run = result(running.get(i), slots);
        if (healthyBytes == 0 && trial.attempts().getFirst().isEmpty()) {
          healthyBytes = run.peakBytes();
        }
        var ruling = new Ruling(trial, run, Rules.findings(trial, run, healthyBytes));
        rulings.add(ruling);
        listener.accept(ruling);
      }
    }
    return new Judgement(name, protocol, rulings);
  }

  private static Run result(Future<Run> future, ExecutorService slots) throws InterruptedException {
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

  private Run run(TrialCase trial, ExecutorService threads) throws Exception {
    try (var server = FaultServer.builder().answer(trial.answer()).script(trial.script()).start()) {
      int cancelAfter = trial.demand() == TrialCase.Demand.CANCEL ? CANCEL_AFTER : 0;
      var task =
          new Task(baseUrl(server), protocol, "Case " + trial.id() + ".", patience, cancelAfter);
      var closed = new boolean[] {true};
      var testimony = new Testimony(() -> closed[0] = closes(server));
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
      return new Run(
          end,
          testimony.text(),
          testimony.tools(),
          complaint,
          closed[0],
          testimony.peakBytes(),
          server.received(),
          elapsed);
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
    URI versioned = server.baseUrl();
    return switch (protocol) {
      case OPENAI_CHAT -> versioned;
      case ANTHROPIC_MESSAGES ->
          URI.create(versioned.getScheme() + "://" + versioned.getAuthority());
    };
  }

  private static String complaint(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
