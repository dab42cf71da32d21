package dev.holdfast.client;

import dev.holdfast.client.transport.GenerationStops;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.stream.Ending;
import java.time.Duration;
import java.util.List;

/**
 * What one stream shares with others: the experience with each of its upstreams.
 *
 * @param routes the upstreams
 * @param plans how each would be asked, in the same order
 * @param connectTimeout for TCP and TLS; zero for none
 * @param stops ends generations that would outlive the stream
 */
record Shared(
    List<UpstreamRoute> routes,
    List<UpstreamPlan> plans,
    Duration connectTimeout,
    GenerationStops stops) {
  /** {@return whether a provider may write on at an answer though its stream is over} */
  boolean keepsGenerations() {
    for (var plan : plans) {
      if (plan.keepsGenerations()) {
        return true;
      }
    }
    return false;
  }

  void stop(Action.StopGeneration stop) {
    var upstream = routes.get(stop.upstream()).upstream();
    stops.send(
        stop.calls().stream().map(call -> upstream.request(call, 0, connectTimeout)).toList(),
        stop.early());
  }

  void remember(Action.Remember found) {
    routes.get(found.upstream()).experience().remember(found.address());
  }

  /** {@return each upstream's current availability} */
  Availability.Lookup standings(long nowNanos) {
    return upstream -> routes.get(upstream).experience().standing(nowNanos);
  }

  void opened(Action.OpenAttempt attempt, long nowNanos) {
    routes.get(attempt.upstream()).experience().opened(nowNanos);
  }

  void score(Action.ReportHealth score, long nowNanos) {
    routes.get(score.upstream()).experience().score(score.sign(), nowNanos);
  }

  /** Remembers which servers named themselves. */
  void ended(Ending end) {
    for (var attempt : end.attempts()) {
      if (!attempt.profile().isEmpty()) {
        routes.stream()
            .filter(route -> route.upstream().name().equals(attempt.upstream()))
            .forEach(route -> route.experience().recognised(attempt.profile()));
      }
    }
  }

  void forget(Action.DisableRung forget) {
    var plan = plans.get(forget.upstream());
    String model = plan.facts().model();
    routes.get(forget.upstream()).experience().forget(model, forget.rung());
  }
}
