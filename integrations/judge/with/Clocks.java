package judged;

import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import java.time.Duration;

/** The patience that the trial asks of every client. */
final class Clocks {
  private Clocks() {}

  static StreamRelay relay() {
    return StreamRelay.builder().policy(policy()).build();
  }

  static StreamPolicy policy() {
    Duration patience = Contract.timeout();
    var clocks = new Timeouts(patience, patience, patience, patience, Duration.ZERO);
    return StreamPolicy.DEFAULT.withTimeouts(clocks);
  }
}
