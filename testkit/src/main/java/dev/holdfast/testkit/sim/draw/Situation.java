package dev.holdfast.testkit.sim.draw;

import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Everything that is decided before a simulated stream begins.
 *
 * @param seed of everything drawn during the run
 * @param answer every model's uninterrupted answer
 * @param upstreams the upstreams that the engine may ask, best first; at least one
 * @param request what the caller asks for
 * @param policy what the operator decided about the stream
 * @param breaker what the operator decided about upstreams that fail
 * @param reader how the consumer takes the events
 */
public record Situation(
    long seed,
    Answer answer,
    List<Upstream> upstreams,
    Request request,
    StreamPolicy policy,
    BreakerPolicy breaker,
    Reader reader) {
  /** Checks and copies. */
  public Situation {
    Check.that(!upstreams.isEmpty(), "upstreams", "must not be empty", upstreams);
    upstreams = List.copyOf(upstreams);
  }

  /**
   * A provider: its model, its network, its health.
   *
   * @param protocol what it speaks
   * @param continuation what its model does when asked to continue
   * @param capability how the engine believes it can be made to continue
   * @param budget tokens of its retry budget, at least 1
   * @param failures attempts of other streams that failed there just before
   * @param faults what goes wrong with each attempt there; nothing with later ones
   * @param outages when no request gets through
   * @param keeping what it keeps of answers, where it is asked to
   */
  public record Upstream(
      Protocol protocol,
      Continuation continuation,
      Capability capability,
      int budget,
      int failures,
      List<List<Fault>> faults,
      List<Outage> outages,
      Retention keeping) {
    /** Copies the lists. */
    public Upstream {
      faults = List.copyOf(faults);
      outages = List.copyOf(outages);
    }

    /** {@return one whose health is good and which has no outage} */
    public static Upstream of(
        Protocol protocol,
        Continuation continuation,
        Capability capability,
        List<List<Fault>> faults) {
      return new Upstream(
          protocol, continuation, capability, 100, 0, faults, List.of(), Retention.NOTHING);
    }

    /** {@return what goes wrong with the so-manieth attempt there, made at a time of the run} */
    public List<Fault> faults(int attempt, Duration at) {
      for (Outage outage : outages) {
        if (at.compareTo(outage.from()) >= 0 && at.compareTo(outage.to()) < 0) {
          return List.of(outage.how());
        }
      }
      return attempt <= faults.size() ? faults.get(attempt - 1) : List.of();
    }

    private String describe() {
      return "%s, %s by %s%s%s, faults %s%s%s"
          .formatted(
              protocol,
              continuation.spec(),
              capability.rungs(),
              budget < 100 ? ", budget " + budget : "",
              failures > 0 ? ", failures " + failures : "",
              faults.stream().map(all -> all.stream().map(Fault::spec).toList()).toList(),
              outages.isEmpty() ? "" : ", outages " + outages,
              keeping.equals(Retention.NOTHING) ? "" : ", " + keeping);
    }
  }

  /**
   * A time in which every attempt fails.
   *
   * @param from since the beginning
   * @param to when it is over
   * @param how what every attempt meets
   */
  public record Outage(Duration from, Duration to, Fault how) {}

  /**
   * What the caller asks for, as far as recovery depends on it.
   *
   * @param deterministic whether the sampling temperature is zero
   * @param structured whether the output is constrained to JSON
   * @param tools whether tools are offered; models call them anyway
   * @param kept whether the provider is asked to keep the answer
   * @param choices how many answers, of those that give several
   */
  public record Request(
      boolean deterministic, boolean structured, boolean tools, boolean kept, int choices) {
    /** Free text, sampled. */
    public static final Request PLAIN = new Request(false, false);

    /** One answer that no provider keeps, without tools. */
    public Request(boolean deterministic, boolean structured) {
      this(deterministic, structured, false, false, 1);
    }
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

  /**
   * What draws situations has had so many editions. A seed means a different situation in each
   * edition, and always the same within one.
   */
  public static final int EDITION = 3;

  /** {@return the situation of a seed} */
  public static Situation draw(long seed) {
    return draw(seed, EDITION);
  }

  /**
   * {@return the situation of a seed in an edition}
   *
   * @param edition from 1 to {@link #EDITION}
   */
  public static Situation draw(long seed, int edition) {
    Check.that(edition >= 1 && edition <= EDITION, "edition", "must be 1 to " + EDITION, edition);
    return new Draw(seed).situation(edition);
  }

  /** {@return what {@code ./holdfast demo --seed} plays, over one protocol or another} */
  public static Situation demo(long seed) {
    var demo = dev.holdfast.testkit.scenario.Scenario.demo(seed, Duration.ofMillis(20));
    var upstream =
        Upstream.of(
            Draw.PROTOCOLS.get((int) Math.floorMod(seed, (long) Draw.PROTOCOLS.size())),
            demo.continuation(),
            Draw.ALL_RUNGS,
            IntStream.rangeClosed(1, 3)
                .mapToObj(attempt -> demo.script().faults("", attempt))
                .toList());
    return new Situation(
        seed,
        demo.answer(),
        List.of(upstream),
        Request.PLAIN,
        Draw.plainPolicy(),
        BreakerPolicy.OFF,
        Reader.EAGER);
  }

  /** {@return the situation in one line, without the answer} */
  public String describe() {
    var recovery = policy.recovery();
    return "%s%s%s%s%s; %s; %s"
        .formatted(
            request.deterministic() ? "deterministic, " : "",
            (request.structured() ? "structured, " : "")
                + (request.kept() ? "kept, " : "")
                + (request.choices() > 1 ? request.choices() + " choices, " : ""),
            recovery.requireExact() ? "exact, " : "",
            (policy.failover().continueElsewhere() ? "continued elsewhere, " : "")
                + (policy.failover().hedgeAfter().isZero()
                    ? ""
                    : "hedged after " + policy.failover().hedgeAfter() + ", ")
                + (recovery.malformed() == RecoveryPolicy.Malformed.RECOVER
                    ? ""
                    : recovery.malformed() + ", "),
            policy.retry().equals(RetryPolicy.DEFAULT) ? "" : policy.retry(),
            reader,
            upstreams.stream().map(Upstream::describe).collect(Collectors.joining("; then ")));
  }
}
