package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Drives a machine by hand and writes down everything it does. */
final class Driven {
  static final Capability PREFILL_THEN_ANCHOR =
      new Capability(List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN);

  final StreamMachine machine;
  final List<Action> log = new ArrayList<>();
  final List<StreamEvent> delivered = new ArrayList<>();
  final List<ProviderRequest> calls = new ArrayList<>();
  final List<Action.StopGeneration> stops = new ArrayList<>();
  final List<String> requests = new ArrayList<>();
  final StringBuilder text = new StringBuilder();
  private long now;
  private long timer = Long.MAX_VALUE;
  int attempt;
  @Nullable Ending ending;
  boolean retryAllowed = true;

  /** Whom the current attempt asks. */
  int upstream;

  /** How long each upstream's circuit lets nobody through, from now on. */
  final Map<Integer, Duration> waits = new HashMap<>();

  Driven(StreamPolicy policy, Capability capability, RequestFacts facts) {
    this(new StreamPlan(new ScriptDialect(facts), "{}", capability, policy));
  }

  Driven(StreamPlan plan) {
    machine = new StreamMachine(plan, new SplittableRandom(1));
  }

  /** A stream with two upstreams, "a" and "b", whose bodies are their names; begun. */
  static Driven ofTwo(StreamPolicy policy) {
    var driven = unbegunOfTwo(policy);
    driven.signal(new Signal.Begin());
    return driven;
  }

  static Driven unbegunOfTwo(StreamPolicy policy) {
    var dialect = new ScriptDialect(ScriptDialect.PLAIN);
    return new Driven(
        new StreamPlan(
            List.of(
                new UpstreamPlan("a", dialect, "a", PREFILL_THEN_ANCHOR),
                new UpstreamPlan("b", dialect, "b", PREFILL_THEN_ANCHOR)),
            policy));
  }

  /** A machine with the defaults, begun. */
  static Driven begun() {
    return begun(StreamPolicy.DEFAULT);
  }

  static Driven begun(StreamPolicy policy) {
    var driven = new Driven(policy, PREFILL_THEN_ANCHOR, ScriptDialect.PLAIN);
    driven.signal(new Signal.Begin());
    return driven;
  }

  List<Action> signal(Signal signal) {
    var actions =
        machine.on(
            signal,
            now,
            at -> new Availability(retryAllowed, waits.getOrDefault(at, Duration.ZERO).toNanos()));
    for (var action : actions) {
      perform(action);
    }
    log.addAll(actions);
    return actions;
  }

  private void perform(Action action) {
    switch (action) {
      case Action.OpenAttempt open -> {
        attempt = open.attempt();
        upstream = open.upstream();
        calls.add(open.call());
        requests.add(open.body());
      }
      case Action.Deliver(var event) -> {
        delivered.add(event);
        if (event instanceof StreamEvent.TextDelta delta) {
          text.append(delta.text());
        }
      }
      case Action.SetTimer(long deadline) -> timer = deadline;
      case Action.Finish(var end) -> ending = end;
      case Action.CloseAttempt close -> {}
      case Action.ReportHealth score -> {}
      case Action.DisableRung forget -> {}
      case Action.Remember remember -> {}
      case Action.StopGeneration stop -> stops.add(stop);
    }
  }

  Driven head(int status) {
    signal(new Signal.HeadersArrived(attempt, new ResponseHead(status, Map.of()), 0));
    return this;
  }

  /** Feeds bytes of the current attempt's body. */
  Driven bytes(String text) {
    var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    signal(new Signal.BytesArrived(attempt, bytes));
    return this;
  }

  /** Feeds lines of the current attempt's body. */
  Driven lines(String... lines) {
    for (String line : lines) {
      var bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
      signal(new Signal.BytesArrived(attempt, bytes));
    }
    return this;
  }

  Driven end() {
    signal(new Signal.EndOfBody(attempt));
    return this;
  }

  Driven fail(Failure failure) {
    signal(new Signal.Failed(attempt, failure));
    return this;
  }

  /** Lets time pass, firing the timer whenever it is due. */
  Driven pass(Duration time) {
    long until = now + time.toNanos();
    while (timer <= until && ending == null) {
      now = Math.max(now, timer);
      timer = Long.MAX_VALUE;
      signal(new Signal.TimerFired());
    }
    now = until;
    return this;
  }

  Ending ending() {
    if (ending == null) {
      throw new AssertionError("not finished, phase " + machine.phase());
    }
    return ending;
  }
}
