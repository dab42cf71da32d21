package dev.holdfast.testkit.sim.draw;

import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.fault.Protocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What the second edition draws beyond the first: cursors and what providers keep, token ids, two
 * attempts at once, events that are passed over, several choices.
 */
final class SecondEdition {
  private final RandomGenerator random;

  SecondEdition(RandomGenerator random) {
    this.random = random;
  }

  Situation of(Situation first) {
    var asked = first.request();
    var request =
        new Situation.Request(
            asked.deterministic(),
            asked.structured(),
            !first.answer().tools().isEmpty(),
            !oneIn(4),
            oneIn(16) ? 2 + random.nextInt(2) : 1);
    return new Situation(
        first.seed(),
        first.answer(),
        first.upstreams().stream().map(this::upstream).toList(),
        request,
        policy(first.policy()),
        first.breaker(),
        first.reader());
  }

  private Situation.Upstream upstream(Situation.Upstream first) {
    var rungs = new ArrayList<>(first.capability().rungs());
    var keeping = Retention.NOTHING;
    boolean chat = first.protocol() == Protocol.OPENAI_CHAT;
    if (chat && oneIn(3)) {
      rungs.addFirst(Rung.TOKEN_IDS);
    }
    if ((chat && oneIn(3)) || (first.protocol() == Protocol.OPENAI_RESPONSES && !oneIn(3))) {
      rungs.addFirst(Rung.CURSOR);
      keeping = keeping();
    }
    return new Situation.Upstream(
        first.protocol(),
        first.continuation(),
        new Capability(List.copyOf(rungs), first.capability().prefill()),
        first.budget(),
        first.failures(),
        first.faults(),
        first.outages(),
        keeping);
  }

  private Retention keeping() {
    return new Retention(
        oneIn(3) ? Duration.ZERO : oneIn(3) ? millis(90_000) : Duration.ofMinutes(10),
        oneIn(6) ? Duration.ZERO : oneIn(6) ? millis(90_000) : Duration.ofMinutes(10),
        oneIn(2) ? Duration.ZERO : millis(40_000),
        oneIn(4) ? 1 + random.nextInt(5) : 0);
  }

  private StreamPolicy policy(StreamPolicy first) {
    var policy = first;
    if (oneIn(6)) {
      policy =
          policy.withFailover(
              policy.failover().withHedgeAfter(oneIn(2) ? millis(2000) : millis(40_000)));
    }
    if (oneIn(8)) {
      policy = policy.withRecovery(policy.recovery().withMalformed(RecoveryPolicy.Malformed.SKIP));
    }
    return policy;
  }

  private Duration millis(int most) {
    return Duration.ofMillis(1 + random.nextInt(most));
  }

  private boolean oneIn(int many) {
    return Draw.oneIn(random, many);
  }
}
