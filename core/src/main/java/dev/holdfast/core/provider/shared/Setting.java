package dev.holdfast.core.provider.shared;

import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.Check;
import java.util.Optional;
import java.util.function.Function;

/** Settings of a request for which some protocols have no word. */
public enum Setting {
  /** How many of the likeliest tokens are drawn from. */
  TOP_K("topK", request -> value(request.topK().stream().boxed().findFirst())),
  /** The penalty by frequency. */
  FREQUENCY_PENALTY(
      "frequencyPenalty",
      request -> value(request.frequencyPenalty().stream().boxed().findFirst())),
  /** The penalty by presence. */
  PRESENCE_PENALTY(
      "presencePenalty", request -> value(request.presencePenalty().stream().boxed().findFirst())),
  /** The sampling seed. */
  SEED("seed", request -> value(request.seed().stream().boxed().findFirst())),
  /** Stop sequences. */
  STOP("stop", request -> count(request.stop().size(), "sequence")),
  /** Tools on offer. */
  TOOLS("tools", request -> count(request.tools().size(), "tool")),
  /** Which tools may or must be called. */
  TOOL_CHOICE("toolChoice", request -> value(request.toolChoice())),
  /** Several calls in one answer. */
  PARALLEL_TOOL_CALLS("parallelToolCalls", request -> value(request.parallelToolCalls())),
  /** Any form of the answer. */
  RESPONSE_FORMAT("responseFormat", request -> value(request.responseFormat())),
  /** JSON without a schema. */
  JSON_OBJECT(
      "responseFormat",
      request ->
          value(request.responseFormat().filter(ResponseFormat.JsonObject.class::isInstance))),
  /** A level of reasoning. */
  EFFORT(
      "reasoning",
      request -> value(request.reasoning().filter(Reasoning.Effort.class::isInstance))),
  /** A limit of reasoning in tokens. */
  BUDGET(
      "reasoning",
      request -> value(request.reasoning().filter(Reasoning.Budget.class::isInstance))),
  /** What the provider keeps beside the answer. */
  METADATA("metadata", request -> count(request.metadata().size(), "member")),
  /** The end user. */
  USER("userId", request -> request.userId().isPresent() ? "set" : ""),
  /** The service tier. */
  SERVICE_TIER("serviceTier", request -> value(request.serviceTier()));

  private final String label;

  @SuppressWarnings("ImmutableEnumChecker") // Lambdas without state.
  private final Function<ChatRequest, String> found;

  Setting(String label, Function<ChatRequest, String> found) {
    this.label = label;
    this.found = found;
  }

  /**
   * Refuses a request that sets what a protocol lacks.
   *
   * @throws IllegalArgumentException naming the setting, the protocol and the value
   */
  public static void refuse(ChatRequest request, String dialect, Setting... lacking) {
    for (Setting setting : lacking) {
      String value = setting.found.apply(request);
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
    return value.map(Setting::words).orElse("");
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

  private static String count(int count, String what) {
    return count == 0 ? "" : count + " " + what + (count == 1 ? "" : "s");
  }
}
