package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Check;

/**
 * What a stream says about itself from its first frame to its last, whoever wrote the answer. The
 * core has no clock and draws no ids, so that the caller brings them.
 *
 * @param id the answer's id; the same for all attempts
 * @param model the model's name as the client is to see it
 * @param createdSeconds when the answer was begun, in seconds since 1970
 * @param usageAsked whether the client asked for a chunk with the tokens; only OpenAI Chat makes it
 *     a question ({@code stream_options.include_usage}), the others always tell
 */
public record AnswerHead(String id, String model, long createdSeconds, boolean usageAsked) {
  /** Checks that the time is one. */
  public AnswerHead {
    Check.that(createdSeconds >= 0, "createdSeconds", "must not be negative", createdSeconds);
  }
}
