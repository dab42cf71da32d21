package dev.holdfast.cli.cluster;

import dev.holdfast.core.json.Json;

/** What happens in the demo, in the order in which it is seen. */
sealed interface ClusterEvent {
  /**
   * A piece of text arrived.
   *
   * @param epoch 1 for what the first gateway wrote, and more for each that took over
   * @param nanos when it arrived
   */
  record Text(String text, int epoch, long nanos) implements ClusterEvent {
    /** Content stays out of logs. */
    @Override
    public String toString() {
      return "Text[%d characters, epoch=%d]".formatted(text.length(), epoch);
    }
  }

  /** The reader's connection to a gateway broke. */
  record Lost(int node) implements ClusterEvent {}

  /**
   * The reader asks a gateway for the rest.
   *
   * @param after the id of the last event that it has
   */
  record Returned(int node, String after) implements ClusterEvent {}

  /** The reader reads no more; {@code whole} if it has the proof of the end. */
  record Ended(boolean whole) implements ClusterEvent {}

  /** A gateway reports what a stream does there. */
  record Reported(int node, Json.Obj line) implements ClusterEvent {
    /** {@return the number of the node alone} */
    @Override
    public String toString() {
      return "Reported[node=%d]".formatted(node);
    }
  }
}
