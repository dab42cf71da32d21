package dev.holdfast.testkit.sim;

import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.testkit.Answer;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.Fault;
import dev.holdfast.testkit.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Everything that is decided before a simulated stream begins.
 *
 * @param seed of whatever is drawn during the run
 * @param protocol the upstream's
 * @param answer what its model would say uninterrupted
 * @param continuation what it does when asked to go on
 * @param capability how the engine believes it can be made to go on
 * @param request what the caller asks for
 * @param policy what the operator decided
 * @param budget tokens of the upstream's retry budget, at least 1
 * @param reader how the consumer takes the events
 * @param faults what goes wrong with each attempt; nothing with later ones
 */
public record Situation(
    long seed,
    Protocol protocol,
    Answer answer,
    Continuation continuation,
    Capability capability,
    Request request,
    StreamPolicy policy,
    int budget,
    Reader reader,
    List<List<Fault>> faults) {
  /** Copies the list. */
  public Situation {
    faults = List.copyOf(faults);
  }

  /**
   * What the caller asks for, as far as recovery depends on it.
   *
   * @param deterministic whether the sampling temperature is zero
   * @param structured whether the output is constrained to JSON
   */
  public record Request(boolean deterministic, boolean structured) {
    /** Free text, sampled. */
    public static final Request PLAIN = new Request(false, false);
  }

  /**
   * How the consumer takes the events.
   *
   * @param pauseOneIn it stops reading after one in so many arrivals, on average; 0 for never
   * @param longestPause the longest time it is away
   * @param cancelAfter events after which it cancels, or -1
   * @param cancelAt when it cancels, from the beginning; zero for never
   */
  public record Reader(int pauseOneIn, Duration longestPause, int cancelAfter, Duration cancelAt) {
    /** Takes everything at once, to the end. */
    public static final Reader EAGER = new Reader(0, Duration.ZERO, -1, Duration.ZERO);
  }

  /** {@return what a seed stands for} */
  public static Situation draw(long seed) {
    return new Draw(seed).situation();
  }

  /** {@return what {@code ./holdfast demo --seed} plays, over one protocol or another} */
  public static Situation demo(long seed) {
    var demo = dev.holdfast.testkit.Scenario.demo(seed, Duration.ofMillis(20));
    return new Situation(
        seed,
        Draw.PROTOCOLS.get((int) Math.floorMod(seed, (long) Draw.PROTOCOLS.size())),
        demo.answer(),
        demo.continuation(),
        Draw.ALL_RUNGS,
        Request.PLAIN,
        Draw.plainPolicy(),
        100,
        Reader.EAGER,
        IntStream.rangeClosed(1, 3)
            .mapToObj(attempt -> demo.script().faults("", attempt))
            .toList());
  }

  /** {@return the faults of an attempt, from 1} */
  List<Fault> faultsOf(int attempt) {
    return attempt <= faults.size() ? faults.get(attempt - 1) : List.of();
  }

  /** {@return the situation in one line, without the answer} */
  public String describe() {
    return "%s, %s by %s%s%s%s, budget %d, %s, faults %s"
        .formatted(
            protocol,
            continuation.spec(),
            capability.rungs(),
            request.deterministic() ? ", deterministic" : "",
            request.structured() ? ", structured" : "",
            policy.recovery().requireExact() ? ", exact" : "",
            budget,
            reader,
            faults.stream().map(all -> all.stream().map(Fault::spec).toList()).toList());
  }
}
