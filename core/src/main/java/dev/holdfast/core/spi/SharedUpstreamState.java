package dev.holdfast.core.spi;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.health.UpstreamHealth;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Rung;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

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
      return health.standing(nowNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Records that an attempt was opened: {@link dev.holdfast.core.engine.Action.OpenAttempt}. */
  public void opened(long nowNanos) {
    lock.lock();
    try {
      health.opened(nowNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Records the result of an attempt: {@link dev.holdfast.core.engine.Action.ReportHealth}. */
  public void score(AttemptResult result, long nowNanos) {
    lock.lock();
    try {
      health.score(result, nowNanos);
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
