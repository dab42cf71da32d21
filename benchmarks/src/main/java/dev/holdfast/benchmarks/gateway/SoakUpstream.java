package dev.holdfast.benchmarks.gateway;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The upstream of the soak in a process of its own: the fault server with one answer, paced. One
 * stream of twenty breaks in its first attempt. Prints its port, and ends with its input.
 */
final class SoakUpstream {
  private static final int WORDS = 100;
  private static final int BROKEN_OF = 20;
  private static final String[] VOCABULARY = {
    "river", "lantern", "harbour", "meadow", "copper", "winter", "orchard", "signal", "granite"
  };

  /** What breaks a stream, where {@code %d} is the place. */
  private static final List<String> FAULTS =
      List.of(
          "cut-fin@token=%d",
          "cut-rst@token=%d",
          "end-early@token=%d",
          "malformed-json@token=%d",
          "error-event@token=%d",
          "short-body@token=%d,missing=1000",
          "bad-chunk@token=%d");

  static final Answer ANSWER = Answer.ofText(text());

  private SoakUpstream() {}

  private static String text() {
    var random = new Random(1);
    var words = new StringBuilder();
    for (int i = 0; i < WORDS; i++) {
      words.append(VOCABULARY[random.nextInt(VOCABULARY.length)]).append(' ');
    }
    return words.toString().strip();
  }

  /** {@return whether a stream breaks} */
  static boolean breaks(String stream) {
    return Math.floorMod(stream.hashCode(), BROKEN_OF) == 0;
  }

  private static List<Fault> faults(String stream, int attempt, Duration between) {
    var faults = new ArrayList<Fault>();
    faults.add(new Fault.Slow(between));
    if (attempt == 1 && breaks(stream)) {
      int drawn = Math.floorMod(stream.hashCode() / BROKEN_OF, FAULTS.size() * WORDS);
      int tokens =
          ANSWER.parts().stream().mapToInt(p -> p instanceof AnswerPart.Token ? 1 : 0).sum();
      int place = 2 + drawn / FAULTS.size() * (tokens - 4) / WORDS;
      faults.add(Fault.parse(FAULTS.get(drawn % FAULTS.size()).replace("%d", "" + place)));
    }
    return faults;
  }

  /** Serves until the input ends; the argument is the milliseconds between two events. */
  public static void main(String[] arguments) throws IOException {
    var between = Duration.ofMillis(Long.parseLong(arguments[0]));
    try (var server =
        FaultServer.builder()
            .answer(ANSWER)
            .script((stream, attempt) -> faults(stream, attempt, between))
            .start()) {
      System.out.println(server.port());
      while (System.in.read() >= 0) {
        // Until the input ends.
      }
    }
  }
}
