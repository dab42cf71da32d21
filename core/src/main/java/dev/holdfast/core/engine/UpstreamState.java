package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.OutputLimit;
import dev.holdfast.core.continuation.PrefillEcho;
import dev.holdfast.core.continuation.RungChoice;
import dev.holdfast.core.continuation.StartupWait;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.StartupPolicy;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What one stream has learnt about one upstream. */
final class UpstreamState {
  final int index;
  final UpstreamPlan plan;
  final RequestFacts facts;
  final Continuations continuations;
  final StartupWait startup;

  /** How its models can be made to continue, as far as is known. */
  private Capability capability;

  /** Rungs that were refused there, and why. */
  private Map<Rung, RungChoice.Refusal> missing = Map.of();

  /** Whether it failed since content last came. */
  private boolean failed;

  /** Whether asking it again cannot help this stream. */
  private boolean spent;

  /** Before when the provider asked not to be asked again. */
  private long notBeforeNanos;

  /**
   * Takes an upstream's place in the plan.
   *
   * @throws IllegalArgumentException if its body cannot be asked with
   */
  UpstreamState(
      int index,
      UpstreamPlan plan,
      RequestFacts facts,
      StartupPolicy startup,
      OutputLimit limit,
      PrefillEcho echo,
      RandomGenerator random) {
    this.index = index;
    this.plan = plan;
    this.facts = facts;
    this.capability = plan.capability();
    this.startup = new StartupWait(startup, random);
    this.continuations = new Continuations(index, plan, limit, echo, random);
    var unused = continuations.fromTheStart(1); // An invalid body fails here, at the start.
  }

  /** An attempt there failed without new content. */
  void failed() {
    failed = true;
  }

  /** {@return whether it failed since content last came, or since the last round began} */
  boolean hasFailed() {
    return failed;
  }

  /** It may be asked again as if it had not failed. */
  void nextRound() {
    failed = false;
  }

  /** Asking it again cannot help this stream. */
  void spend() {
    spent = true;
  }

  /** {@return whether asking it again cannot help this stream} */
  boolean isSpent() {
    return spent;
  }

  /** It brought new content: asking it again can help. */
  void broughtContent() {
    spent = false;
  }

  /** The provider asked not to be asked again before a time. */
  void notBefore(long nanos) {
    notBeforeNanos = nanos;
  }

  /** {@return how long the provider still asked not to be asked again; zero if it did not} */
  long waitNanos(long nowNanos) {
    return Math.max(0, notBeforeNanos - nowNanos);
  }

  /** Passes a rung over for the rest of this stream. */
  void refuse(Rung rung, String reason, boolean bySeam) {
    missing = missing.isEmpty() ? new EnumMap<>(Rung.class) : missing;
    missing.put(rung, new RungChoice.Refusal(reason, bySeam));
  }

  /** {@return the rungs that were refused there; a view or empty} */
  Map<Rung, RungChoice.Refusal> missing() {
    return missing;
  }

  /** {@return whether a continuation was refused there because it did not fit} */
  boolean refusedSeam() {
    return !missing.isEmpty() && missing.values().stream().anyMatch(RungChoice.Refusal::bySeam);
  }

  /**
   * {@return whether a failure concerns the request itself, so that no other upstream need be
   * asked} An account, a key and a model's name are matters of one upstream.
   */
  static boolean isTheRequests(Failure failure) {
    return switch (failure.cause()) {
      case REJECTED ->
          switch (failure.httpStatus().orElse(0)) {
            case 401, 402, 403, 404, 429 -> false;
            default -> true;
          };
      case LIMIT_EXCEEDED -> true;
      default -> false;
    };
  }

  /** {@return how an answer of its own may be continued} */
  Capability capability() {
    return capability;
  }

  /** {@return the profile of that name, which applies from now on; null if it is ignored} */
  @Nullable Profile recognise(String name) {
    var known = plan.known();
    var profile = known == null ? null : known.recognised(name, plan.dialect().id());
    if (profile != null) {
      capability = profile.capability();
      continuations.use(capability);
    }
    return profile;
  }

  /** {@return how an answer that another upstream began may be continued here} */
  Capability forStrangers() {
    return new Capability(
        capability.rungs().contains(Rung.ANCHOR) ? List.of(Rung.ANCHOR) : List.of(),
        capability.prefill(),
        capability.prefillPath(),
        capability.count());
  }
}
