package dev.holdfast.gateway.shared;

import dev.holdfast.core.spi.SharedState;
import dev.holdfast.core.spi.SharedState.Origin;
import dev.holdfast.core.spi.SharedState.UpstreamChange;
import dev.holdfast.gateway.route.SessionHash;
import dev.holdfast.gateway.route.StateOrigins;
import dev.holdfast.gateway.upstream.SharedUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps circuits, retry budgets and origins the same on all gateways: what changes here is handed
 * over at once, what changes elsewhere is fetched when a message arrives, and all of it each
 * second. No request waits for it. One exchange is under way at a time.
 */
public final class SharedNews implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** How often Redis is tried while it is away. */
  private static final Duration TRY = Duration.ofMillis(250);

  /** So many may be missing: a gateway that starts reads page by page. */
  private static final int PAGE = 1_000;

  private static final int MOST_WAITING = 10_000;

  private final SharedLink link;
  private final Supplier<? extends Collection<SharedUpstream>> upstreams;
  private final StateOrigins origins;
  private final LongSupplier clock;
  private final List<Origin> written = new ArrayList<>();
  private final AtomicBoolean wanted = new AtomicBoolean();
  private final ScheduledExecutorService worker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("holdfast-shared").factory());
  private boolean underWay;
  private long nextNanos;

  /**
   * Begins.
   *
   * @param upstreams those of the newest configuration
   */
  public SharedNews(
      SharedLink link,
      Supplier<? extends Collection<SharedUpstream>> upstreams,
      StateOrigins origins,
      LongSupplier clock) {
    this.link = link;
    this.upstreams = upstreams;
    this.origins = origins;
    this.clock = clock;
    nextNanos = clock.getAsLong();
    link.state().onNews(this::soon);
    if (link.shares(Kind.AFFINITY)) {
      origins.onWrote(this::wrote);
    }
    var unused =
        worker.scheduleWithFixedDelay(this::tick, 0, TRY.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }

  private void wrote(long state, String upstream) {
    synchronized (written) {
      if (written.size() < MOST_WAITING) {
        written.add(new Origin(state, upstream));
      }
    }
    soon();
  }

  /** Exchanges at once, or as soon as the exchange that is under way is over. */
  private void soon() {
    if (wanted.compareAndSet(false, true)) {
      try {
        worker.execute(this::exchange);
      } catch (RejectedExecutionException e) {
        // The gateway ends.
      }
    }
  }

  private void tick() {
    boolean due = clock.getAsLong() - nextNanos >= 0;
    try {
      if (due || !link.isReachable()) {
        exchange();
      }
    } catch (RuntimeException e) {
      underWay = false; // A defect must not end the timer: the next exchange may do it.
      link.lost(e);
    }
  }

  /** On the worker. */
  private void exchange() {
    if (underWay) {
      return;
    }
    underWay = true;
    wanted.set(false);
    nextNanos = clock.getAsLong() + LOOK.toNanos();
    var byName = new HashMap<String, SharedUpstream>();
    var changes = new ArrayList<UpstreamChange>();
    int budget = 0;
    if (link.shares(Kind.UPSTREAMS)) {
      for (var upstream : upstreams.get()) {
        String name = name(upstream);
        byName.put(name, upstream);
        upstream.state().onChange(this::soon);
        upstream.state().holdRetries(!link.isReachable() && link.isClosed(Kind.UPSTREAMS));
        changes.add(upstream.state().changed(name, clock.getAsLong()));
        budget = upstream.state().fullBudget();
      }
    }
    List<Origin> given;
    synchronized (written) {
      given = List.copyOf(written);
      written.clear();
    }
    try {
      var unused =
          link.state()
              .exchange(changes, given, Math.max(1, budget))
              .whenComplete((news, failure) -> answered(byName, changes, given, news, failure));
    } catch (RuntimeException e) {
      answered(byName, changes, given, null, e);
    }
  }

  private void answered(
      Map<String, SharedUpstream> byName,
      List<UpstreamChange> changes,
      List<Origin> given,
      SharedState.@Nullable News news,
      @Nullable Throwable failure) {
    try {
      worker.execute(() -> {
        underWay = false;
        if (news != null) {
          link.found();
          adopt(byName, news);
        } else if (failure != null) {
          link.lost(failure);
          keep(byName, changes, given);
        }
        if (wanted.get() && link.isReachable()) {
          exchange();
        }
      });
    } catch (RejectedExecutionException e) {
      // The gateway ends.
    }
  }

  private void adopt(Map<String, SharedUpstream> byName, SharedState.News news) {
    for (var standing : news.upstreams()) {
      var upstream = byName.get(standing.upstream());
      if (upstream != null) {
        upstream.state().holdRetries(false);
        upstream.state().adopt(standing, clock.getAsLong());
      }
    }
    if (link.shares(Kind.AFFINITY)) {
      news.origins().forEach(origin -> origins.learn(origin.state(), origin.upstream()));
      if (news.origins().size() >= PAGE) {
        wanted.set(true);
      }
    }
  }

  /** For the next exchange. */
  private void keep(
      Map<String, SharedUpstream> byName, List<UpstreamChange> changes, List<Origin> given) {
    for (var change : changes) {
      var upstream = byName.get(change.upstream());
      if (upstream != null) {
        upstream.state().unsent(change);
        upstream.state().holdRetries(link.isClosed(Kind.UPSTREAMS));
      }
    }
    synchronized (written) {
      written.addAll(0, given);
    }
  }

  /** {@return a name that gateways with the same upstream have for it} */
  private static String name(SharedUpstream upstream) {
    var config = upstream.config();
    return HexFormat.of().toHexDigits(SessionHash.of(config.name() + "\n" + config.base()));
  }
}
