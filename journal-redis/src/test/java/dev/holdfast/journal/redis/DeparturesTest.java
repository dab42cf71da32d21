package dev.holdfast.journal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** What leaves together, when the test lets it. */
final class DeparturesTest {
  private final List<String> left = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private final List<Runnable> due = new ArrayList<>();
  private final List<Long> delays = new ArrayList<>();
  private boolean ended;

  private final Departures<String> departures =
      new Departures<>(this::run, together -> left.add(String.join(" ", together)), refused::add);

  private void run(Runnable action, long delayNanos) {
    if (ended) {
      throw new RejectedExecutionException();
    }
    due.add(action);
    delays.add(delayNanos);
  }

  private void depart() {
    assertThat(due).hasSize(1);
    due.removeFirst().run();
  }

  @Test
  void whatComesAloneLeavesAtOnce() {
    for (String one : List.of("a", "b", "c")) {
      departures.add(one);
      depart();
    }
    assertThat(left).containsExactly("a", "b", "c");
    assertThat(delays).containsExactly(0L, 0L, 0L);
  }

  @Test
  void whatComesBeforeADepartureLeavesWithItInItsOrder() {
    departures.add("a");
    departures.add("b");
    departures.add("c");
    assertThat(left).isEmpty();
    depart();
    assertThat(left).containsExactly("a b c");
  }

  @Test
  void afterADepartureOfSeveralTheNextOneWaitsForAMillisecond() {
    departures.add("a");
    departures.add("b");
    depart();
    departures.add("c");
    departures.add("d");
    depart();
    departures.add("e");
    depart();
    departures.add("f");
    depart();
    assertThat(left).containsExactly("a b", "c d", "e", "f");
    long pause = Departures.PAUSE_NANOS;
    assertThat(delays).containsExactly(0L, pause, pause, 0L);
  }

  @Test
  void nothingIsDueOnceNothingCame() {
    departures.add("a");
    departures.add("b");
    depart();
    depart();
    assertThat(due).isEmpty();
    departures.add("c");
    depart();
    assertThat(left).containsExactly("a b", "c");
    assertThat(delays).containsExactly(0L, Departures.PAUSE_NANOS, 0L);
  }

  @Test
  void whatComesDuringADepartureIsNotForgotten() {
    var first = new ArrayList<String>();
    var made = new ArrayList<Departures<String>>();
    made.add(
        new Departures<>(
            this::run,
            together -> {
              first.addAll(together);
              if (together.contains("a")) {
                made.getFirst().add("b");
              }
            },
            refused::add));
    made.getFirst().add("a");
    while (!due.isEmpty()) {
      due.removeFirst().run();
    }
    assertThat(first).containsExactly("a", "b");
  }

  @Test
  void whatCannotLeaveIsRefused() {
    departures.add("a");
    ended = true;
    departures.close();
    departures.add("b");
    departures.add("c");
    assertThat(refused).containsExactly("a", "b", "c");
    assertThat(left).isEmpty();
  }
}
