package dev.holdfast.gateway.shared;

import dev.holdfast.core.spi.SharedState;
import dev.holdfast.core.spi.SharedState.Answer;
import dev.holdfast.core.spi.SharedState.Arrival;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.SharedConfig;
import dev.holdfast.gateway.config.SharedConfig.Sharing;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A gateway's way to what gateways share: asks within a time, and applies the policies while no
 * answer comes. Nothing here blocks. Thread-safe.
 */
public final class SharedLink {
  private static final System.Logger LOG = System.getLogger(SharedLink.class.getName());

  /** A Redis that is slow now and then does not fill the log. */
  private static final Duration LOG_EVERY = Duration.ofSeconds(10);

  private final SharedState state;
  private final SharedConfig config;
  private final AtomicLong names = new AtomicLong();
  private final Map<Kind, LongAdder> alone = new EnumMap<>(Kind.class);
  private final Map<Kind, LongAdder> refused = new EnumMap<>(Kind.class);
  private final LongAdder asked = new LongAdder();
  private volatile boolean reachable = true;
  private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOG_EVERY.toNanos());

  /** A link to a store, by these policies. */
  public SharedLink(SharedState state, SharedConfig config) {
    this.state = state;
    this.config = config;
    for (Kind kind : Kind.values()) {
      alone.put(kind, new LongAdder());
      refused.put(kind, new LongAdder());
    }
  }

  SharedState state() {
    return state;
  }

  /** {@return whether a kind is shared at all} */
  public boolean shares(Kind kind) {
    return kind.in(config) != Sharing.OFF;
  }

  /** {@return whether the store answered last} */
  public boolean isReachable() {
    return reachable;
  }

  /** {@return a name for a reservation that no other one here has} */
  public String name() {
    return Long.toString(names.incrementAndGet(), Character.MAX_RADIX);
  }

  /**
   * Asks what becomes of a request.
   *
   * @param then receives the answer, or null if none came in time; on any thread, once
   */
  public void arrive(Arrival arrival, Consumer<@Nullable Answer> then) {
    if (!reachable) {
      then.accept(null);
      return;
    }
    asked.increment();
    CompletableFuture<Answer> answer;
    try {
      answer = state.arrive(arrival).toCompletableFuture();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    var unused =
        answer
            .copy()
            .orTimeout(config.patience().toNanos(), TimeUnit.NANOSECONDS)
            .whenComplete((came, failure) -> {
              if (failure != null) {
                lost(failure);
                giveUp(arrival);
              }
              then.accept(failure == null ? came : null);
            });
  }

  /** Redis may still decide: what it reserves then is given back. */
  private void giveUp(Arrival arrival) {
    if (!arrival.reservation().isEmpty()) {
      settle(arrival.tenant(), arrival.reservation(), 0);
    }
    var claim = arrival.claim();
    if (claim != null) {
      claim(
          arrival.tenant(),
          claim.identity(),
          claim.stream(),
          SharedState.Claimed.DROPPED,
          claim.keep());
    }
  }

  /** Counts a request beyond all limits. */
  public void count(Arrival arrival) {
    try {
      var unused = state.arrive(arrival).toCompletableFuture();
    } catch (RuntimeException e) {
      // What it uses is counted at its end.
    }
  }

  /** Replaces a reservation by what was used. */
  public void settle(String tenant, String reservation, long used) {
    try {
      state.settle(tenant, reservation, used);
    } catch (RuntimeException e) {
      // The next renewal of leases tries it again.
    }
  }

  /** Changes how identical requests receive a stream. */
  public void claim(
      String tenant, String identity, StreamId stream, SharedState.Claimed how, Duration kept) {
    try {
      state.claim(tenant, new SharedState.Claim(identity, stream, null, kept), how);
    } catch (RuntimeException e) {
      // It runs out by itself.
    }
  }

  /** A stream is over, and is known by its identity as long as it is kept. */
  public void leave(String tenant, String identity, StreamId stream) {
    state.leave(tenant, identity, stream);
  }

  // ---------------------------------------------------------------- while it is away

  /**
   * {@return whether a request is refused that needs a kind now} While the store is away, and the
   * policy is closed. Otherwise this gateway decides alone, which is counted.
   */
  public boolean refuses(Kind kind) {
    boolean closed = isClosed(kind);
    (closed ? refused : alone).computeIfAbsent(kind, k -> new LongAdder()).increment();
    return closed;
  }

  /** {@return whether a kind is refused while the store is away} */
  boolean isClosed(Kind kind) {
    return kind.in(config) == Sharing.CLOSED;
  }

  void lost(Throwable failure) {
    boolean was = reachable;
    reachable = false;
    long now = System.nanoTime();
    long before = loggedNanos.get();
    boolean due = now - before >= LOG_EVERY.toNanos() && loggedNanos.compareAndSet(before, now);
    if (was && due) {
      LOG.log(
          System.Logger.Level.WARNING,
          "shared state: Redis does not answer ("
              + reason(failure)
              + "); limits "
              + word(Kind.LIMITS)
              + ", identical "
              + word(Kind.IDENTICAL)
              + ", upstreams "
              + word(Kind.UPSTREAMS)
              + ", affinity "
              + word(Kind.AFFINITY));
    }
  }

  /** What it is the result of; a wrapper has no reason of its own. */
  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private String word(Kind kind) {
    return switch (kind.in(config)) {
      case OFF -> "off";
      case OPEN -> "open";
      case CLOSED -> "closed";
    };
  }

  void found() {
    if (!reachable) {
      reachable = true;
      LOG.log(System.Logger.Level.INFO, "shared state: Redis answers again");
    }
  }

  /** {@return what happened, as text of metrics} */
  public String metrics() {
    var out = new StringBuilder();
    head(out, "holdfast_gateway_shared_reachable", "gauge", "Whether Redis answered last.");
    out.append("holdfast_gateway_shared_reachable ").append(reachable ? 1 : 0).append('\n');
    head(out, "holdfast_gateway_shared_asked_total", "counter", "Requests that asked Redis.");
    out.append("holdfast_gateway_shared_asked_total ").append(asked.sum()).append('\n');
    counts(
        out,
        "holdfast_gateway_shared_alone_total",
        "Decisions of this gateway alone, as Redis was away.",
        alone);
    counts(
        out,
        "holdfast_gateway_shared_refused_total",
        "Requests that were refused, as Redis was away.",
        refused);
    return out.toString();
  }

  private static void counts(
      StringBuilder out, String name, String help, Map<Kind, LongAdder> counts) {
    head(out, name, "counter", help);
    counts.forEach((kind, count) ->
        out.append("%s{kind=\"%s\"} %d\n".formatted(name, kind.id(), count.sum())));
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
