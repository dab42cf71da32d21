package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.UpstreamHealth;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;

/** What a driver must do. After every signal, perform all actions before the next signal. */
public sealed interface Action {
  /**
   * Send a request.
   *
   * @param attempt its number, from 1; later signals carry it
   * @param upstream index in the plan
   * @param call what to send; the machine expects the bytes of its answer
   * @param retries how many attempts of this stream went before
   */
  record OpenAttempt(int attempt, int upstream, ProviderRequest call, int retries)
      implements Action {
    /** {@return the JSON text of the request; empty where it has none} */
    public String body() {
      return call.body();
    }
  }

  /** Close an attempt's connection, if it is still open. Must not block. */
  record CloseAttempt(int attempt) implements Action {}

  /** Hand an event to the consumer. */
  record Deliver(StreamEvent event) implements Action {}

  /**
   * Signal {@link Signal.TimerFired} at this time; replaces the timer set before.
   *
   * @param deadlineNanos on the clock of the signals; {@link Long#MAX_VALUE} for none
   */
  record SetTimer(long deadlineNanos) implements Action {}

  /** Record that this upstream and model lack a rung: a continuation was refused with a 4xx. */
  record DisableRung(int upstream, Rung rung) implements Action {}

  /** Record this upstream's spelling of the addresses of kept generations. */
  record Remember(int upstream, KeptAddress address) implements Action {}

  /**
   * Ask an upstream to stop a generation that it would write to the end without a reader. Best
   * effort: must not block or delay the end of the stream, takes some seconds at most, and the
   * result is ignored.
   *
   * @param calls the request, then the same one in other spellings, each for when the one before it
   *     is answered with 404; at least one
   * @param early whether no response head of the generation has arrived: the upstream may know
   *     nothing of it yet, so ask again shortly after
   */
  record StopGeneration(int upstream, List<ProviderRequest> calls, boolean early)
      implements Action {
    /** Copies the list. */
    public StopGeneration {
      calls = List.copyOf(calls);
    }
  }

  /** Report a sign to the {@link UpstreamHealth} of an upstream. */
  record ReportHealth(int upstream, AttemptResult sign) implements Action {}

  /** The stream is over; always the last action. */
  record Finish(Ending ending) implements Action {}
}
