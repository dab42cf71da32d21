package dev.holdfast.client.transport;

import dev.holdfast.core.spi.Transport;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes the connection of a body that may be ending. The decision on an answer, good or bad,
 * usually comes just before the end of the body. A moment's grace lets the connection be used
 * again, and the server sees no abort. And java.net.http returns a connection to its pool before it
 * reports the end of the body: a cancellation in between would break the connection's next
 * exchange. The chunks still allowed are enough for a rest.
 *
 * <p>After a pause of the whole machine, the end and the moment's end wake up together; then there
 * is another moment.
 */
public final class DelayedClose {
  private static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** How late a timer is that was not late by itself. */
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final int MOMENTS = 3;

  /** One thread for all closes of the process: nearly all of them are forgotten at once. */
  private static final Executor LATER = new FixedDelay(Duration.ofNanos(MOMENT_NANOS));

  private final Executor later;
  private final TimeSource time;

  DelayedClose(TimeSource time) {
    this(LATER, time);
  }

  /**
   * A grace by another clock.
   *
   * @param later runs what it is given when a moment is over
   */
  public DelayedClose(Executor later, TimeSource time) {
    this.later = later;
    this.time = time;
  }

  /** Cancels an exchange soon, unless that is forgotten before. */
  public Pending cancel(Transport.Exchange exchange) {
    var pending = new Pending(exchange);
    pending.begin(MOMENTS);
    return pending;
  }

  /** A close to come. */
  public final class Pending {
    /** Null once it is closed or need not be. */
    private volatile Transport.@Nullable Exchange exchange;

    private Pending(Transport.Exchange exchange) {
      this.exchange = exchange;
    }

    /** The body has ended by itself. */
    public void forget() {
      exchange = null;
    }

    private void begin(int moments) {
      long due = time.nanoTime() + MOMENT_NANOS;
      later.execute(() -> {
        var open = exchange;
        if (open == null) {
          return;
        }
        if (moments > 1 && time.nanoTime() - due > LATE_NANOS) {
          begin(moments - 1);
        } else {
          forget();
          open.cancel();
        }
      });
    }
  }
}
