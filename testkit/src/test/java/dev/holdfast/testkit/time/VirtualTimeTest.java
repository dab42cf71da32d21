package dev.holdfast.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

final class VirtualTimeTest {
  private final VirtualTime time = new VirtualTime(100);
  private final ArrayList<String> ran = new ArrayList<>();

  private void note(String what) {
    ran.add(what + "@" + time.nowNanos());
  }

  @Test
  void tasksRunInOrderOfTimeAndThenOfScheduling() {
    time.at(300, () -> note("late"));
    time.at(200, () -> note("first"));
    time.at(200, () -> note("second"));
    time.at(50, () -> note("overdue"));
    time.runAll(10);

    assertThat(ran).containsExactly("overdue@100", "first@200", "second@200", "late@300");
    assertThat(time.step()).isFalse();
    assertThat(time.nowNanos()).isEqualTo(300);
  }

  @Test
  void advancingRunsWhatIsDueOnTheWayAndNoMore() {
    time.after(Duration.ofNanos(10), () -> time.after(Duration.ofNanos(5), () -> note("nested")));
    time.after(Duration.ofNanos(30), () -> note("later"));
    time.advance(Duration.ofNanos(20));

    assertThat(ran).containsExactly("nested@115");
    assertThat(time.nowNanos()).isEqualTo(120);
    assertThat(time.waiting()).isEqualTo(1);
  }

  @Test
  void tasksThatNeverEndAreFoundOut() {
    endless();

    assertThatThrownBy(() -> time.runAll(50)).isInstanceOf(IllegalStateException.class);
  }

  private void endless() {
    time.after(Duration.ofNanos(1), this::endless);
  }
}
