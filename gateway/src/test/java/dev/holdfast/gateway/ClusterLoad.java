package dev.holdfast.gateway;

import dev.holdfast.testkit.fault.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
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
  private final AtomicLong endedNanos = new AtomicLong();
  private final AtomicLong endedBeforeNanos = new AtomicLong();
  private final AtomicInteger answers = new AtomicInteger();
  private final ClusterRig rig;
  private final String name;
  private final int first;
  private final AtomicInteger ends = new AtomicInteger();
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
      clients.add(
          threads.submit(() -> {
            do {
              read(protocol, other);
            } while (!last);
            return null;
          }));
    }
  }

  private void read(Protocol protocol, String other) throws InterruptedException {
    String prompt = name + "-" + answers.incrementAndGet();
    int port = rig.nodes.port();
    int before = ends.get();
    var done = new ClusterReader(port, first, protocol, prompt, other, this::since, events).read();
    report.add(done, other.isEmpty(), rig.asked(protocol, prompt), ends.get() - before);
  }

  /** An owner was ended now. */
  void ended() {
    ends.incrementAndGet();
    endedBeforeNanos.set(endedNanos.get());
    endedNanos.set(System.nanoTime());
  }

  /** {@return the time since the end of an owner that may have been the cause at a time} */
  private long since(long nanos) {
    long late = nanos - endedNanos.get();
    boolean early = late < LEAST_OF_LEASE * JournalKillChild.LEASE.toNanos();
    long ended = early ? endedBeforeNanos.get() : endedNanos.get();
    return ended == 0 ? 0 : nanos - ended;
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
    private final ConcurrentLinkedQueue<Long> standstills = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> untrue = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> lies = new ConcurrentLinkedQueue<>();
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicInteger again = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger takeovers = new AtomicInteger();

    private void add(ClusterReader.Done done, boolean exact, int asked, int ends) {
      var kind = done.kind();
      kinds.computeIfAbsent(kind, key -> new AtomicInteger()).incrementAndGet();
      standstills.addAll(done.standstills());
      cuts.addAndGet(done.cuts());
      again.addAndGet(Math.max(0, done.posts() - 1));
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

    /** {@return the standstill that a share of the changes of owner did not exceed, in ms} */
    long standstillMillis(double share) {
      var sorted = standstills.stream().sorted().toList();
      return sorted.isEmpty()
          ? 0
          : sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share)) / 1_000_000;
    }

    @Override
    public String toString() {
      return "connections cut: %d, answers: exact %d, truthful %d, gone %d, untrue %d; changes of owner: %d, requests: %d, asked again before an id: %d; readers stood still: p50 %d ms, p99 %d ms, max %d ms (%d times)"
          .formatted(
              cuts.get(),
              of(ClusterReader.Kind.EXACT),
              of(ClusterReader.Kind.TRUTHFUL),
              of(ClusterReader.Kind.GONE),
              of(ClusterReader.Kind.UNTRUE),
              takeovers.get(),
              requests.get(),
              again.get(),
              standstillMillis(0.5),
              standstillMillis(0.99),
              standstillMillis(1),
              standstills.size());
    }
  }
}
