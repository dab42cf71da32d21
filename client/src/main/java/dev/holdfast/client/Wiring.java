package dev.holdfast.client;

import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.Capability;
import java.util.random.RandomGenerator;

/** Where the core's parts are taken from. */
@SuppressWarnings("DoNotCallSuggester") // Until dialects and machine are merged.
final class Wiring {
  private Wiring() {}

  static Dialect dialect(String id) {
    throw new UnsupportedOperationException(id);
  }

  static Capability capability(Dialect dialect, String host, String model) {
    throw new UnsupportedOperationException(dialect.id() + host + model);
  }

  static StreamDriver.Machine machine(StreamPlan plan, RandomGenerator random) {
    throw new UnsupportedOperationException(plan.body() + random);
  }
}
