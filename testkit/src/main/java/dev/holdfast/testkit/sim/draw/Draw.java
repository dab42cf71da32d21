package dev.holdfast.testkit.sim.draw;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Draws a situation from a seed. Each question has its own source of chance, in this order. One
 * added at the end leaves all other answers unchanged. What an edition asks that the one before did
 * not is asked last, of a source of its own: {@link SecondEdition}, {@link ThirdEdition}. What an
 * edition draws from is listed here, never taken from an enumeration that may grow.
 */
public final class Draw {
  /** Those that both the test kit and the engine spoke in the first edition. */
  public static final List<Protocol> PROTOCOLS =
      List.of(
          Protocol.OPENAI_CHAT,
          Protocol.ANTHROPIC_MESSAGES,
          Protocol.OPENAI_RESPONSES,
          Protocol.GEMINI_SSE,
          Protocol.OLLAMA_CHAT);

  /** Shorter than the drawn silences, longer than the gaps of a healthy reply. */
  static final Timeouts TIMEOUTS =
      new Timeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(20),
          Duration.ofSeconds(40),
          Duration.ofMinutes(30));

  public static final Capability ALL_RUNGS =
      new Capability(List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN);

  /** Larger than any healthy event, smaller than the drawn floods. */
  public static final int MOST_BYTES = 16_384;

  private static final FrameLimits LIMITS = new FrameLimits(MOST_BYTES, MOST_BYTES);

  private static final List<List<Rung>> LADDERS =
      List.of(
          ALL_RUNGS.rungs(),
          ALL_RUNGS.rungs(),
          ALL_RUNGS.rungs(),
          List.of(Rung.ANCHOR, Rung.REPLAY),
          List.of(Rung.ANCHOR, Rung.REPLAY),
          List.of(Rung.CONTINUE, Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY),
          List.of(Rung.PREFILL),
          List.of(Rung.ANCHOR),
          List.of(Rung.REPLAY),
          List.of());

  /** The behaviours of the first edition, in its order. */
  private static final List<Continuation> CONTINUATIONS =
      List.of(
          new Continuation.Exact(),
          new Continuation.Overlap(12),
          new Continuation.Restart(),
          new Continuation.Preamble(0),
          new Continuation.OtherText(),
          new Continuation.NoAnchor(),
          new Continuation.RefusePrefill(),
          new Continuation.RefuseAll(),
          new Continuation.Drift());

  /** How many openings there were in the first edition. */
  private static final int PREAMBLES = 5;

  private final long seed;
  private final SplittableRandom answers;
  private final SplittableRandom models;
  private final SplittableRandom requests;
  private final SplittableRandom policies;
  private final SplittableRandom readers;
  private final SplittableRandom networks;
  private final SplittableRandom others;
  private final SplittableRandom second;
  private final SplittableRandom third;

  Draw(long seed) {
    this.seed = seed;
    var random = new SplittableRandom(seed);
    answers = random.split();
    models = random.split();
    requests = random.split();
    policies = random.split();
    readers = random.split();
    networks = random.split();
    others = random.split();
    second = random.split();
    third = random.split();
  }

  Situation situation(int edition) {
    var request = new Situation.Request(oneIn(requests, 4), oneIn(requests, 16));
    var answer = Answers.draw(answers, request.structured());
    var first =
        new Situation(seed, answer, upstreams(answer), request, policy(), breaker(), reader());
    if (edition == 1) {
      return first;
    }
    var next = new SecondEdition(second).of(first);
    return edition == 2 ? next : new ThirdEdition(third).of(next);
  }

  private List<Situation.Upstream> upstreams(Answer answer) {
    int count = oneIn(others, 5) ? 2 + others.nextInt(2) : 1;
    var upstreams = new ArrayList<Situation.Upstream>();
    for (int i = 0; i < count; i++) {
      upstreams.add(
          new Situation.Upstream(
              pick(models, PROTOCOLS),
              continuation(),
              new Capability(pick(models, LADDERS), pick(models, List.of(Prefill.values()))),
              oneIn(models, 8) ? 1 + models.nextInt(8) : 100,
              oneIn(others, 8) ? 1 + others.nextInt(4) : 0,
              faults(answer),
              outages(count > 1 ? 3 : 16),
              Retention.NOTHING));
    }
    return upstreams;
  }

  /** At most one: from the start or later, short or permanent. */
  private List<Situation.Outage> outages(int oneIn) {
    if (!oneIn(others, oneIn)) {
      return List.of();
    }
    var from = Duration.ofMillis(others.nextBoolean() ? 0 : others.nextInt(20_000));
    var length = Duration.ofMillis(others.nextBoolean() ? 3_600_000 : 1 + others.nextInt(20_000));
    var how =
        others.nextBoolean()
            ? new Fault.CutRst(new Position.BeforeHead())
            : new Fault.Status(pick(others, List.of(500, 502, 503, 529)), null);
    return List.of(new Situation.Outage(from, from.plus(length), how));
  }

  /** So touchy, often, that one stream's attempts are enough. */
  private BreakerPolicy breaker() {
    return oneIn(others, 2)
        ? BreakerPolicy.OFF
        : new BreakerPolicy(
            0.5,
            1 + others.nextInt(4),
            Duration.ofSeconds(30),
            Duration.ofMillis(1 + others.nextInt(8000)),
            Duration.ofSeconds(60));
  }

  /** Most models continue properly; the others must not be believed. */
  private Continuation continuation() {
    var all = CONTINUATIONS;
    var drawn = all.get(models.nextInt(oneIn(models, 3) ? all.size() : 2));
    return switch (drawn) {
      case Continuation.Overlap overlap -> new Continuation.Overlap(1 + models.nextInt(200));
      case Continuation.Preamble preamble -> new Continuation.Preamble(models.nextInt(PREAMBLES));
      default -> drawn;
    };
  }

  private StreamPolicy policy() {
    var recovery = RecoveryPolicy.DEFAULT;
    if (oneIn(policies, 10)) {
      recovery = recovery.withMalformed(RecoveryPolicy.Malformed.FAIL);
    }
    if (oneIn(policies, 10)) {
      recovery = recovery.withTools(RecoveryPolicy.Tools.LIVE);
    }
    if (oneIn(policies, 10)) {
      recovery = recovery.withRequireExact(true);
    }
    if (oneIn(policies, 12)) {
      recovery =
          new RecoveryPolicy(
              recovery.malformed(),
              recovery.tools(),
              recovery.requireExact(),
              policies.nextInt(400),
              24 + policies.nextInt(240),
              Duration.ofMillis(1 + policies.nextInt(600)));
    }
    var retry = RetryPolicy.DEFAULT;
    if (oneIn(policies, 6)) {
      retry =
          new RetryPolicy(
              1 + policies.nextInt(5),
              policies.nextInt(10),
              Duration.ofMillis(1 + policies.nextInt(2000)),
              Duration.ofSeconds(2 + policies.nextInt(20)),
              Duration.ofSeconds(policies.nextInt(60)));
    }
    var timeouts = TIMEOUTS;
    if (oneIn(policies, 8)) {
      timeouts =
          new Timeouts(
              timeouts.connect(),
              timeouts.firstToken(),
              timeouts.idle(),
              timeouts.progress(),
              Duration.ofMillis(100 + policies.nextInt(90_000)));
    }
    return plainPolicy()
        .withTimeouts(timeouts)
        .withRetry(retry)
        .withRecovery(recovery)
        .withFailover(FailoverPolicy.DEFAULT.withContinueElsewhere(others.nextBoolean()));
  }

  private Situation.Reader reader() {
    int pauseOneIn = oneIn(readers, 4) ? 2 + readers.nextInt(40) : 0;
    return new Situation.Reader(
        pauseOneIn,
        Duration.ofMillis(pauseOneIn == 0 ? 0 : 1 + readers.nextInt(100_000)),
        oneIn(readers, 12) ? readers.nextInt(60) : -1,
        oneIn(readers, 16) ? Duration.ofMillis(1 + readers.nextInt(5000)) : Duration.ZERO);
  }

  private List<List<Fault>> faults(Answer answer) {
    int troubled = oneIn(networks, 25) ? 12 : networks.nextInt(5);
    var faults = new ArrayList<List<Fault>>();
    for (int i = 0; i < troubled; i++) {
      faults.add(Troubles.draw(networks, answer));
    }
    return faults;
  }

  /** {@return the defaults, with the clocks and limits that the faults are made for} */
  public static StreamPolicy plainPolicy() {
    return StreamPolicy.DEFAULT.withTimeouts(TIMEOUTS).withLimits(LIMITS);
  }

  static boolean oneIn(RandomGenerator random, int many) {
    return random.nextInt(many) == 0;
  }

  /** {@return one of some choices, of which there is at least one} */
  public static <T> T pick(RandomGenerator random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
