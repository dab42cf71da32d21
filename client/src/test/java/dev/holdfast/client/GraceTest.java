package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.transport.DelayedClose;
import dev.holdfast.core.spi.Transport;
import java.time.Duration;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

final class GraceTest {
  private final VirtualTime time = new VirtualTime();
  private final ArrayDeque<Runnable> timers = new ArrayDeque<>();
  private final DelayedClose grace = new DelayedClose(timers::add, time);
  private int cancelled;

  private final Transport.Exchange exchange =
      new Transport.Exchange() {
        @Override
        public void demand(long chunks) {}

        @Override
        public void cancel() {
          cancelled++;
        }
      };

  private void passes(int millis) {
    time.advance(Duration.ofMillis(millis).toNanos());
    timers.remove().run();
  }

  @Test
  void anExchangeIsCancelledAfterAMoment() {
    grace.cancel(exchange);
    assertThat(cancelled).isZero();
    passes(260);
    assertThat(cancelled).isEqualTo(1);
    assertThat(timers).isEmpty();
  }

  @Test
  void aMachineThatStoodStillHasAnotherMoment() {
    grace.cancel(exchange);
    passes(2000);
    assertThat(cancelled).isZero();
    passes(251);
    assertThat(cancelled).isEqualTo(1);
    assertThat(timers).isEmpty();
  }

  @Test
  void aMachineThatIsAlwaysLateIsNotWaitedForForever() {
    grace.cancel(exchange);
    passes(400);
    passes(400);
    assertThat(cancelled).isZero();
    passes(400);
    assertThat(cancelled).isEqualTo(1);
    assertThat(timers).isEmpty();
  }
}
