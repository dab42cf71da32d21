package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.stream.TokenUsage;
import org.jspecify.annotations.Nullable;

/**
 * How a protocol names its counts of tokens.
 *
 * @param input the prompt's
 * @param output the answer's
 * @param total of both; empty where the protocol has none
 * @param thoughts counted beside the output; empty where they are a part of it
 */
public record UsageFields(String input, String output, String total, String thoughts) {
  public static final UsageFields CHAT =
      new UsageFields("prompt_tokens", "completion_tokens", "total_tokens", "");
  public static final UsageFields RESPONSES =
      new UsageFields("input_tokens", "output_tokens", "total_tokens", "");
  public static final UsageFields ANTHROPIC =
      new UsageFields("input_tokens", "output_tokens", "", "");
  public static final UsageFields GEMINI =
      new UsageFields(
          "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount");

  /**
   * {@return the value that a provider of this protocol sent, if it has the same counts; else one
   * with the known counts; null if nothing is known}
   */
  public Json.@Nullable Obj value(TokenUsage tokens) {
    var sent = sent(tokens);
    if (sent != null) {
      return sent;
    }
    if (tokens.input().isEmpty() && tokens.output().isEmpty()) {
      return null;
    }
    var members = new JsonObjectBuilder();
    if (tokens.input().isPresent()) {
      members.number(input, tokens.input().getAsLong());
    }
    if (tokens.output().isPresent()) {
      members.number(output, tokens.output().getAsLong());
    }
    if (!total.isEmpty() && tokens.input().isPresent() && tokens.output().isPresent()) {
      members.number(total, tokens.input().getAsLong() + tokens.output().getAsLong());
    }
    return members.object();
  }

  /** {@return the value that a provider of this protocol sent, if it has the same counts} */
  public Json.@Nullable Obj sent(TokenUsage tokens) {
    Json json;
    try {
      json = Json.parse(tokens.raw());
    } catch (Json.MalformedException e) {
      return null;
    }
    if (!(json instanceof Json.Obj value)) {
      return null;
    }
    // Two protocols share their names; only one of them adds them up.
    boolean ours = value.get(total.isEmpty() ? "total_tokens" : total) != null ^ total.isEmpty();
    long answer = value.number(output, -1);
    long thought = thoughts.isEmpty() ? 0 : Math.max(0, value.number(thoughts, 0));
    long out = answer < 0 && thought == 0 ? -1 : Math.max(0, answer) + thought;
    boolean hasCounts = value.has(input) || value.has(output);
    boolean same =
        Math.max(-1, value.number(input, -1)) == tokens.input().orElse(-1)
            && Math.max(-1, out) == tokens.output().orElse(-1);
    return ours && hasCounts && same ? value : null;
  }
}
