package dev.holdfast.testkit.sim;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.sim.draw.Answers;
import dev.holdfast.testkit.sim.draw.Draw;
import dev.holdfast.testkit.sim.draw.Retention;
import dev.holdfast.testkit.sim.draw.Situation;
import dev.holdfast.testkit.sim.draw.Troubles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * The results of every model behaviour under every fault by every rung. Each cell is so many
 * answers of every style and protocol, broken once at a place drawn from the text. The same figures
 * every time.
 */
public final class Survey {
  /** About fifty events a second, a fast model's pace. */
  private static final Fault PACED = new Fault.Slow(Duration.ofMillis(20));

  private static final Position FIRST = Position.token(1);

  private static final Duration PING = Duration.ofSeconds(3);

  /** Rungs that are surveyed one by one. */
  private static final List<Rung> RUNGS =
      List.of(Rung.CURSOR, Rung.TOKEN_IDS, Rung.CONTINUE, Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY);

  /** Where there is a cursor, the answer is kept for longer than any clock runs. */
  private static final Retention KEPT =
      new Retention(Duration.ofMinutes(10), Duration.ofMinutes(10), Duration.ZERO, 0);

  private static final Continuation OVERLAP = new Continuation.Overlap(40);

  private final int cuts;

  /** A survey with so many broken answers in each cell, at least 1. */
  public Survey(int cuts) {
    Check.that(cuts >= 1, "cuts", "must be at least 1", cuts);
    this.cuts = cuts;
  }

  /**
   * One cell.
   *
   * @param behaviour what the model does when asked to continue
   * @param fault what broke the answer, as its spec begins
   * @param rungs what could be tried, in order
   * @param cuts broken answers
   * @param recovered answers that were still proven complete
   * @param exact recovered answers whose text is exactly the uninterrupted one
   * @param wrong streams in which an invariant was broken
   * @param wastedTokens tokens that the model wrote and the consumer did not need, of all
   * @param addedMillis median of how much longer a recovered answer took
   * @param resumedMillis median of the time from the failure to the next new text
   */
  public record Cell(
      String behaviour,
      String fault,
      List<Rung> rungs,
      int cuts,
      int recovered,
      int exact,
      int wrong,
      long wastedTokens,
      long addedMillis,
      long resumedMillis) {
    /** {@return streams that ended early, with the cause named} */
    public int refused() {
      return cuts - recovered;
    }
  }

  /** Something that can break an answer inside its text. */
  private record Break(String name, Function<Position, Fault> at) {}

  private static final List<Break> BREAKS =
      List.of(
          new Break("cut-fin", Fault.CutFin::new),
          new Break("cut-rst", Fault.CutRst::new),
          new Break("split-utf8", Fault.SplitUtf8::new),
          new Break("end-early", Fault.EndEarly::new),
          new Break("end-by-close", Fault.EndByClose::new),
          new Break("done-without-finish", at -> new Fault.DoneWithoutFinish()),
          new Break("malformed-json", Fault.MalformedJson::new),
          new Break("malformed-sse", Fault.MalformedSse::new),
          new Break("invalid-utf8", Fault.InvalidUtf8::new),
          new Break("stall, silent", at -> new Fault.Stall(at, Troubles.SILENCE, null)),
          new Break("stall, pings", at -> new Fault.Stall(at, Troubles.SILENCE, PING)),
          new Break("error-event, server", at -> new Fault.ErrorEvent(at, Fault.Trouble.SERVER)),
          new Break(
              "error-event, overloaded", at -> new Fault.ErrorEvent(at, Fault.Trouble.OVERLOADED)),
          new Break("endless-line", at -> new Fault.EndlessLine(at, 40_000)),
          new Break("huge-event", at -> new Fault.HugeEvent(at, 40_000)),
          new Break("second-start", Fault.SecondMessageStart::new));

  /** {@return a cell for every rung, behaviour and fault} */
  public List<Cell> everyRung() {
    var cells = new ArrayList<Cell>();
    for (Rung rung : RUNGS) {
      // Resuming kept events asks the model for nothing.
      var behaviours =
          rung == Rung.CURSOR ? List.<Continuation>of(new Continuation.Exact()) : behaviours();
      for (Continuation behaviour : behaviours) {
        for (Break fault : BREAKS) {
          if (speakers(List.of(rung)).stream().anyMatch(fault.at().apply(FIRST)::appliesTo)) {
            cells.add(cell(List.of(rung), behaviour, fault.name(), List.of(fault)));
          }
        }
      }
    }
    return cells;
  }

  /** {@return the protocols that have a rung} */
  private static List<Protocol> speakers(List<Rung> rungs) {
    return switch (rungs.getFirst()) {
      case CURSOR -> List.of(Protocol.OPENAI_RESPONSES, Protocol.OPENAI_CHAT);
      case TOKEN_IDS, CONTINUE -> List.of(Protocol.OPENAI_CHAT);
      case PREFILL, ANCHOR, REPLAY, REFUSE -> Draw.PROTOCOLS;
    };
  }

  /** {@return a cell for every behaviour, with the whole ladder and every fault in turn} */
  public List<Cell> ladder() {
    return withLongOverlap(Continuation.all()).stream()
        .map(behaviour -> cell(Draw.ALL_RUNGS.rungs(), behaviour, "any", BREAKS))
        .toList();
  }

  private static List<Continuation> behaviours() {
    return withLongOverlap(Continuation.examples());
  }

  private static List<Continuation> withLongOverlap(List<Continuation> behaviours) {
    return behaviours.stream()
        .map(behaviour -> behaviour instanceof Continuation.Overlap ? OVERLAP : behaviour)
        .toList();
  }

  private Cell cell(List<Rung> rungs, Continuation behaviour, String name, List<Break> breaks) {
    var added = new ArrayList<Long>();
    var resumed = new ArrayList<Long>();
    int exact = 0;
    int wrong = 0;
    long wasted = 0;
    for (int i = 0; i < cuts; i++) {
      var situation = situation(rungs, behaviour, breaks.get(i % breaks.size()), i);
      var broken = Simulation.run(situation);
      var whole = Simulation.run(withoutBreak(situation));
      wrong += broken.violations().isEmpty() && whole.isComplete() ? 0 : 1;
      wasted += Math.max(0, broken.tokens() - whole.tokens());
      if (broken.isComplete()) {
        added.add(broken.took().minus(whole.took()).toMillis());
        resumed.add(broken.resumed().toMillis());
        exact += broken.text().equals(situation.answer().text()) ? 1 : 0;
      }
    }
    return new Cell(
        behaviour.spec(),
        name,
        rungs,
        cuts,
        added.size(),
        exact,
        wrong,
        wasted,
        median(added),
        median(resumed));
  }

  /** The same answers and places in every cell. */
  private static Situation situation(
      List<Rung> rungs, Continuation behaviour, Break fault, int number) {
    var random = new SplittableRandom(number);
    Answer answer = Answer.ofText(Answers.text(random));
    while (answer.parts().size() < 2) {
      answer = Answer.ofText(Answers.text(random));
    }
    var broken = fault.at().apply(Position.token(1 + random.nextInt(answer.parts().size() - 1)));
    var protocols = speakers(rungs).stream().filter(broken::appliesTo).toList();
    boolean kept = rungs.contains(Rung.CURSOR);
    var upstream =
        upstream(
            Draw.pick(random, protocols),
            behaviour,
            new Capability(rungs, Prefill.PLAIN),
            List.of(List.of(broken, PACED), List.of(PACED), List.of(PACED), List.of(PACED)));
    return new Situation(
        number,
        answer,
        List.of(upstream),
        new Situation.Request(rungs.equals(List.of(Rung.REPLAY)), false, false, kept, 1),
        Draw.plainPolicy(),
        BreakerPolicy.OFF,
        Situation.Reader.EAGER);
  }

  private static Situation.Upstream upstream(
      Protocol protocol, Continuation behaviour, Capability capability, List<List<Fault>> faults) {
    boolean kept = capability.rungs().contains(Rung.CURSOR);
    return new Situation.Upstream(
        protocol,
        behaviour,
        capability,
        100,
        0,
        faults,
        List.of(),
        kept ? KEPT : Retention.NOTHING);
  }

  private static Situation withoutBreak(Situation broken) {
    var upstream = broken.upstreams().getFirst();
    var sound =
        upstream(
            upstream.protocol(),
            upstream.continuation(),
            upstream.capability(),
            List.of(List.of(PACED)));
    return new Situation(
        broken.seed(),
        broken.answer(),
        List.of(sound),
        broken.request(),
        broken.policy(),
        broken.breaker(),
        broken.reader());
  }

  private static long median(List<Long> all) {
    return all.isEmpty() ? 0 : all.stream().sorted().toList().get(all.size() / 2);
  }
}
