package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LIVENESS: at every moment it can be computed when the stream will have ended. A silent connection
 * is given up when its clock has run out, one that ended at once. A wait is as long as reported,
 * the total clock is never passed, and the first continuation does not wait.
 */
public final class EndsInTime extends Invariant {
  /** The longest time between two looks at an answer that is being written. */
  private static final Duration POLL = Duration.ofSeconds(10);

  private final long startedAt;
  private long pausedAt = -1;
  private long waitUntil = -1;
  private long timer = Long.MAX_VALUE;
  private final long[] notBefore;

  /** How long the first continuation has been made to wait, until its upstream is known. */
  private @Nullable Duration heldUp;

  public EndsInTime(SimulationState seen, List<String> violations, long startedAt) {
    super(seen, violations);
    this.startedAt = startedAt;
    notBefore = new long[seen.situation.upstreams().size()];
  }

  @Override
  public void signalled(Signal signal, long now) {
    var clocks = seen.situation.policy().timeouts();
    boolean over = !clocks.total().isZero() && now - startedAt > clocks.total().toNanos();
    if (seen.ending == null && over) {
      violate("LIVENESS", "still open " + Duration.ofNanos(now - startedAt) + " after the start");
    }
    switch (signal) {
      case Signal.Paused() -> {
        pausedAt = pausedAt < 0 ? now : pausedAt;
      }
      case Signal.Demand() -> {
        for (SimulatedAttempt open : seen.open) {
          open.quietSince += pausedAt < 0 ? 0 : now - Math.max(pausedAt, open.quietSince);
        }
        pausedAt = -1;
      }
      case Signal.TimerFired() -> timer = Long.MAX_VALUE;
      default -> {
        // Checked below.
      }
    }
    if (pausedAt >= 0) {
      return;
    }
    for (SimulatedAttempt open : seen.open) {
      boolean about = open.number == signal.attempt();
      boolean answers = about && signal instanceof Signal.HeadersArrived;
      var limit = open.headSeen ? clocks.idle() : clocks.firstToken();
      if (!answers && now - open.quietSince > limit.toNanos()) {
        violate(
            "LIVENESS", "silent for " + Duration.ofNanos(now - open.quietSince) + ", still open");
      }
      if (answers || (about && signal instanceof Signal.BytesArrived)) {
        open.quietSince = now;
      }
    }
  }

  @Override
  public void acted(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt open -> {
        if (now < waitUntil) {
          violate("LIVENESS", "opened before the wait was over");
        }
        if (now < notBefore[open.upstream()]) {
          violate("LIVENESS", "asked " + (notBefore[open.upstream()] - now) + " ns too early");
        }
        // Unless another upstream continues than was cut, and had asked for that wait itself.
        if (heldUp != null && now > notBefore[open.upstream()]) {
          violate("LIVENESS", "the first continuation waits " + heldUp);
        }
        heldUp = null;
        waitUntil = -1;
      }
      case Action.SetTimer(long deadline) -> {
        if (deadline < now) {
          violate("LIVENESS", "a timer in the past");
        }
        timer = deadline;
      }
      case Action.Deliver(StreamEvent.AttemptFailed(int attempt, var failure)) -> {
        asked(attempt, failure, now);
      }
      case Action.Deliver(StreamEvent.Retrying retrying) -> retrying(retrying.delay(), now);
      default -> {
        // Moves no clock.
      }
    }
  }

  private void asked(int attempt, Failure failure, long now) {
    var asked = failure.retryAfter().orElse(null);
    var failed = seen.made(attempt);
    if (asked != null && failure.isRetryable() && failed != null) {
      notBefore[failed.upstream] = now + asked.toNanos();
    }
  }

  private void retrying(Duration delay, long now) {
    waitUntil = now + delay.toNanos();
    var retry = seen.situation.policy().retry();
    // Dice and providers are waited for, and circuits as long as a provider would be.
    var longest = retry.maxDelay().plus(retry.maxRetryAfter()).plus(retry.firstDelay());
    var last = seen.last();
    // What is still being written is asked for now and then.
    boolean polled = last != null && last.asked.kind() == ContinuationRequest.Kind.DOCUMENT;
    if (polled && longest.compareTo(POLL) < 0) {
      longest = POLL;
    }
    if (delay.compareTo(longest) > 0) {
      violate("LIVENESS", "waits " + delay);
    }
    boolean circuits = !seen.situation.breaker().equals(BreakerPolicy.OFF);
    boolean first = last != null && last.fruitful && !circuits && !polled;
    heldUp = first && !delay.isZero() ? delay : null;
  }

  @Override
  public void settled(Signal signal, long now) {
    if (seen.ending != null) {
      return;
    }
    boolean ended = signal instanceof Signal.EndOfBody || signal instanceof Signal.Failed;
    if (ended && seen.open.stream().anyMatch(open -> open.ended)) {
      violate("LIVENESS", "the connection is gone and the attempt still open");
    }
    if (seen.open.isEmpty() && timer != waitUntil) {
      violate("LIVENESS", "nothing is open, and nothing will be");
    }
  }

  @Override
  public void finished(Ending ending, long now) {
    if (seen.cancelled || ending.verdict().isComplete()) {
      return;
    }
    if (now - startedAt > seen.situation.policy().timeouts().total().toNanos()) {
      violate("LIVENESS", "ended after " + Duration.ofNanos(now - startedAt));
    }
  }
}
