package dev.holdfast.core.health;

import dev.holdfast.core.stream.Failure;

/** What an attempt proves about the health of its upstream. */
public sealed interface AttemptResult {
  /** Content came: the upstream works. At most once per attempt. */
  record Content() implements AttemptResult {}

  /** The answer is whole. */
  record Whole() implements AttemptResult {}

  /**
   * The attempt failed.
   *
   * @param hadContent whether content had come before
   */
  record Failed(Failure failure, boolean hadContent) implements AttemptResult {}

  /** The server was not up, and is waited for: nothing is charged, and no circuit opens. */
  record Starting() implements AttemptResult {}

  /** The attempt was abandoned through no fault of the upstream. */
  record Dropped() implements AttemptResult {}

  /** The attempt is a hedge: a second one beside one that is under way. */
  record Hedged() implements AttemptResult {}
}
