package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.io.Reader;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Streams that nobody holds, sinks that will not close, listeners that wait for themselves. */
final class LifetimeTest {
  /** Enough calls for the compilers, which know that a method no longer needs its receiver. */
  private static final int WARM = 30_000;

  private static Outcome outcomeOf(StreamDriver driver) {
    return CompletionStream.pulledFrom(driver).outcome();
  }

  private static @Nullable StreamEvent nextOf(StreamDriver driver) {
    return CompletionStream.pulledFrom(driver).next().orElse(null);
  }

  private static void collectGarbage() {
    for (int i = 0; i < 3; i++) {
      var seen = new WeakReference<>(new Object());
      while (seen.get() != null) {
        System.gc();
      }
    }
  }

  private static <T> FutureTask<T> waiting(Callable<T> pull) {
    var task = new FutureTask<>(pull);
    var thread = Thread.ofPlatform().daemon().start(task);
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    return task;
  }

  @Test
  void aStreamIsNotTakenForDroppedWhileItsOutcomeIsAwaited() throws Exception {
    var warm = new Rig(new EchoMachine());
    warm.exchange().say("a").end();
    for (int i = 0; i < WARM; i++) {
      assertThat(outcomeOf(warm.driver).isComplete()).isTrue();
    }
    var rig = new Rig(new EchoMachine());
    var outcome = waiting(() -> outcomeOf(rig.driver));

    collectGarbage();
    boolean cancelled = rig.exchange().cancelled.await(200, TimeUnit.MILLISECONDS);
    rig.exchange().say("a").end();

    assertThat(cancelled).isFalse();
    assertThat(outcome.get().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void aStreamIsNotTakenForDroppedWhileItIsPulled() throws Exception {
    var warm = new Rig(new EchoMachine());
    warm.exchange().end();
    for (int i = 0; i < WARM; i++) {
      assertThat(nextOf(warm.driver)).isNull();
    }
    var rig = new Rig(new EchoMachine());
    var event = waiting(() -> nextOf(rig.driver));

    collectGarbage();
    boolean cancelled = rig.exchange().cancelled.await(200, TimeUnit.MILLISECONDS);
    rig.exchange().say("a");

    assertThat(cancelled).isFalse();
    assertThat(event.get()).isEqualTo(new StreamEvent.TextDelta(0, "a"));
  }

  @Test
  void aSinkThatWillNotCloseHurtsNothingElse() throws Exception {
    var kept =
        new DeliveredText(
            () ->
                new TextSink() {
                  @Override
                  public void append(String text) {}

                  @Override
                  public Reader reader() {
                    return Reader.nullReader();
                  }

                  @Override
                  public void close() {
                    throw new IllegalStateException("will not close");
                  }
                },
            0);
    kept.take(new StreamEvent.TextDelta(0, "a"));
    kept.take(new StreamEvent.ReasoningDelta(0, "spilled"));
    kept.finish();

    kept.close();

    assertThatThrownBy(() -> kept.reasoning()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aListenerThatAwaitsItsOwnEndIsRefusedInsteadOfHanging() throws Exception {
    var rig = new Rig(new EchoMachine());
    var thrown = new ArrayList<RuntimeException>();
    var handles = new ArrayList<CompletionStream>();
    var listener =
        new StreamListener() {
          @Override
          public void onToken(String text) {
            try {
              Outcome unused = handles.getFirst().outcome();
            } catch (IllegalStateException e) {
              thrown.add(e);
            }
          }

          @Override
          public void onComplete(Outcome outcome) {
            assertThat(handles.getFirst().outcome()).isSameAs(outcome);
          }
        };
    var reading =
        Thread.ofVirtual().unstarted(new CompletionStream.ListenerLoop(rig.driver, listener));
    handles.add(CompletionStream.followedFrom(rig.driver, reading));
    rig.exchange().say("a").end();
    reading.start();

    reading.join(); // Or the runner's clock says that it hangs.
    assertThat(thrown).hasSize(1);
    assertThat(handles.getFirst().outcome().isComplete()).isTrue();
    assertThat(List.copyOf(thrown).getFirst()).hasMessageContaining("listener");
  }
}
