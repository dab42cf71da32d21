package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;

/**
 * What a gateway keeps of requests and answers, in bytes over all streams.
 *
 * @param requests bodies that recovery needs, outside of the heap; a stream whose body does not fit
 *     any more runs without recovery
 * @param answers what streams that may be attached to have written
 * @param oneAnswer the longest answer that is kept; nothing attaches to a longer one
 */
public record MemoryLimits(long requests, long answers, int oneAnswer) {
  /** 256 MiB, 64 MiB, 4 MiB. */
  public static final MemoryLimits DEFAULT = new MemoryLimits(256L << 20, 64L << 20, 4 << 20);

  /** Checks that none is negative. */
  public MemoryLimits {
    Check.that(requests >= 0, "requests", "must not be negative", requests);
    Check.that(answers >= 0, "answers", "must not be negative", answers);
    Check.that(oneAnswer >= 0, "oneAnswer", "must not be negative", oneAnswer);
  }
}
