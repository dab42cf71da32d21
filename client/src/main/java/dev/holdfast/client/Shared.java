package dev.holdfast.client;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Standing;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.stream.Ending;
import java.util.List;

/**
 * What one stream shares with others: the experience with each of its upstreams.
 *
 * @param routes the upstreams
 * @param plans how each would be asked, in the same order
 */
record Shared(List<Route> routes, List<UpstreamPlan> plans) {
  /** {@return how the upstreams stand at this time} */
  Standing.Lookup standings(long nowNanos) {
    return upstream -> routes.get(upstream).experience().standing(nowNanos);
  }

  void opened(Action.OpenAttempt attempt, long nowNanos) {
    routes.get(attempt.upstream()).experience().opened(nowNanos);
  }

  void score(Action.Score score, long nowNanos) {
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

  void forget(Action.Forget forget) {
    var plan = plans.get(forget.upstream());
    String model = plan.dialect().facts(plan.body()).model();
    routes.get(forget.upstream()).experience().forget(model, forget.rung());
  }
}
