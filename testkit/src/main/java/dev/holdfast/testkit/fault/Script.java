package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Assigns faults to attempts. Must be pure, so that a run can be repeated. */
@FunctionalInterface
public interface Script {
  /**
   * {@return what goes wrong with one request, in the order it is worked in}
   *
   * @param stream which stream the request belongs to; see {@code FaultServer}
   * @param attempt number of the request within its stream, from 1
   */
  List<Fault> faults(String stream, int attempt);

  /** The stream that connections belong to, where a script is asked for the faults of those. */
  String CONNECTIONS = "connections";

  /**
   * {@return what goes wrong with one request, where that changes with time}
   *
   * @param uptime time between the start of the server and the arrival of the request, by the
   *     server's clock
   */
  default List<Fault> faults(String stream, int attempt, Duration uptime) {
    return faults(stream, attempt);
  }

  /** {@return a script in which nothing goes wrong} */
  static Script healthy() {
    return (stream, attempt) -> List.of();
  }

  /** {@return a script that gives each attempt of every stream its faults, and later ones none} */
  static Script ofAttempts(List<List<Fault>> attempts) {
    List<List<Fault>> copy = attempts.stream().map(List::copyOf).toList();
    return (stream, attempt) -> attempt <= copy.size() ? copy.get(attempt - 1) : List.of();
  }

  /**
   * {@return a script of one fault for each of the first attempts, as {@link Fault#parseAll} reads
   * them; later ones have none}
   *
   * @throws IllegalArgumentException naming the part, the rule and the value of a bad spec
   */
  static Script of(String... attempts) {
    var all = new ArrayList<List<Fault>>();
    for (String specs : attempts) {
      all.add(Fault.parseAll(specs));
    }
    return ofAttempts(all);
  }

  /**
   * {@return a script in which the first attempts of every stream are turned away with 429}
   *
   * @param attempts how many, at least 1; the next one succeeds
   * @param retryAfter their {@code Retry-After}, in turn; null for none
   */
  static Script storm(int attempts, List<@Nullable RetryAfterHeader> retryAfter) {
    Check.that(attempts >= 1, "attempts", "must be at least 1", attempts);
    Check.that(!retryAfter.isEmpty(), "retryAfter", "must not be empty", retryAfter);
    var delays = new ArrayList<@Nullable RetryAfterHeader>(retryAfter);
    return (stream, attempt) ->
        attempt > attempts
            ? List.of()
            : List.of(new Fault.Status(429, delays.get((attempt - 1) % delays.size())));
  }

  /**
   * {@return a script that draws its faults, other ones for each stream, and lets every stream
   * heal}
   *
   * @param seed of all draws
   * @param tokens how far into the answer faults may strike, at least 1
   * @param faultyAttempts no attempt after so many has a fault
   */
  static Script random(long seed, int tokens, int faultyAttempts) {
    Check.that(tokens >= 1, "tokens", "must be at least 1", tokens);
    return (stream, attempt) -> {
      var random = new SplittableRandom(mix(seed, stream, attempt));
      if (attempt > faultyAttempts || random.nextInt(8) == 0) {
        return List.of();
      }
      var faults = new ArrayList<Fault>();
      if (random.nextInt(3) == 0) {
        faults.add(new Fault.Slices(1 + random.nextInt(64)));
      }
      faults.add(draw(random, Position.token(random.nextInt(tokens))));
      return faults;
    };
  }

  /**
   * {@return a script in which one request in ten meets a fault that a retry heals at once: a cut,
   * a damaged event, an overload}
   *
   * @param seed of all draws
   * @param tokens how far into the answer faults may strike, at least 1
   */
  static Script everyday(long seed, int tokens) {
    Check.that(tokens >= 1, "tokens", "must be at least 1", tokens);
    return (stream, attempt) -> {
      var random = new SplittableRandom(mix(seed, stream, attempt));
      if (random.nextInt(10) != 0) {
        return List.of();
      }
      var at = Position.token(random.nextInt(tokens));
      return List.of(
          switch (random.nextInt(6)) {
            case 0 -> new Fault.CutFin(at);
            case 1 -> new Fault.CutRst(at);
            case 2 -> new Fault.EndEarly(at);
            case 3 -> new Fault.MalformedJson(at);
            case 4 -> new Fault.ErrorEvent(at, Fault.Trouble.OVERLOADED);
            default -> new Fault.Status(503, null);
          });
    };
  }

  private static Fault draw(SplittableRandom random, Position at) {
    return switch (random.nextInt(14)) {
      case 0 -> new Fault.CutFin(at);
      case 1 -> new Fault.CutRst(at);
      case 2 -> new Fault.CutRst(Position.bytes(random.nextInt(4000)));
      case 3 -> new Fault.CutFin(Position.bytes(random.nextInt(4000)));
      case 4 -> new Fault.EndEarly(at);
      case 5 -> new Fault.EndByClose(at);
      case 6 -> new Fault.DoneWithoutFinish();
      case 7 -> new Fault.MalformedJson(at);
      case 8 -> new Fault.MalformedSse(at);
      case 9 -> new Fault.InvalidUtf8(at);
      case 10 -> new Fault.SplitUtf8(at);
      case 11 -> new Fault.ErrorEvent(at, Fault.Trouble.OVERLOADED);
      case 12 -> new Fault.Status(random.nextBoolean() ? 503 : 529, null);
      default -> new Fault.Status(429, RetryAfterHeader.millis(1 + random.nextInt(50)));
    };
  }

  /** {@return a copy in which every event of every attempt is late by {@code delay}} */
  default Script paced(Duration delay) {
    var slow = new Fault.Slow(delay);
    return new Script() {
      @Override
      public List<Fault> faults(String stream, int attempt) {
        return faults(stream, attempt, Duration.ZERO);
      }

      @Override
      public List<Fault> faults(String stream, int attempt, Duration uptime) {
        var faults = new ArrayList<>(Script.this.faults(stream, attempt, uptime));
        faults.add(slow);
        return faults;
      }
    };
  }

  /** {@return a seed of one attempt of one stream} */
  static long mix(long seed, String stream, int attempt) {
    return new SplittableRandom(seed * 31 + stream.hashCode()).nextLong() * 31 + attempt;
  }
}
