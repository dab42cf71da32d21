package dev.holdfast.gateway.durable;

import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a change of a stream, or for the end of a time. Belongs to the event loop of its
 * client, to which changes are passed on.
 */
final class TailWatch {
  private final DurableFront front;
  private final DurableExchange exchange;
  private final StreamLog log;
  private final Runnable changed;
  private final Runnable late;
  private final Runnable onChange = this::pass;
  private @Nullable Future<?> timer;
  private boolean waits;

  TailWatch(
      DurableFront front,
      DurableExchange exchange,
      StreamLog log,
      Runnable changed,
      Runnable late) {
    this.front = front;
    this.exchange = exchange;
    this.log = log;
    this.changed = changed;
    this.late = late;
  }

  /** Waits; a change that happened before is passed on, too. */
  void begin(Duration longest) {
    end();
    waits = true;
    front.waits(1);
    timer =
        exchange
            .client()
            .loop()
            .schedule(() -> over(late), longest.toMillis(), TimeUnit.MILLISECONDS);
    log.watch(onChange);
    pass();
  }

  boolean isWaiting() {
    return waits;
  }

  private void pass() {
    exchange.onLoop(() -> {
      if (waits) {
        changed.run();
      }
    });
  }

  private void over(Runnable then) {
    if (waits) {
      end();
      then.run();
    }
  }

  void end() {
    if (!waits) {
      return;
    }
    waits = false;
    front.waits(-1);
    log.leave(onChange);
    var set = timer;
    timer = null;
    if (set != null) {
      set.cancel(false);
    }
  }
}
