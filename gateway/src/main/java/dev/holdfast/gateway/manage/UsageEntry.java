package dev.holdfast.gateway.manage;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.usage.TokenEstimate;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of one stream, over all its attempts: the prompt once, the output of the answer, and
 * what was wasted apart. A number that no provider reported is estimated, and marked, or absent:
 * never zero.
 *
 * @param source where the numbers come from
 * @param input of the prompt; negative if unknown
 * @param output of the answer, reasoning included; negative if unknown
 * @param cached how many of the prompt were read from a cache; negative if not reported
 * @param cacheWrite how many of the prompt were written to one; negative if not reported
 * @param reasoning how many of the output were reasoning; negative if not reported
 * @param wasted output that did not reach the client, estimated where it was not reported
 */
public record UsageEntry(
    Source source,
    long input,
    long output,
    long cached,
    long cacheWrite,
    long reasoning,
    long wasted) {
  /** Where the numbers come from. */
  public enum Source {
    /** The provider reported both. */
    REPORTED,
    /** At least one is estimated. */
    ESTIMATED,
    /** Nothing was generated as far as is known. */
    UNKNOWN;

    /** {@return its name in logs and metrics} */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where the protocols have these numbers in their usage. */
  private static final List<List<String>> CACHED =
      List.of(
          List.of("prompt_tokens_details", "cached_tokens"),
          List.of("input_tokens_details", "cached_tokens"),
          List.of("cache_read_input_tokens"),
          List.of("prompt_cache_hit_tokens"),
          List.of("cachedContentTokenCount"),
          List.of("cacheReadInputTokens"));

  private static final List<List<String>> CACHE_WRITE =
      List.of(
          List.of("cache_creation_input_tokens"),
          List.of("prompt_tokens_details", "cache_write_tokens"),
          List.of("cacheWriteInputTokens"));

  private static final List<List<String>> REASONING =
      List.of(
          List.of("completion_tokens_details", "reasoning_tokens"),
          List.of("output_tokens_details", "reasoning_tokens"),
          List.of("thoughtsTokenCount"));

  /**
   * {@return the tokens of a stream that has ended} The ledger of the core has counted them; a
   * prompt that no provider counted is estimated by its length.
   *
   * @param requestBytes length of the request's body
   */
  public static UsageEntry of(Ending ending, long requestBytes) {
    var usage = ending.usage().orElse(null);
    if (usage == null) {
      return new UsageEntry(Source.UNKNOWN, -1, -1, -1, -1, -1, 0);
    }
    boolean estimated = usage.isEstimated() || usage.input().isEmpty() || usage.output().isEmpty();
    var reports =
        ending.attempts().stream().map(UsageEntry::report).filter(Objects::nonNull).toList();
    return new UsageEntry(
        estimated ? Source.ESTIMATED : Source.REPORTED,
        usage.input().orElse(TokenEstimate.ofCharacters(requestBytes)),
        usage.output().orElse(-1),
        // The prompt counts once.
        reported(reports, CACHED).findFirst().orElse(-1),
        reported(reports, CACHE_WRITE).findFirst().orElse(-1),
        reported(reports, REASONING).reduce(Long::sum).orElse(-1),
        ending.waste().tokens());
  }

  /** {@return what the provider wrote of an attempt's tokens; null if it is no object} */
  private static Json.@Nullable Obj report(AttemptReport attempt) {
    String raw = attempt.usage().map(TokenUsage::raw).orElse("");
    if (raw.isEmpty()) {
      return null;
    }
    try {
      return Json.parse(raw) instanceof Json.Obj object ? object : null;
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  /** {@return the number of each report that has it, in one of its places} */
  private static LongStream reported(List<Json.Obj> reports, List<List<String>> places) {
    return reports.stream().mapToLong(report -> number(report, places)).filter(count -> count >= 0);
  }

  private static long number(Json.Obj report, List<List<String>> places) {
    for (var place : places) {
      Json.Obj in = report;
      for (int i = 0; in != null && i < place.size() - 1; i++) {
        in = in.object(place.get(i));
      }
      long tokens = in == null ? -1 : in.number(place.getLast(), -1);
      if (tokens >= 0) {
        return tokens;
      }
    }
    return -1;
  }
}
