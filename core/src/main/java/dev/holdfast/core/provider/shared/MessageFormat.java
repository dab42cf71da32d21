package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a protocol keeps its conversation, and how it writes a turn. */
public enum MessageFormat {
  /** OpenAI Chat Completions, Anthropic Messages, Ollama. */
  MESSAGES("messages"),
  /** OpenAI Responses; the whole input may be one string. */
  INPUT("input"),
  /** Gemini's {@code generateContent}. */
  CONTENTS("contents"),
  /** Gemini's Interactions; the whole input may be one string. */
  STEPS("input");

  private final String member;

  MessageFormat(String member) {
    this.member = member;
  }

  String member() {
    return member;
  }

  /** {@return a turn of plain text} */
  public Json.Obj turn(boolean answer, String text) {
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
    if (turns instanceof Json.Arr(var items)) {
      return items;
    }
    boolean takesText = this == INPUT || this == STEPS;
    return takesText && turns instanceof Json.Str(String text) ? List.of(turn(false, text)) : null;
  }

  /**
   * {@return the answer that a turn begins with more text at its end, or null if the turn begins no
   * answer of plain text}
   */
  Json.@Nullable Obj extended(Json turn, String more) {
    if (!(turn instanceof Json.Obj begun) || words(turn) == null) {
      return null;
    }
    String name = this == CONTENTS ? "parts" : "content";
    if (begun.get(name) instanceof Json.Str(String text)) {
      return begun.with(name, new Json.Str(text + more));
    }
    var parts = new ArrayList<>(begun.get(name) instanceof Json.Arr(var items) ? items : List.of());
    return parts.removeLast() instanceof Json.Obj last
        ? begun.with(name, added(parts, last.with("text", new Json.Str(last.text("text") + more))))
        : null;
  }

  /**
   * {@return the words with which a turn begins an answer, or null if it begins none, or not one of
   * plain text}
   */
  @Nullable String words(Json turn) {
    if (!(turn instanceof Json.Obj begun)) {
      return null;
    }
    boolean answers =
        switch (this) {
          case MESSAGES, INPUT -> begun.text("role").equals("assistant");
          case CONTENTS -> begun.text("role").equals("model");
          case STEPS -> begun.text("type").equals("model_output");
        };
    if (!answers || begun.has("tool_calls")) {
      return null;
    }
    return switch (begun.get(this == CONTENTS ? "parts" : "content")) {
      case Json.Str(String text) when this == MESSAGES || this == INPUT -> text;
      case Json.Arr(var items) when !items.isEmpty() -> words(items);
      case null, default -> null;
    };
  }

  private static @Nullable String words(List<Json> parts) {
    var words = new StringBuilder();
    for (var part : parts) {
      if (!(part instanceof Json.Obj object)
          || !(object.get("text") instanceof Json.Str(String text))
          || object.get("thought") instanceof Json.Bool) {
        return null;
      }
      words.append(text);
    }
    return words.toString();
  }

  /** {@return the words with which a request itself begins the answer; empty if it does not} */
  public String begun(Json.Obj body) {
    var turns = of(body);
    String words = turns == null || turns.isEmpty() ? null : words(turns.getLast());
    return words == null ? "" : words;
  }

  private static Json.Arr added(List<Json> parts, Json last) {
    parts.add(last);
    return new Json.Arr(parts);
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
