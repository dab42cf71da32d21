package dev.holdfast.testkit.scenario;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.EverydayAnswers;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.FaultPhase;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.fault.Timetable;
import dev.holdfast.testkit.model.Continuation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds in Java what a scenario file describes. Every call may be left out. The last one counts,
 * except that attempts, chances, phases and rules add to those before.
 */
public final class ScenarioBuilder {
  /** A rule is built last, when all that it may leave out is known. */
  private record Unbuilt(RequestMatch when, ScenarioBuilder then) {}

  private long seed;
  private @Nullable Answer answer;
  private @Nullable Continuation continuation;
  private @Nullable Duration pace;
  private @Nullable List<List<Fault>> attempts;
  private @Nullable List<FaultPhase.Chance> anytime;
  private @Nullable List<FaultPhase> phases;
  private boolean repeats;
  private final List<Unbuilt> rules = new ArrayList<>();

  ScenarioBuilder() {}

  /** Sets the seed of everything drawn: same seed, same bytes at the same positions. */
  public ScenarioBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** Sets the answer of every stream; without it, an ordinary English one by the seed. */
  public ScenarioBuilder answer(Answer answer) {
    this.answer = answer;
    return this;
  }

  /** Sets the answer of every stream, as plain text. */
  public ScenarioBuilder answer(String text) {
    return answer(Answer.ofText(text));
  }

  /** Sets what the model does when asked to continue. */
  public ScenarioBuilder continuation(Continuation continuation) {
    this.continuation = continuation;
    return this;
  }

  /** Sets the time between events; zero for none. */
  public ScenarioBuilder pace(Duration pace) {
    Check.that(!pace.isNegative(), "pace", "must not be negative", pace);
    this.pace = pace;
    return this;
  }

  /** Adds what goes wrong with the next attempt of every stream, in the order it is worked in. */
  public ScenarioBuilder attempt(Fault... faults) {
    return attempt(List.of(faults));
  }

  /**
   * Adds what goes wrong with the next attempt of every stream, as {@link Fault#parseAll} reads it.
   *
   * @throws IllegalArgumentException naming the part, the rule and the value of a bad spec
   */
  public ScenarioBuilder attempt(String specs) {
    return attempt(Fault.parseAll(specs));
  }

  ScenarioBuilder attempt(List<Fault> faults) {
    attempts = with(attempts, List.copyOf(faults));
    return this;
  }

  /** Declares that nothing goes wrong: in a rule, no matter what goes wrong with other requests. */
  public ScenarioBuilder healthy() {
    attempts = List.of();
    anytime = List.of();
    phases = List.of();
    return this;
  }

  /** Adds faults that strike any attempt with a probability from 0 to 1, all of them or none. */
  public ScenarioBuilder sometimes(double probability, Fault... faults) {
    return sometimes(new FaultPhase.Chance(probability, List.of(faults)));
  }

  ScenarioBuilder sometimes(FaultPhase.Chance chance) {
    anytime = with(anytime, chance);
    return this;
  }

  /** Adds a phase in which nothing goes wrong except by settings elsewhere. */
  public ScenarioBuilder healthy(Duration length) {
    return phase(new FaultPhase("healthy", length, List.of()));
  }

  /** Adds a phase in which these faults strike every request. */
  public ScenarioBuilder phase(String name, Duration length, Fault... faults) {
    return phase(
        new FaultPhase(name, length, List.of(FaultPhase.Chance.always(Arrays.asList(faults)))));
  }

  /** Adds a phase. */
  public ScenarioBuilder phase(FaultPhase phase) {
    phases = with(phases, phase);
    return this;
  }

  /** Begins again with the first phase after the last one; else nothing goes wrong any more. */
  public ScenarioBuilder repeatingPhases() {
    repeats = true;
    return this;
  }

  /**
   * Adds a rule: what some requests get instead. Of several that fit a request the first one
   * counts.
   *
   * @param when which requests
   * @param then sets what is different for them; what it leaves out is as for all others, and the
   *     seed always is
   */
  public ScenarioBuilder rule(RequestMatch when, Consumer<ScenarioBuilder> then) {
    var different = new ScenarioBuilder();
    then.accept(different);
    return rule(when, different);
  }

  ScenarioBuilder rule(RequestMatch when, ScenarioBuilder then) {
    rules.add(new Unbuilt(when, then));
    return this;
  }

  /** Declares an empty list: a file may contain one, to withdraw what all others get. */
  ScenarioBuilder nothing(String key) {
    switch (key) {
      case "attempts" -> attempts = new ArrayList<>();
      case "sometimes" -> anytime = new ArrayList<>();
      case "phases" -> phases = new ArrayList<>();
      default -> throw new IllegalArgumentException("key: must be a list, was " + key);
    }
    return this;
  }

  private static <T> List<T> with(@Nullable List<T> list, T more) {
    var all = list == null ? new ArrayList<T>() : new ArrayList<>(list);
    all.add(more);
    return all;
  }

  /**
   * {@return the scenario}
   *
   * @throws IllegalArgumentException if a rule has rules of its own
   */
  public Scenario build() {
    var built = new ArrayList<ScenarioRule>();
    for (Unbuilt rule : rules) {
      Check.that(rule.then.rules.isEmpty(), "rules", "must not have rules of their own", rule.when);
      built.add(new ScenarioRule(rule.when, rule.then.over(this).build()));
    }
    Script script = Script.ofAttempts(or(attempts, List.of()));
    List<FaultPhase.Chance> chances = or(anytime, List.of());
    List<FaultPhase> times = or(phases, List.of());
    if (!chances.isEmpty() || !times.isEmpty()) {
      script = new Timetable(script, chances, times, repeats, seed);
    }
    if (pace != null && pace.isPositive()) {
      script = script.paced(pace);
    }
    Answer chosen = answer == null ? EverydayAnswers.byPrompt(seed).apply("") : answer;
    return new Scenario(chosen, or(continuation, new Continuation.Exact()), seed, script, built);
  }

  /** {@return these settings, and those of another one where they are absent here} */
  private ScenarioBuilder over(ScenarioBuilder others) {
    var all = new ScenarioBuilder();
    all.seed = others.seed;
    all.answer = answer == null ? others.answer : answer;
    all.continuation = continuation == null ? others.continuation : continuation;
    all.pace = pace == null ? others.pace : pace;
    all.attempts = attempts == null ? others.attempts : attempts;
    all.anytime = anytime == null ? others.anytime : anytime;
    all.phases = phases == null ? others.phases : phases;
    all.repeats = phases == null ? others.repeats : repeats;
    return all;
  }

  private static <T> T or(@Nullable T value, T otherwise) {
    return value == null ? otherwise : value;
  }
}
