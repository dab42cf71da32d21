package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What one stream has learnt about one upstream. */
final class Tried {
  final int index;
  final UpstreamPlan plan;
  final RequestFacts facts;
  final Continuations continuations;

  /** Under which name the provider is asked to keep the bytes; null where it keeps events. */
  final @Nullable String name;

  /** Rungs that were refused, and why. */
  final Map<Rung, String> missing = new EnumMap<>(Rung.class);

  /** Whether it failed since content last came. */
  boolean failed;

  /** Whether asking it again cannot help this stream. */
  boolean spent;

  /** Before when the provider asked not to be asked again. */
  long notBeforeNanos;

  Tried(int index, UpstreamPlan plan, RandomGenerator random) {
    this.index = index;
    this.plan = plan;
    this.facts = plan.dialect().facts(plan.body());
    boolean named =
        plan.capability().rungs().contains(Rung.CURSOR)
            && plan.dialect() instanceof ResumableDialect dialect
            && dialect.countsBytes();
    this.name = named ? "%016x%016x".formatted(random.nextLong(), random.nextLong()) : null;
    this.continuations = new Continuations(index, plan, name);
  }

  /** {@return an attempt from the start of the answer} */
  NextAttempt fromTheStart(int number) {
    return NextAttempt.fromTheStart(number, index, continuations.fromTheStart());
  }

  /**
   * {@return what its provider may still have of a generation that broke there}
   *
   * @param kept what it may have at best
   */
  RungChoice.Kept keptOf(@Nullable Generation broken, RungChoice.Kept kept) {
    if (broken == null
        || broken.cursor() == null
        || !(plan.dialect() instanceof ResumableDialect dialect)
        || !(facts.kept() || dialect.countsBytes())
        || (kept == RungChoice.Kept.DOCUMENT && !broken.fromTheStart)) {
      return RungChoice.Kept.NOTHING;
    }
    return kept;
  }

  /**
   * {@return whether a failure says something about the request itself, so that nobody else need be
   * asked} An account, a key and a model's name are matters of one upstream.
   */
  static boolean isTheRequests(Failure failure) {
    return switch (failure.cause()) {
      case REJECTED ->
          switch (failure.httpStatus()) {
            case 401, 402, 403, 404, 429 -> false;
            default -> true;
          };
      case LIMIT_EXCEEDED -> true;
      default -> false;
    };
  }

  /** {@return how an answer that another upstream began may be continued here} */
  Capability forStrangers() {
    var own = plan.capability();
    var rungs = own.rungs().contains(Rung.ANCHOR) ? List.of(Rung.ANCHOR) : List.<Rung>of();
    return new Capability(rungs, own.prefill(), own.prefillPath());
  }
}
