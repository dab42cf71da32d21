package dev.holdfast.gateway.upstream;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.health.CircuitBreaker;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.health.UpstreamHealth;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What all streams of one upstream share: its circuit, its retry budget, and what was learnt of it.
 * A lock around plain state, held for nanoseconds.
 */
public final class SharedUpstream {
  /** Model names are the clients', so their number is bounded here; the oldest go first. */
  private static final int MAX_MODELS = 1000;

  private final UpstreamConfig config;
  private final ReentrantLock lock = new ReentrantLock();
  private final UpstreamHealth health =
      new UpstreamHealth(RetryBudget.ofDefaults(), BreakerPolicy.DEFAULT, new SplittableRandom());
  private final Map<String, Set<Rung>> missing = new LinkedHashMap<>();
  private KeptAddress address = KeptAddress.QUERY;
  private String server = "";

  /** The shared state of an upstream of which nothing is known. */
  public SharedUpstream(UpstreamConfig config) {
    this.config = config;
  }

  /** {@return the upstream} */
  public UpstreamConfig config() {
    return config;
  }

  /** {@return its availability} */
  public Availability standing(long nowNanos) {
    lock.lock();
    try {
      return health.standing(nowNanos);
    } finally {
      lock.unlock();
    }
  }

  /** {@return the state of its circuit} */
  public CircuitBreaker.State circuit(long nowNanos) {
    lock.lock();
    try {
      return health.circuit(nowNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Records that an attempt was opened. */
  public void opened(long nowNanos) {
    lock.lock();
    try {
      health.opened(nowNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Records the sign of an attempt. */
  public void score(AttemptResult sign, long nowNanos) {
    lock.lock();
    try {
      health.score(sign, nowNanos);
    } finally {
      lock.unlock();
    }
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

  /** {@return the capability without the rungs that were refused before} */
  public Capability learnt(String model, Capability known) {
    lock.lock();
    try {
      return known.without(missing.getOrDefault(model, Set.of()));
    } finally {
      lock.unlock();
    }
  }

  /** Records how it spells the addresses of kept generations. */
  public void remember(KeptAddress found) {
    lock.lock();
    try {
      address = found;
    } finally {
      lock.unlock();
    }
  }

  /** {@return how it spells the addresses of kept generations, as far as is known} */
  public KeptAddress address() {
    lock.lock();
    try {
      return address;
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
}
