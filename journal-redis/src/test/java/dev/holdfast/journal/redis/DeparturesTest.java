package dev.holdfast.journal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** What leaves together, in time that the test sets. */
final class DeparturesTest {
  private final List<String> left = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private final List<Runnable> due = new ArrayList<>();
  private final List<Long> delays = new ArrayList<>();
  private boolean ended;
  private long now = 5_000_000_000L;

  private final Departures<String> departures =
      new Departures<>(this::run, () -> now, left::add, refused::add);

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
    assertThat(left).containsExactly("a", "b", "c");
    assertThat(due).isEmpty();
  }

  @Test
  void afterADepartureOfSeveralTheNextOneWaitsForAMillisecond() {
    departures.add("a");
    departures.add("b");
    depart();
    now += 300_000;
    departures.add("c");
    departures.add("d");
    now += 700_000;
    depart();
    now += Departures.PAUSE_NANOS;
    departures.add("e");
    depart();
    now += 1;
    departures.add("f");
    depart();
    assertThat(left).containsExactly("a", "b", "c", "d", "e", "f");
    assertThat(delays).containsExactly(0L, 700_000L, 0L, 0L);
  }

  @Test
  void whatComesDuringADepartureIsNotForgotten() {
    var first = new ArrayList<String>();
    var made = new ArrayList<Departures<String>>();
    made.add(
        new Departures<>(
            this::run,
            () -> now,
            one -> {
              first.add(one);
              if (one.equals("a")) {
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
