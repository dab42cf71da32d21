package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Check;

/**
 * The facts that a stream repeats from its first frame to its last, from any upstream. The core has
 * no clock and draws no ids, so the caller provides them.
 *
 * @param id the answer's id; the same for all attempts
 * @param model the model's name as the client sees it
 * @param createdSeconds when the answer was begun, in seconds since 1970
 * @param usageAsked whether the client asked for a chunk with the tokens; only OpenAI Chat makes it
 *     optional ({@code stream_options.include_usage}), the others always report it
 */
public record AnswerHead(String id, String model, long createdSeconds, boolean usageAsked) {
  /** Checks that the time is one. */
  public AnswerHead {
    Check.that(createdSeconds >= 0, "createdSeconds", "must not be negative", createdSeconds);
  }
}
