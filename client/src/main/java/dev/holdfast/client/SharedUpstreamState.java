package dev.holdfast.client;

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

/** What the streams of one upstream have learnt about it and share: a lock around plain state. */
final class SharedUpstreamState {
  /** Model names are the caller's, so their number is bounded here; the oldest go first. */
  private static final int MAX_MODELS = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final UpstreamHealth health;
  private final Map<String, Set<Rung>> missing = new LinkedHashMap<>();
  private volatile KeptAddress address = KeptAddress.QUERY;

  /** How the server named itself last; empty if it never did. */
  private String server = "";

  SharedUpstreamState(BreakerPolicy breaker, RandomGenerator random) {
    health = new UpstreamHealth(RetryBudget.ofDefaults(), breaker, random);
  }

  Availability standing(long nowNanos) {
    lock.lock();
    try {
      return health.standing(nowNanos);
    } finally {
      lock.unlock();
    }
  }

  void opened(long nowNanos) {
    lock.lock();
    try {
      health.opened(nowNanos);
    } finally {
      lock.unlock();
    }
  }

  void score(AttemptResult sign, long nowNanos) {
    lock.lock();
    try {
      health.score(sign, nowNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Records how the upstream spells the addresses of kept generations. */
  void remember(KeptAddress found) {
    address = found;
  }

  /** {@return how the upstream spells the addresses of kept generations, as far as is known} */
  KeptAddress address() {
    return address;
  }

  /** Records that a continuation of that kind was refused. */
  void forget(String model, Rung rung) {
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
  void recognised(String name) {
    lock.lock();
    try {
      server = name;
    } finally {
      lock.unlock();
    }
  }

  /** {@return how the server named itself last; empty if it never did} */
  String server() {
    lock.lock();
    try {
      return server;
    } finally {
      lock.unlock();
    }
  }

  /** {@return the capability without the rungs that were refused before} */
  Capability learnt(String model, Capability known) {
    lock.lock();
    try {
      var refused = missing.getOrDefault(model, Set.of());
      return known.without(refused);
    } finally {
      lock.unlock();
    }
  }
}
