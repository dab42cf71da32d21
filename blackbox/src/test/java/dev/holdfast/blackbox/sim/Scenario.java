package dev.holdfast.blackbox.sim;

import dev.holdfast.testkit.Answer;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.Fault;
import dev.holdfast.testkit.Position;
import dev.holdfast.testkit.Protocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Everything that is drawn for one run.
 *
 * @param seed what it was drawn from
 * @param protocol the upstream's
 * @param answer what its model would say uninterrupted
 * @param continuation what it does when asked to go on
 * @param faults what goes wrong with each attempt; nothing with later ones
 * @param deterministic whether the request sets a sampling seed
 * @param pauses whether the consumer now and then stops reading
 * @param cancelAfter deliveries after which the consumer cancels, or -1
 */
record Scenario(
    long seed,
    Protocol protocol,
    Answer answer,
    Continuation continuation,
    List<List<Fault>> faults,
    boolean deterministic,
    boolean pauses,
    int cancelAfter) {
  private static final Duration LONG = Duration.ofMinutes(2);

  static Scenario draw(long seed) {
    var random = new SplittableRandom(seed);
    var protocol = pick(random, Protocol.spoken());
    var continuations = Continuation.examples();
    var answer = Answers.draw(random);
    var faults = new ArrayList<List<Fault>>();
    int troubled = random.nextInt(5);
    for (int i = 0; i < troubled; i++) {
      faults.add(draw(random, answer));
    }
    // Most models go on properly; the others must not be believed.
    var continuation =
        random.nextInt(3) > 0
            ? continuations.get(random.nextInt(2))
            : continuations.get(random.nextInt(continuations.size()));
    if (continuation instanceof Continuation.Overlap) {
      continuation = new Continuation.Overlap(1 + random.nextInt(200));
    }
    return new Scenario(
        seed,
        protocol,
        answer,
        continuation,
        faults,
        random.nextInt(4) == 0,
        random.nextInt(4) == 0,
        random.nextInt(12) == 0 ? random.nextInt(40) : -1);
  }

  /** {@return what {@code ./holdfast demo --seed} plays, over one protocol or the other} */
  static Scenario demo(long seed) {
    var demo = dev.holdfast.testkit.Scenario.demo(seed, Duration.ofMillis(20));
    var faults =
        IntStream.rangeClosed(1, 3).mapToObj(attempt -> demo.script().faults("", attempt)).toList();
    return new Scenario(
        seed,
        seed % 2 == 0 ? Protocol.OPENAI_CHAT : Protocol.ANTHROPIC_MESSAGES,
        demo.answer(),
        demo.continuation(),
        faults,
        false,
        false,
        -1);
  }

  private static List<Fault> draw(RandomGenerator random, Answer answer) {
    var faults = new ArrayList<Fault>();
    if (random.nextInt(4) == 0) {
      faults.add(new Fault.Slices(1 + random.nextInt(40)));
    }
    int events = answer.parts().size();
    Position at = Position.token(random.nextInt(events + 1));
    Position byteAt = Position.bytes(random.nextInt(400 + 150 * events));
    faults.add(
        switch (random.nextInt(19)) {
          case 0 -> new Fault.CutFin(byteAt);
          case 1 -> new Fault.CutFin(at);
          case 2 -> new Fault.CutRst(byteAt);
          case 3 -> new Fault.CutRst(new Position.BeforeHead());
          case 4 -> new Fault.EndEarly(byteAt);
          case 5 -> new Fault.EndEarly(new Position.BeforeFinish());
          case 6 -> new Fault.MissingDone();
          case 7 -> new Fault.DoneWithoutFinish();
          case 8 -> new Fault.MalformedJson(at);
          case 9 -> new Fault.MalformedSse(at);
          case 10 -> new Fault.InvalidUtf8(at);
          case 11 -> new Fault.SplitUtf8(at);
          case 12 -> new Fault.Stall(at, LONG, null);
          case 13 -> new Fault.Stall(at, LONG, Duration.ofSeconds(3));
          case 14 -> new Fault.ErrorEvent(at, pick(random, List.of(Fault.Trouble.values())));
          case 15 -> new Fault.Status(status(random), null);
          case 16 -> new Fault.HtmlPage(random.nextBoolean() ? 200 : 502);
          case 17 -> new Fault.KeepAlivesOnly(Duration.ofSeconds(2), LONG);
          default -> new Fault.SecondMessageStart(at);
        });
    return faults;
  }

  private static <T> T pick(RandomGenerator random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static int status(RandomGenerator random) {
    return pick(random, List.of(429, 500, 502, 503, 529, 400, 401));
  }

  /** {@return the scenario in one line, without the answer} */
  String describe() {
    return "%s, %s%s, faults %s, cancel after %d%s"
        .formatted(
            protocol,
            continuation.spec(),
            deterministic ? ", deterministic" : "",
            faults,
            cancelAfter,
            pauses ? ", pauses" : "");
  }

  /** {@return the faults of an attempt, from 1} */
  List<Fault> faultsOf(int attempt) {
    return attempt <= faults.size() ? faults.get(attempt - 1) : List.of();
  }
}
