package dev.holdfast.client.transport;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One stream's exchanges with its transport; their signals become mail.
 *
 * <p>Concurrency: {@link #stop} may come from any thread, everything else from the driver. Opening
 * and stopping race without a lock. The opener publishes the exchange and then reads {@code
 * stopped}; the stopper writes {@code stopped} and then reads the exchanges. So at least one of
 * them cancels.
 */
public final class OpenExchanges {
  /** Makes the request of an attempt. */
  public interface Requests {
    Transport.Request request(Action.OpenAttempt attempt);
  }

  /** Chunks under way between transport and machine. */
  public static final int WINDOW = 8;

  /** So many are demanded at a time: a demand costs a hand-over between threads. */
  public static final int MORE = WINDOW / 2;

  private final Transport transport;
  private final Requests requests;
  private final Mailbox mailbox;
  private final TimeSource time;
  private final DelayedClose grace;
  private final Map<Integer, Open> open = new ConcurrentHashMap<>();
  private volatile boolean stopped;

  /** An exchange, and how many of its chunks were taken since the last demand. */
  private static final class Open {
    private final Transport.Exchange exchange;
    private final Inbox inbox;
    private int taken;

    Open(Transport.Exchange exchange, Inbox inbox) {
      this.exchange = exchange;
      this.inbox = inbox;
    }

    /** By the driver alone. */
    void take() {
      taken++;
      if (taken == MORE) {
        taken = 0;
        exchange.demand(MORE);
      }
    }
  }

  public OpenExchanges(Transport transport, Requests requests, Mailbox mailbox, TimeSource time) {
    this.transport = transport;
    this.requests = requests;
    this.mailbox = mailbox;
    this.time = time;
    grace = new DelayedClose(time);
  }

  public void open(Action.OpenAttempt attempt) {
    if (stopped) {
      return; // The machine learns of it next.
    }
    try {
      var inbox = new Inbox(attempt.attempt());
      var exchange = transport.open(requests.request(attempt), inbox);
      open.put(attempt.attempt(), new Open(exchange, inbox));
      if (stopped) {
        exchange.cancel();
      } else {
        exchange.demand(WINDOW);
      }
    } catch (RuntimeException e) {
      // A transport that refuses outright is a failed attempt like any other.
      var failure =
          Failure.permanent(
              Cause.CONNECTION_FAILED,
              "the transport refused the request: " + e.getClass().getSimpleName());
      mailbox.put(new Signal.Failed(attempt.attempt(), failure));
    }
  }

  /** Makes room for further chunks where mail was one, and strikes off what has ended. */
  public void taken(Signal mail) {
    switch (mail) {
      case Signal.BytesArrived bytes -> {
        var opened = open.get(bytes.attempt());
        if (opened != null) {
          opened.take();
        }
      }
      case Signal.EndOfBody end -> open.remove(end.attempt());
      case Signal.Failed failed -> open.remove(failed.attempt());
      case Signal.Begin begin -> {}
      case Signal.HeadersArrived headers -> {}
      case Signal.TimerFired fired -> {}
      case Signal.Paused paused -> {}
      case Signal.Demand demand -> {}
      case Signal.Cancelled cancelled -> {}
    }
  }

  /** Closes an exchange that is still open: at once, or soon if its body may be ending. */
  public void close(int attempt, boolean maybeEnding) {
    var opened = open.remove(attempt);
    if (opened != null && maybeEnding) {
      opened.inbox.closeSoon(opened.exchange);
    } else if (opened != null) {
      opened.exchange.cancel();
    }
  }

  /** Closes all there are and will be. Any thread; never blocks. */
  public void stop() {
    stopped = true;
    for (var opened : open.values()) {
      opened.exchange.cancel();
    }
  }

  /** Turns the transport's calls about one attempt into mail. */
  private final class Inbox implements Transport.Receiver {
    private final int attempt;

    /** Whether nothing more can come. */
    private volatile boolean ended;

    private volatile DelayedClose.@Nullable Pending closing;

    Inbox(int attempt) {
      this.attempt = attempt;
    }

    /** Closes an exchange soon, unless its body ends by itself. */
    void closeSoon(Transport.Exchange exchange) {
      if (!ended) {
        var pending = grace.cancel(exchange);
        closing = pending;
        if (ended) {
          pending.forget();
        }
      }
    }

    private void ended() {
      ended = true;
      var pending = closing;
      if (pending != null) {
        pending.forget();
      }
    }

    @Override
    public void onHead(ResponseHead head) {
      mailbox.put(new Signal.HeadersArrived(attempt, head, time.epochMillis()));
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      mailbox.put(new Signal.BytesArrived(attempt, bytes));
    }

    @Override
    public void onEnd() {
      ended();
      mailbox.put(new Signal.EndOfBody(attempt));
    }

    @Override
    public void onFailure(Failure failure) {
      ended();
      mailbox.put(new Signal.Failed(attempt, failure));
    }
  }
}
