package dev.holdfast.testkit.sim;

import dev.holdfast.testkit.Answer;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Draws what the third edition adds to the second: further ways for a model to continue, further
 * texts, and faults in what the events of a reply say.
 */
final class ThirdEdition {
  /** Behaviours that the editions before this one do not draw. */
  private static final List<Continuation> CONTINUATIONS = List.of();

  private final RandomGenerator random;

  ThirdEdition(RandomGenerator random) {
    this.random = random;
  }

  Situation of(Situation second) {
    var answer = answer(second);
    return new Situation(
        second.seed(),
        answer,
        second.upstreams().stream().map(one -> upstream(one, answer)).toList(),
        second.request(),
        second.policy(),
        second.breaker(),
        second.reader());
  }

  /** The answer of the second edition, while there is no further text to draw. */
  private static Answer answer(Situation second) {
    return second.answer();
  }

  private Situation.Upstream upstream(Situation.Upstream second, Answer answer) {
    return new Situation.Upstream(
        second.protocol(),
        continuation(second.continuation()),
        second.capability(),
        second.budget(),
        second.failures(),
        faults(second.faults(), answer),
        second.outages(),
        second.keeping());
  }

  private Continuation continuation(Continuation second) {
    return !CONTINUATIONS.isEmpty() && Draw.oneIn(random, 2)
        ? Draw.pick(random, CONTINUATIONS)
        : second;
  }

  /** One attempt in four meets a fault of this edition in place of its own. */
  private List<List<Fault>> faults(List<List<Fault>> second, Answer answer) {
    var faults = new ArrayList<List<Fault>>();
    for (List<Fault> attempt : second) {
      faults.add(Draw.oneIn(random, 4) ? Troubles.third(random, answer) : attempt);
    }
    return faults;
  }
}
