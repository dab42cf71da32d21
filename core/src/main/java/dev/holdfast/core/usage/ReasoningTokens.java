package dev.holdfast.core.usage;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.TokenUsage;
import java.util.List;

/**
 * How many of the output tokens were reasoning, as far as a provider's usage value shows. Names:
 * OpenAI Chat and Responses, Gemini, Gemini Interactions.
 */
final class ReasoningTokens {
  private static final List<String> DETAILS =
      List.of("completion_tokens_details", "output_tokens_details");
  private static final List<String> NAMES =
      List.of("reasoning_tokens", "thoughtsTokenCount", "total_thought_tokens");

  private ReasoningTokens() {}

  /** {@return reasoning tokens within the reported output; -1 if they are not known} */
  static long of(TokenUsage usage) {
    long output = usage.output().orElse(-1);
    if (output < 0 || !usage.raw().startsWith("{")) {
      return -1;
    }
    Json.Obj value;
    try {
      value = Json.parse(usage.raw()) instanceof Json.Obj object ? object : null;
    } catch (Json.MalformedException e) {
      return -1;
    }
    if (value == null) {
      return -1;
    }
    long reasoning = find(value);
    // Some providers count it beside the output.
    long input = usage.input().orElse(0);
    boolean beside =
        reasoning > output
            || (reasoning > 0 && value.number("total_tokens", -1) == input + output + reasoning);
    return beside ? 0 : reasoning;
  }

  private static long find(Json.Obj value) {
    for (String name : NAMES) {
      long found = value.number(name, -1);
      if (found >= 0) {
        return found;
      }
    }
    for (String name : DETAILS) {
      var details = value.object(name);
      if (details != null && details.number(NAMES.getFirst(), -1) >= 0) {
        return details.number(NAMES.getFirst(), -1);
      }
    }
    return -1;
  }
}
