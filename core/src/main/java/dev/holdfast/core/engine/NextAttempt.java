package dev.holdfast.core.engine;

import dev.holdfast.core.stream.Rung;
import org.jspecify.annotations.Nullable;

/**
 * The attempt to come.
 *
 * @param number from 1
 * @param upstream index in the plan
 * @param body the request
 * @param rung how it continues delivered text; null where nothing was delivered
 * @param start where in the delivered text it was asked to begin
 */
record NextAttempt(int number, int upstream, String body, @Nullable Rung rung, int start) {
  /** {@return everything but the body: phases are named in exceptions, and it holds the prompt} */
  @Override
  public String toString() {
    return "NextAttempt[number=%d, upstream=%d, body=%d characters, rung=%s, start=%d]"
        .formatted(number, upstream, body.length(), rung, start);
  }
}
