package dev.holdfast.testkit.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A script that changes with time. Faults are drawn from the seed, the stream and the attempt,
 * never from the time. The same request in the same phase gets the same faults.
 */
public final class Timetable implements Script {
  private final Script attempts;
  private final List<FaultPhase.Chance> anytime;
  private final List<FaultPhase> phases;
  private final boolean repeats;
  private final long seed;

  public Timetable(
      Script attempts,
      List<FaultPhase.Chance> anytime,
      List<FaultPhase> phases,
      boolean repeats,
      long seed) {
    this.attempts = attempts;
    this.anytime = List.copyOf(anytime);
    this.phases = List.copyOf(phases);
    this.repeats = repeats;
    this.seed = seed;
  }

  /** What happens to requests that arrive at once. */
  @Override
  public List<Fault> faults(String stream, int attempt) {
    return faults(stream, attempt, Duration.ZERO);
  }

  @Override
  public List<Fault> faults(String stream, int attempt, Duration uptime) {
    var faults = new ArrayList<>(attempts.faults(stream, attempt, uptime));
    var random = new SplittableRandom(Script.mix(seed, stream, attempt));
    draw(anytime, random, faults);
    draw(at(uptime), random, faults);
    return faults;
  }

  private static void draw(
      List<FaultPhase.Chance> chances, SplittableRandom random, List<Fault> faults) {
    for (var chance : chances) {
      if (random.nextDouble() < chance.probability()) {
        faults.addAll(chance.faults());
      }
    }
  }

  /** {@return what may strike after so much time; nothing once the last phase is over} */
  private List<FaultPhase.Chance> at(Duration uptime) {
    Duration cycle = phases.stream().map(FaultPhase::length).reduce(Duration.ZERO, Duration::plus);
    Duration left =
        repeats && cycle.isPositive()
            ? Duration.ofNanos(uptime.toNanos() % cycle.toNanos())
            : uptime;
    for (var phase : phases) {
      if (left.compareTo(phase.length()) < 0) {
        return phase.faults();
      }
      left = left.minus(phase.length());
    }
    return List.of();
  }
}
