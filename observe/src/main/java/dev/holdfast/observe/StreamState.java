package dev.holdfast.observe;

import dev.holdfast.core.stream.Verdict;

/** The state of a stream. */
public enum StreamState {
  /** Not over. */
  ACTIVE,
  /** Over, and the whole answer came. */
  COMPLETE,
  /** Over, and the answer is cut. */
  TRUNCATED,
  /** Over, because the provider, the request or the protocol failed. */
  FAILED,
  /** Ended by the caller; neither a success nor a failure. */
  CANCELLED;

  /** {@return the state of a verdict} */
  static StreamState of(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Complete complete -> COMPLETE;
      case Verdict.Truncated truncated -> TRUNCATED;
      case Verdict.Failed failed -> FAILED;
      case Verdict.Cancelled cancelled -> CANCELLED;
    };
  }
}
