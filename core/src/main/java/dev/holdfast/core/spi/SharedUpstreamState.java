package dev.holdfast.core.spi;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.health.CircuitBreaker;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.health.UpstreamHealth;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Rung;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What the streams of one upstream share: its health, and what they have learnt about it. For
 * drivers; a lock around plain state, held for nanoseconds. Thread-safe.
 */
public final class SharedUpstreamState {
  /** Model names are the callers', so their number is bounded here; the oldest go first. */
  private static final int MAX_MODELS = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final UpstreamHealth health;
  private final Map<String, Set<Rung>> missing = new LinkedHashMap<>();
  private volatile KeptAddress address = KeptAddress.QUERY;

  /** Whether no retry is allowed, as it is not known how the upstream fares elsewhere. */
  private volatile boolean retriesHeld;

  private volatile @Nullable Runnable onChange;

  /** What was handed over to other processes: tenths of the budget, and changes of the circuit. */
  private int sharedTenths = Integer.MIN_VALUE;

  private long sharedChanges;

  /** The version of the circuit that was adopted last. */
  private long version;

  /** Whether the version after that is this process's own. */
  private boolean sent;

  /** How the server named itself last; empty if it never did. */
  private String server = "";

  /** The state of an upstream of which nothing is known; {@code random} spreads cool-downs. */
  public SharedUpstreamState(BreakerPolicy breaker, RandomGenerator random) {
    health = new UpstreamHealth(RetryBudget.ofDefaults(), breaker, random);
  }

  /** {@return its availability, for the signal of this moment} */
  public Availability standing(long nowNanos) {
    lock.lock();
    try {
      var standing = health.standing(nowNanos);
      return retriesHeld
          ? new Availability(false, standing.waitNanos(), standing.answered())
          : standing;
    } finally {
      lock.unlock();
    }
  }

  /** Records that an attempt was opened: {@link dev.holdfast.core.engine.Action.OpenAttempt}. */
  public void opened(long nowNanos) {
    boolean changed;
    lock.lock();
    try {
      long before = health.breaker().changes();
      health.opened(nowNanos);
      changed = health.breaker().changes() != before;
    } finally {
      lock.unlock();
    }
    if (changed) {
      changed();
    }
  }

  private void changed() {
    var listener = onChange;
    if (listener != null) {
      listener.run();
    }
  }

  /** Records the result of an attempt: {@link dev.holdfast.core.engine.Action.ReportHealth}. */
  public void score(AttemptResult result, long nowNanos) {
    boolean changed;
    lock.lock();
    try {
      long before = health.breaker().changes();
      health.score(result, nowNanos);
      changed = health.breaker().changes() != before;
    } finally {
      lock.unlock();
    }
    if (changed) {
      changed();
    }
  }

  // ---------------------------------------------------------------- several processes

  /** Sets what is called when the circuit changes here; it must return at once. */
  public void onChange(Runnable listener) {
    onChange = listener;
  }

  /** Allows no retry from now on, or allows them again. */
  public void holdRetries(boolean held) {
    retriesHeld = held;
  }

  /** {@return what a full retry budget has, in tenths of tokens} */
  public int fullBudget() {
    return health.budget().maxTenths();
  }

  /** {@return what changed since the last call, under a name that other processes have, too} */
  public SharedState.UpstreamChange changed(String name, long nowNanos) {
    lock.lock();
    try {
      int tenths = health.budget().tenths();
      int known = sharedTenths == Integer.MIN_VALUE ? health.budget().maxTenths() : sharedTenths;
      sharedTenths = tenths;
      long changes = health.breaker().changes();
      boolean circuit = changes != sharedChanges;
      sharedChanges = changes;
      sent = circuit;
      long wait = health.breaker().waitNanos(nowNanos);
      boolean open = health.breaker().state(nowNanos) != CircuitBreaker.State.CLOSED;
      return new SharedState.UpstreamChange(
          name, tenths - known, circuit ? open : null, Duration.ofNanos(wait));
    } finally {
      lock.unlock();
    }
  }

  /** The change did not reach the others: it will be part of the next one. */
  public void unsent(SharedState.UpstreamChange change) {
    lock.lock();
    try {
      sharedTenths -= change.budget();
      if (change.circuit() != null) {
        sharedChanges = -1;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Adopts how the upstream fares over all processes, beside what changed here since. */
  public void adopt(SharedState.UpstreamStanding standing, long nowNanos) {
    lock.lock();
    try {
      var budget = health.budget();
      int since = budget.tenths() - sharedTenths;
      budget.adopt(standing.budget() + since);
      sharedTenths = budget.tenths() - since;
      boolean own = health.breaker().changes() != sharedChanges;
      boolean known = standing.version() == version + (sent ? 1 : 0);
      if (!known && !own) {
        health.breaker().adopt(standing.open(), standing.pause().toNanos(), nowNanos);
      }
      version = standing.version();
      sent = false;
    } finally {
      lock.unlock();
    }
  }

  /** Records how the upstream spells the addresses of kept generations. */
  public void remember(KeptAddress found) {
    address = found;
  }

  /** {@return how the upstream spells the addresses of kept generations, as far as is known} */
  public KeptAddress address() {
    return address;
  }

  /** Records that a continuation of that kind was refused. */
  public void forget(String model, Rung rung) {
    lock.lock();
    try {
      missing.computeIfAbsent(model, name -> EnumSet.noneOf(Rung.class)).add(rung);
      if (missing.size() > MAX_MODELS) {
        missing.remove(missing.keySet().iterator().next());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Records how the server named itself. */
  public void recognised(String name) {
    lock.lock();
    try {
      server = name;
    } finally {
      lock.unlock();
    }
  }

  /** {@return how the server named itself last; empty if it never did} */
  public String server() {
    lock.lock();
    try {
      return server;
    } finally {
      lock.unlock();
    }
  }

  /** {@return the capability without the rungs that were refused before} */
  public Capability learnt(String model, Capability known) {
    lock.lock();
    try {
      var refused = missing.getOrDefault(model, Set.of());
      return known.without(refused);
    } finally {
      lock.unlock();
    }
  }
}
