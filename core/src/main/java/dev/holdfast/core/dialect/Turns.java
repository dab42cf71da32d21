package dev.holdfast.core.dialect;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a protocol keeps its conversation, and how it writes a turn. */
enum Turns {
  /** OpenAI Chat Completions, Anthropic Messages, Ollama. */
  MESSAGES("messages"),
  /** OpenAI Responses; the whole input may be one string. */
  INPUT("input"),
  /** Gemini's {@code generateContent}. */
  CONTENTS("contents"),
  /** Gemini's Interactions; the whole input may be one string. */
  STEPS("input");

  private final String member;

  Turns(String member) {
    this.member = member;
  }

  String member() {
    return member;
  }

  /** {@return a turn of plain text} */
  Json.Obj turn(boolean answer, String text) {
    return switch (this) {
      case MESSAGES -> Requests.message(answer ? "assistant" : "user", text);
      case INPUT -> Requests.typedMessage(answer ? "assistant" : "user", text);
      case CONTENTS ->
          object("role", new Json.Str(answer ? "model" : "user"), "parts", array(part(text)));
      case STEPS ->
          object(
              "type",
              new Json.Str(answer ? "model_output" : "user_input"),
              "content",
              array(object("type", new Json.Str("text"), "text", new Json.Str(text))));
    };
  }

  /** {@return the turns of a body, or null if it has none} */
  @Nullable List<Json> of(Json.Obj body) {
    var turns = body.get(member);
    return switch (turns) {
      case Json.Arr(var items) -> items;
      case Json.Str(String text) when this == INPUT || this == STEPS -> List.of(turn(false, text));
      case null, default -> null;
    };
  }

  /**
   * {@return the answer that a turn begins with more text at its end, or null if the turn begins no
   * answer, or not one of plain text}
   */
  Json.@Nullable Obj extended(Json turn, String more) {
    if (!(turn instanceof Json.Obj begun)) {
      return null;
    }
    return switch (this) {
      case MESSAGES, INPUT ->
          begun.text("role").equals("assistant")
                  && begun.get("content") instanceof Json.Str(String text)
              ? begun.with("content", new Json.Str(text + more))
              : null;
      case CONTENTS -> begun.text("role").equals("model") ? joined(begun, "parts", more) : null;
      case STEPS ->
          begun.text("type").equals("model_output") ? joined(begun, "content", more) : null;
    };
  }

  private static Json.@Nullable Obj joined(Json.Obj turn, String name, String more) {
    var parts = turn.array(name);
    if (parts == null
        || parts.items().size() != 1
        || !(parts.items().getFirst() instanceof Json.Obj only)
        || !(only.get("text") instanceof Json.Str(String text))) {
      return null;
    }
    return turn.with(name, array(only.with("text", new Json.Str(text + more))));
  }

  private static Json.Obj part(String text) {
    return new Json.Obj(Map.of("text", new Json.Str(text)));
  }

  private static Json.Arr array(Json item) {
    return new Json.Arr(List.of(item));
  }

  private static Json.Obj object(String first, Json one, String second, Json two) {
    var members = new LinkedHashMap<String, Json>();
    members.put(first, one);
    members.put(second, two);
    return new Json.Obj(members);
  }
}
