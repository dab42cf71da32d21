package dev.holdfast.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says in Java what a scenario file says. Every call may be left out; the last one counts. */
public final class ScenarioBuilder {
  private long seed;
  private @Nullable Answer answer;
  private Continuation continuation = new Continuation.Exact();
  private Duration pace = Duration.ZERO;
  private final List<List<Fault>> attempts = new ArrayList<>();
  private final List<Phase.Chance> anytime = new ArrayList<>();
  private final List<Phase> phases = new ArrayList<>();
  private boolean repeats;

  ScenarioBuilder() {}

  /** Sets the seed of everything drawn: same seed, same bytes at the same positions. */
  public ScenarioBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** Sets what every stream is told. */
  public ScenarioBuilder answer(Answer answer) {
    this.answer = answer;
    return this;
  }

  /** Sets what every stream is told, as plain text. */
  public ScenarioBuilder answer(String text) {
    return answer(Answer.ofText(text));
  }

  /** Sets what the model does when asked to go on. */
  public ScenarioBuilder continuation(Continuation continuation) {
    this.continuation = continuation;
    return this;
  }

  /** Sets the time between events. */
  public ScenarioBuilder pace(Duration pace) {
    this.pace = pace;
    return this;
  }

  /** Adds what goes wrong with the next attempt of every stream, in the order it is worked in. */
  public ScenarioBuilder attempt(Fault... faults) {
    attempts.add(List.of(faults));
    return this;
  }

  /**
   * Adds what goes wrong with the next attempt of every stream, as {@link Fault#parseAll} reads it.
   *
   * @throws IllegalArgumentException naming the part, the rule and the value of a bad spec
   */
  public ScenarioBuilder attempt(String specs) {
    attempts.add(Fault.parseAll(specs));
    return this;
  }

  /** Adds faults that strike any attempt with a probability from 0 to 1, all of them or none. */
  public ScenarioBuilder sometimes(double probability, Fault... faults) {
    anytime.add(new Phase.Chance(probability, List.of(faults)));
    return this;
  }

  /** Adds a phase in which nothing goes wrong that is not said elsewhere. */
  public ScenarioBuilder healthy(Duration length) {
    phases.add(new Phase("healthy", length, List.of()));
    return this;
  }

  /** Adds a phase in which these faults strike every request. */
  public ScenarioBuilder phase(String name, Duration length, Fault... faults) {
    phases.add(new Phase(name, length, List.of(Phase.Chance.always(Arrays.asList(faults)))));
    return this;
  }

  /** Adds a phase. */
  public ScenarioBuilder phase(Phase phase) {
    phases.add(phase);
    return this;
  }

  /** Begins again with the first phase after the last one; else nothing goes wrong any more. */
  public ScenarioBuilder repeatingPhases() {
    repeats = true;
    return this;
  }

  ScenarioBuilder sometimes(Phase.Chance chance) {
    anytime.add(chance);
    return this;
  }

  ScenarioBuilder attempt(List<Fault> faults) {
    attempts.add(List.copyOf(faults));
    return this;
  }

  /** {@return the scenario} */
  public Scenario build() {
    Script script = Script.ofAttempts(attempts);
    if (!anytime.isEmpty() || !phases.isEmpty()) {
      script = new Timetable(script, anytime, phases, repeats, seed);
    }
    if (pace.isPositive()) {
      script = script.paced(pace);
    }
    Answer told = answer == null ? AnswerGenerator.answer(seed) : answer;
    return new Scenario(told, continuation, seed, script);
  }
}
