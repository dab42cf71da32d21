package dev.holdfast.core.provider.shared;

import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.Check;
import java.util.Optional;
import java.util.OptionalDouble;

/** Settings of a request for which some protocols have no word. */
public enum Setting {
  /** How many of the likeliest tokens are drawn from. */
  TOP_K("topK"),
  /** The penalty by frequency. */
  FREQUENCY_PENALTY("frequencyPenalty"),
  /** The penalty by presence. */
  PRESENCE_PENALTY("presencePenalty"),
  /** The sampling seed. */
  SEED("seed"),
  /** Stop sequences. */
  STOP("stop"),
  /** Tools on offer. */
  TOOLS("tools"),
  /** Which tools may or must be called. */
  TOOL_CHOICE("toolChoice"),
  /** Several calls in one answer. */
  PARALLEL_TOOL_CALLS("parallelToolCalls"),
  /** Any form of the answer. */
  RESPONSE_FORMAT("responseFormat"),
  /** JSON without a schema. */
  JSON_OBJECT("responseFormat"),
  /** A level of reasoning. */
  EFFORT("reasoning"),
  /** A limit of reasoning in tokens. */
  BUDGET("reasoning"),
  /** What the provider keeps beside the answer. */
  METADATA("metadata"),
  /** The end user. */
  USER("userId"),
  /** The service tier. */
  SERVICE_TIER("serviceTier");

  private final String label;

  Setting(String label) {
    this.label = label;
  }

  /** {@return what a request has of it, in words; empty if it is not set} */
  private String in(ChatRequest request) {
    // Not a lambda each: a program's first request would link all of them.
    return switch (this) {
      case TOP_K -> request.topK().isPresent() ? "" + request.topK().getAsInt() : "";
      case FREQUENCY_PENALTY -> value(request.frequencyPenalty());
      case PRESENCE_PENALTY -> value(request.presencePenalty());
      case SEED -> request.seed().isPresent() ? "" + request.seed().getAsLong() : "";
      case STOP -> count(request.stop().size(), "sequence");
      case TOOLS -> count(request.tools().size(), "tool");
      case TOOL_CHOICE -> value(request.toolChoice());
      case PARALLEL_TOOL_CALLS -> value(request.parallelToolCalls());
      case RESPONSE_FORMAT -> value(request.responseFormat());
      case JSON_OBJECT ->
          request.responseFormat().orElse(null) instanceof ResponseFormat.JsonObject json
              ? words(json)
              : "";
      case EFFORT ->
          request.reasoning().orElse(null) instanceof Reasoning.Effort effort ? words(effort) : "";
      case BUDGET ->
          request.reasoning().orElse(null) instanceof Reasoning.Budget budget ? words(budget) : "";
      case METADATA -> count(request.metadata().size(), "member");
      case USER -> request.userId().isPresent() ? "set" : "";
      case SERVICE_TIER -> value(request.serviceTier());
    };
  }

  /**
   * Refuses a request that sets what a protocol lacks.
   *
   * @throws IllegalArgumentException naming the setting, the protocol and the value
   */
  public static void refuse(ChatRequest request, String dialect, Setting... lacking) {
    for (Setting setting : lacking) {
      String value = setting.in(request);
      Check.that(
          value.isEmpty(),
          setting.label,
          "must be absent for " + dialect + ", where it cannot be written",
          value);
    }
  }

  /**
   * Refuses a request for one tool call at a time, where a protocol has no switch for that.
   *
   * @throws IllegalArgumentException naming the setting and the protocol
   */
  public static void refuseSingleCalls(ChatRequest request, String dialect) {
    Check.that(
        request.parallelToolCalls().orElse(true),
        "parallelToolCalls",
        "must not be switched off for " + dialect + ", which has no switch for it",
        false);
  }

  private static String value(Optional<?> value) {
    return value.isPresent() ? words(value.get()) : "";
  }

  private static String words(Object value) {
    return switch (value) {
      case ToolChoice.Auto auto -> "auto";
      case ToolChoice.None none -> "none";
      case ToolChoice.Required required -> "required";
      case ToolChoice.Named(String name) -> "the tool " + name;
      case ResponseFormat.JsonObject any -> "any JSON";
      case ResponseFormat.JsonSchema schema -> "the schema " + schema.name();
      case Reasoning.Effort(String level) -> "the effort " + level;
      case Reasoning.Budget(int tokens) -> "a budget of " + tokens + " tokens";
      default -> String.valueOf(value);
    };
  }

  private static String value(OptionalDouble value) {
    return value.isPresent() ? Double.toString(value.getAsDouble()) : "";
  }

  private static String count(int count, String what) {
    return count == 0 ? "" : count + " " + what + (count == 1 ? "" : "s");
  }
}
