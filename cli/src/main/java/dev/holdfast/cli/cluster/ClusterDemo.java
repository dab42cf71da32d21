package dev.holdfast.cli.cluster;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.scenario.Scenario;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Three gateways on one Redis, of which the one that has the connection to the provider is killed
 * in mid-sentence: another one continues the answer, and its reader has it whole.
 */
public final class ClusterDemo {
  /** About forty pieces a second, a fast model's pace. */
  private static final Duration PACE = Duration.ofMillis(24);

  /** The default is 5 s, in which a visitor would leave. */
  private static final Duration LEASE = Duration.ofSeconds(1);

  /** How long a report of a gateway may take that was written before its text. */
  private static final long PATIENCE_SECONDS = 10;

  private final Terminal terminal;
  private final boolean json;
  private final long seed;

  /** A demo whose seed decides which gateway is asked, and where the answer breaks. */
  public ClusterDemo(Terminal terminal, boolean json, long seed) {
    this.terminal = terminal;
    this.json = json;
    this.seed = seed;
  }

  /**
   * {@return the exit code: 0 if the answer is whole, and another gateway has written its end}
   *
   * @throws BadInputException if there is no Redis on this machine, or it does not start
   */
  public int run() throws InterruptedException {
    if (RedisProcess.program().isEmpty()) {
      throw new BadInputException(
          "--cluster: must find redis-server or valkey-server in PATH (Debian: apt install"
              + " redis-server), found neither");
    }
    var story = Scenario.demo(seed, PACE);
    var scenario =
        new Scenario(story.answer(), new Continuation.Exact(), seed, Script.healthy().paced(PACE));
    var events = new LinkedBlockingQueue<ClusterEvent>();
    var view = new ClusterView(terminal, json);
    try (var cluster = new Cluster()) {
      return Terminal.abortable(
          cluster::close,
          () -> {
            view.starting();
            if (!started(cluster, scenario, events)) {
              return Exit.INCOMPLETE;
            }
            var result = new Run(cluster, view, events, scenario.answer().text()).play();
            if (cluster.isClosed()) {
              return Exit.INCOMPLETE;
            }
            view.close(result, LEASE);
            return result.survived() ? Exit.OK : Exit.INCOMPLETE;
          });
    }
  }

  /** {@return whether all of it runs; not if the user has ended the command meanwhile} */
  private static boolean started(
      Cluster cluster, Scenario scenario, BlockingQueue<ClusterEvent> events) {
    try {
      cluster.start(scenario, LEASE, events::add);
      return true;
    } catch (IOException e) {
      if (cluster.isClosed()) {
        return false;
      }
      throw new BadInputException(
          "--cluster: must be able to start a Redis and three gateways, could not: "
              + BoundedInput.reason(e));
    }
  }

  /** One answer. */
  private final class Run {
    private final Cluster cluster;
    private final ClusterView view;
    private final BlockingQueue<ClusterEvent> events;
    private final String expected;
    private final StringBuilder text = new StringBuilder();
    private final int first;
    private final int killAt;
    private @Nullable NodeProcess dead;
    private int killedAt;
    private int heir;
    private String rung = "";
    private int seam = -1;
    private long lastNanos;
    private Duration stoodStill = Duration.ZERO;

    Run(Cluster cluster, ClusterView view, BlockingQueue<ClusterEvent> events, String expected) {
      this.cluster = cluster;
      this.view = view;
      this.events = events;
      this.expected = expected;
      var random = new SplittableRandom(seed);
      first = random.nextInt(Cluster.NODES);
      killAt = (int) (expected.length() * (0.3 + 0.4 * random.nextDouble()));
    }

    ClusterResult play() throws InterruptedException {
      var nodes = cluster.nodes();
      view.open(seed, cluster.redis(), nodes, first);
      Thread.ofPlatform()
          .name("cluster-reader")
          .daemon()
          .start(new ClusterReader(nodes, first, cluster::isClosed, events::add));
      while (true) {
        var event = events.take();
        if (event instanceof ClusterEvent.Ended(boolean whole)) {
          return new ClusterResult(
              whole,
              text.toString(),
              expected,
              dead,
              killedAt,
              heir,
              rung,
              seam,
              stoodStill,
              cluster.asked());
        }
        see(event);
      }
    }

    private void see(ClusterEvent event) throws InterruptedException {
      switch (event) {
        case ClusterEvent.Text piece -> text(piece);
        case ClusterEvent.Lost lost -> {}
        case ClusterEvent.Returned(int node, String after) -> view.returned(node, after);
        case ClusterEvent.Reported reported -> reported(reported);
        case ClusterEvent.Ended ended -> {}
      }
    }

    private void text(ClusterEvent.Text piece) throws InterruptedException {
      if (piece.epoch() > 1 && seam < 0) {
        awaitHeir();
        seam = text.length();
        stoodStill = Duration.ofNanos(piece.nanos() - lastNanos);
        view.seam(seam, stoodStill);
      }
      lastNanos = piece.nanos();
      text.append(piece.text());
      view.text(piece.text());
      if (dead == null && text.length() >= killAt) {
        dead = cluster.nodes().get(first);
        killedAt = text.length();
        dead.kill();
        view.killed(dead, killedAt);
      }
    }

    /** It was written before the text, but on another way. */
    private void awaitHeir() throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      var later = new LinkedBlockingQueue<ClusterEvent>();
      while (heir == 0 && System.nanoTime() < deadline) {
        var next = events.poll(100, TimeUnit.MILLISECONDS);
        if (next instanceof ClusterEvent.Reported reported) {
          reported(reported);
        } else if (next != null) {
          later.add(next);
        }
      }
      later.addAll(events.stream().toList());
      events.clear();
      events.addAll(later);
    }

    private void reported(ClusterEvent.Reported reported) {
      var line = reported.line();
      if (dead != null
          && heir == 0
          && reported.node() != dead.number()
          && line.text("event").equals("retrying")) {
        heir = reported.node();
        rung = line.text("rung");
        view.takenOver(heir, rung);
      }
    }
  }
}
