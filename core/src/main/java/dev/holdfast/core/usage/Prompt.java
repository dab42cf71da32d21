package dev.holdfast.core.usage;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of the prompt, which counts once.
 *
 * @param tokens of the caller's own prompt; -1 if no provider reported any
 * @param isEstimated whether they were not reported for the request whose answer was delivered
 * @param counted the attempt whose prompt it is; all others read one more; null if there is none
 * @param request the length of that attempt's request in characters, or 0
 */
record Prompt(long tokens, boolean isEstimated, @Nullable AttemptTokens counted, int request) {
  /** What the JSON of two further messages takes besides their text, in characters. */
  private static final int MESSAGES = 60;

  /**
   * {@return the prompt of a stream}
   *
   * @param first the generation that began the delivered answer; null if nothing was delivered
   */
  static Prompt of(Collection<GenerationTokens> generations, @Nullable GenerationTokens first) {
    AttemptTokens counted = first == null ? null : first.first();
    long tokens = first == null ? -1 : reported(first);
    boolean estimated = false;
    if (tokens < 0) {
      // The same request to the same upstream has the same prompt.
      for (var each : generations) {
        boolean same = first == null || each.first().upstream == first.first().upstream;
        if (tokens < 0 && same && isFromTheStart(each)) {
          tokens = reported(each);
        }
      }
    }
    if (tokens < 0) {
      for (var each : generations) {
        if (tokens < 0 && isFromTheStart(each)) {
          tokens = reported(each);
          estimated = tokens >= 0;
        }
      }
    }
    if (tokens < 0) {
      for (var each : generations) {
        if (tokens < 0 && reported(each) > 0) { // No continuation has a prompt of nothing.
          tokens = withoutPartial(reported(each), each.first(), generations);
          estimated = true;
        }
      }
    }
    if (counted == null) {
      for (var each : generations) {
        for (var attempt : each.attempts) {
          counted = counted == null && attempt.readsPrompt() ? attempt : counted;
        }
      }
    }
    return new Prompt(tokens, estimated, counted, counted == null ? 0 : counted.request);
  }

  /** {@return about how many tokens of a continuation's prompt are the caller's own} */
  private static long withoutPartial(
      long reported, AttemptTokens attempt, Collection<GenerationTokens> generations) {
    int own = generations.iterator().next().first().request;
    return Math.max(1, reported - added(own, attempt));
  }

  /** {@return about how many tokens a continuation adds to the caller's prompt} */
  private static long added(int own, AttemptTokens attempt) {
    return own > 0 && attempt.request > own
        ? TokenEstimate.ofCharacters(Math.max(0, attempt.request - own - MESSAGES))
        : partial(attempt);
  }

  private static boolean isFromTheStart(GenerationTokens generation) {
    return generation.first().kind != AttemptTokens.Kind.CONTINUATION;
  }

  private static long reported(GenerationTokens generation) {
    var report = generation.report();
    return report == null ? -1 : report.input().orElse(-1);
  }

  /** {@return about how many tokens of the delivered text were a part of an attempt's prompt} */
  private static long partial(AttemptTokens attempt) {
    return attempt.kind == AttemptTokens.Kind.CONTINUATION
        ? TokenEstimate.ofCharacters(attempt.start)
        : 0;
  }

  /** {@return the prompt tokens that an attempt cost besides; estimated where not reported} */
  long of(GenerationTokens generation, AttemptTokens attempt) {
    if (!attempt.readsPrompt() || attempt.equals(counted)) {
      return 0;
    }
    long reported = attempt.equals(generation.first()) ? reported(generation) : -1;
    if (reported >= 0 || tokens < 0) {
      return Math.max(0, reported);
    }
    return tokens + added(request, attempt);
  }
}
