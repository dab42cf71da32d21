package dev.holdfast.gateway;

import dev.holdfast.testkit.fault.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that ask for one answer after another, so that always the same number of streams is open.
 */
final class ClusterLoad implements AutoCloseable {
  /** Of so many clients one has a model that does not continue exactly. */
  private static final int INEXACT = 8;

  /**
   * None refuses to continue: a gateway learns that, and asks none of the upstream's streams again.
   */
  private static final List<String> OTHERS = List.of("other-text", "restart");

  /** Before its lease has less than this share left, no stream is taken over. */
  private static final double LEAST_OF_LEASE = 0.6;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<?>> clients = new ArrayList<>();
  private final AtomicLong events = new AtomicLong();

  /** When each client received its last event. */
  private final List<AtomicLong> lastNanos = new ArrayList<>();

  /** When owners were ended. */
  private final List<Long> ends = new CopyOnWriteArrayList<>();

  private final AtomicInteger answers = new AtomicInteger();
  private final ClusterRig rig;
  private final String name;
  private final int first;
  private volatile boolean last;
  final Report report = new Report();

  /** A load; {@code name} is that of its answers, which no other load has. */
  ClusterLoad(ClusterRig rig, String name) {
    this(rig, name, rig.nodes.port());
  }

  /** A load whose clients ask for their answers at a port, and come back to the load balancer. */
  ClusterLoad(ClusterRig rig, String name, int first) {
    this.rig = rig;
    this.name = name;
    this.first = first;
  }

  /**
   * Begins.
   *
   * @param inexact whether some of the models do not continue exactly
   */
  void begin(int count, boolean inexact) {
    for (int i = 0; i < count; i++) {
      var protocol = ClusterNodes.PROTOCOLS.get(i % ClusterNodes.PROTOCOLS.size());
      String other = inexact && i % INEXACT == 0 ? OTHERS.get(i / INEXACT % OTHERS.size()) : "";
      var seen = new AtomicLong(System.nanoTime());
      lastNanos.add(seen);
      clients.add(
          threads.submit(() -> {
            do {
              read(protocol, other, seen);
            } while (!last);
            return null;
          }));
    }
  }

  private void read(Protocol protocol, String other, AtomicLong seen) throws InterruptedException {
    String prompt = name + "-" + answers.incrementAndGet();
    int port = rig.nodes.port();
    int before = ends.size();
    Runnable event =
        () -> {
          events.incrementAndGet();
          seen.set(System.nanoTime());
        };
    var done = new ClusterReader(port, first, protocol, prompt, other, this::since, event).read();
    report.add(done, other.isEmpty(), rig.asked(protocol, prompt), ends.size() - before);
    for (var standstill : done.standstills()) {
      if (endsIn(standstill) > 1) {
        report.again.add(standstill.nanos());
      } else if (other.isEmpty()) {
        report.once.add(standstill.nanos());
      } else {
        report.inexact.add(standstill.nanos());
      }
    }
  }

  /** An owner was ended now. */
  void ended() {
    ends.add(System.nanoTime());
  }

  /** {@return the time since the end of an owner that may have been the cause at a time} */
  private long since(long nanos) {
    double latest = nanos - LEAST_OF_LEASE * JournalKillChild.LEASE.toNanos();
    return ends.stream()
        .filter(end -> end <= latest)
        .reduce((one, two) -> two)
        .map(end -> nanos - end)
        .orElse(0L);
  }

  /** {@return how many gateways ended meanwhile, of which more than one may have been its owner} */
  private long endsIn(ClusterReader.Standstill standstill) {
    return ends.stream()
        .filter(end -> end >= standstill.fromNanos() && end <= standstill.toNanos())
        .count();
  }

  /** Waits until each client has had an event of an owner after the last one ended. */
  void awaitEach() throws InterruptedException, ExecutionException {
    // What the dead one had sent arrives a moment later.
    long since = ends.getLast() + JournalKillChild.LEASE.toNanos() / 2;
    while (lastNanos.stream().anyMatch(seen -> seen.get() - since < 0)) {
      await(1);
    }
  }

  /** Waits for so many more events. */
  void await(long more) throws InterruptedException, ExecutionException {
    long enough = events.get() + more;
    while (events.get() < enough) {
      for (var client : clients) {
        if (client.isDone()) {
          client.get(); // It failed.
        }
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Waits until the last answers have been read. */
  Report finish() throws InterruptedException, ExecutionException {
    last = true;
    for (var client : clients) {
      client.get();
    }
    return report;
  }

  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
  }

  /** What came of the answers. Thread-safe. */
  static final class Report {
    private final Map<ClusterReader.Kind, AtomicInteger> kinds = new ConcurrentHashMap<>();

    /**
     * How long readers waited for another owner, in nanoseconds, while one gateway ended and the
     * model continued exactly.
     */
    private final ConcurrentLinkedQueue<Long> once = new ConcurrentLinkedQueue<>();

    /** The same, of models that begin anew: the reader waits until they are past the cut. */
    private final ConcurrentLinkedQueue<Long> inexact = new ConcurrentLinkedQueue<>();

    /** The same, while several gateways ended. */
    private final ConcurrentLinkedQueue<Long> again = new ConcurrentLinkedQueue<>();

    private final ConcurrentLinkedQueue<String> untrue = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> lies = new ConcurrentLinkedQueue<>();
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicInteger askedAgain = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger takeovers = new AtomicInteger();

    private void add(ClusterReader.Done done, boolean exact, int asked, int ends) {
      var kind = done.kind();
      kinds.computeIfAbsent(kind, key -> new AtomicInteger()).incrementAndGet();
      cuts.addAndGet(done.cuts());
      askedAgain.addAndGet(Math.max(0, done.posts() - 1));
      requests.addAndGet(asked);
      int changes = done.standstills().size();
      takeovers.addAndGet(changes);
      if (kind == ClusterReader.Kind.UNTRUE) {
        untrue.add(done.why());
        lies.add(done.why());
      } else if (exact && kind == ClusterReader.Kind.TRUTHFUL) {
        untrue.add("must be continued, ended: " + done.why());
      } else if (exact && kind == ClusterReader.Kind.EXACT && done.posts() == 1) {
        // Each owner asks once, also one that was ended before it wrote.
        int most = 1 + changes + ends;
        if (asked > most) {
          untrue.add("must be asked %d times at most, was %d".formatted(most, asked));
        }
      }
    }

    int of(ClusterReader.Kind kind) {
      var count = kinds.get(kind);
      return count == null ? 0 : count.get();
    }

    int cuts() {
      return cuts.get();
    }

    int takeovers() {
      return takeovers.get();
    }

    /** {@return what must not be: lost, doubled or untrue answers, and requests too many} */
    List<String> violations() {
      return List.copyOf(untrue);
    }

    /** {@return answers that claim to be what they are not} */
    List<String> lies() {
      return List.copyOf(lies);
    }

    /**
     * {@return the standstill that a share of the changes of owner did not exceed, in ms} Where
     * several gateways ended meanwhile, or the model begins anew, the change does not count.
     */
    long standstillMillis(double share) {
      return millis(once, share);
    }

    private static long millis(Collection<Long> standstills, double share) {
      var sorted = standstills.stream().sorted().toList();
      return sorted.isEmpty()
          ? 0
          : sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share)) / 1_000_000;
    }

    private static String times(Collection<Long> standstills) {
      return "p50 %d ms, p99 %d ms, max %d ms (%d times)"
          .formatted(
              millis(standstills, 0.5),
              millis(standstills, 0.99),
              millis(standstills, 1),
              standstills.size());
    }

    @Override
    public String toString() {
      return "connections cut: %d, answers: exact %d, truthful %d, gone %d, untrue %d; changes of owner: %d, requests: %d, asked again before an id: %d; readers stood still after one end: %s; of models that begin anew: %s; after several: %s"
          .formatted(
              cuts.get(),
              of(ClusterReader.Kind.EXACT),
              of(ClusterReader.Kind.TRUTHFUL),
              of(ClusterReader.Kind.GONE),
              of(ClusterReader.Kind.UNTRUE),
              takeovers.get(),
              requests.get(),
              askedAgain.get(),
              times(once),
              times(inexact),
              times(again));
    }
  }
}
