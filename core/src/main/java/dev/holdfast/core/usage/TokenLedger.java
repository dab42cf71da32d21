package dev.holdfast.core.usage;

import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Waste;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what one stream cost in tokens, over all its attempts. Every report of tokens is computed
 * here: outcomes, observers, metrics, spans, relayed bodies and access logs.
 *
 * <p>The rules. The prompt counts once. Output counts as far as it was delivered: a generation that
 * several attempts brought has one report, and a replay's report covers what it repeats. A part
 * without a report is estimated, by the rate of a reported part of the same upstream where there is
 * one. Then the sum is marked. Everything else is waste: what was written and not delivered, and
 * the prompts of further attempts. Output and waste together are what the providers counted.
 *
 * <p>Not thread-safe.
 */
public final class TokenLedger {
  private final List<AttemptTokens> attempts = new ArrayList<>(1);

  /**
   * What a stream cost.
   *
   * @param usage what the delivered answer cost; null if nothing was reported and nothing came
   * @param isReported whether any provider reported tokens
   * @param waste of each attempt, in the order in which they were opened
   */
  public record Account(@Nullable TokenUsage usage, boolean isReported, List<Waste> waste) {
    /** Copies the list. */
    public Account {
      waste = List.copyOf(waste);
    }
  }

  /**
   * An attempt is opened.
   *
   * @param upstream the index of its upstream
   * @param start where in the delivered text it was asked to begin
   * @param request the length of its request in characters; 0 where the request is no text
   * @param output what its generation writes
   * @param shown the generation that a document shows; null for anything but a document
   */
  public AttemptTokens opened(
      AttemptTokens.Kind kind,
      int upstream,
      int start,
      int request,
      OutputTally output,
      @Nullable OutputTally shown) {
    var attempt = new AttemptTokens(kind, upstream, start, request, output, shown);
    attempts.add(attempt);
    return attempt;
  }

  /** {@return what all attempts cost so far} */
  public Account account() {
    var generations = generations();
    var sum = new Sum();
    GenerationTokens first = null;
    for (var generation : generations) {
      if (generation.isUsed()) {
        sum.add(generation, first == null);
        first = first == null ? generation : first;
      } else {
        sum.waste.put(generation, generation.answerTokens + generation.reasoningTokens);
      }
    }
    TokenUsage last = null;
    boolean wrote = false;
    for (var generation : generations) {
      var report = generation.report();
      last = report == null ? last : report;
      wrote |= generation.answerTokens + generation.reasoningTokens > 0;
    }
    var prompt = Prompt.of(generations, first);
    boolean reportsOutput = false;
    for (var generation : generations) {
      var report = generation.report();
      reportsOutput |= report != null && report.output().isPresent();
    }
    TokenUsage usage = null;
    if (last != null || wrote) {
      long output = reportsOutput || wrote ? sum.answer + sum.reasoning : -1;
      usage =
          TokenUsage.of(prompt.tokens(), output, last == null ? "" : last.raw())
              .withEstimates(prompt.isEstimated(), sum.isEstimated);
    }
    return new Account(usage, last != null, waste(generations, sum.waste, prompt));
  }

  private Collection<GenerationTokens> generations() {
    Map<OutputTally, GenerationTokens> found = new LinkedHashMap<>();
    for (var attempt : attempts) {
      var tokens = found.get(attempt.generation);
      if (tokens == null) {
        tokens = new GenerationTokens(attempt.generation);
        found.put(attempt.generation, tokens);
      }
      tokens.add(attempt);
    }
    var generations = found.values();
    for (var generation : generations) {
      generation.read();
    }
    for (var generation : generations) {
      TokenRate rate = null;
      for (var other : generations) {
        rate =
            rate == null && other.first().upstream == generation.first().upstream
                ? other.rate()
                : rate;
      }
      generation.estimate(rate);
    }
    return generations;
  }

  /** The tokens of the delivered answer, and what each generation wasted. */
  private static final class Sum {
    final Map<GenerationTokens, Long> waste = new LinkedHashMap<>();
    long answer;
    long reasoning;
    boolean isEstimated;
    private boolean showsReasoning;

    void add(GenerationTokens next, boolean isFirst) {
      long lost = next.lostAnswerTokens();
      long before = answer;
      long wasted;
      if (next.replays()) {
        // Its report covers what it repeats, which was counted before and was paid twice.
        answer = next.answerTokens - lost;
        wasted = before + lost;
        isEstimated = next.isEstimated || lost > 0 || (isEstimated && showsReasoning);
      } else {
        answer += next.answerTokens - lost;
        wasted = lost;
        isEstimated |= next.isEstimated || lost > 0;
      }
      waste.put(next, wasted + addReasoning(next, isFirst));
    }

    /** {@return how much of its reasoning is no part of the answer's} */
    private long addReasoning(GenerationTokens next, boolean isFirst) {
      long visible = next.deliveredReasoningTokens();
      if (visible > 0) {
        showsReasoning = true;
        reasoning += visible;
        return next.reasoningTokens - visible;
      }
      boolean hidden = visible < 0;
      if (hidden && isFirst) {
        reasoning += next.reasoningTokens;
        return 0;
      }
      if (hidden && next.replays() && !showsReasoning) {
        long before = reasoning;
        reasoning = next.reasoningTokens;
        return before;
      }
      return next.reasoningTokens;
    }
  }

  /** {@return the waste of each attempt: the tokens of its generation by its characters} */
  private List<Waste> waste(
      Collection<GenerationTokens> generations, Map<GenerationTokens, Long> tokens, Prompt prompt) {
    Map<AttemptTokens, Waste> found = new HashMap<>();
    for (var generation : generations) {
      long left = tokens.getOrDefault(generation, 0L);
      long characters = 0;
      for (var attempt : generation.attempts) {
        characters += wasted(generation, attempt);
      }
      double each = characters == 0 ? 0 : (double) left / characters;
      for (var attempt : generation.attempts) {
        long mine = wasted(generation, attempt);
        boolean isLast = attempt.equals(generation.attempts.getLast());
        long share = isLast ? left : Math.min(left, Math.round(each * mine));
        left -= share;
        found.put(attempt, new Waste(mine, share, prompt.of(generation, attempt)));
      }
    }
    var waste = new ArrayList<Waste>(attempts.size());
    for (var attempt : attempts) {
      waste.add(found.getOrDefault(attempt, Waste.NONE));
    }
    return List.copyOf(waste);
  }

  private static long wasted(GenerationTokens generation, AttemptTokens attempt) {
    return attempt.wasted(generation.hasDeliveredCalls());
  }
}
