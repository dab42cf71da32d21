package dev.holdfast.observe.debug.tally;

import dev.holdfast.core.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Errors in shapes that no protocol defines: what gateways write when they give up. */
final class ErrorShapes {
  private static final int MAX_DEPTH = 5;
  private static final List<String> NAMES =
      List.of("error", "exception", "fault", "failure", "traceback");
  private static final List<String> SENTENCES = List.of("detail", "message", "msg", "reason");

  private ErrorShapes() {}

  /** {@return whether an event reports a failure, in any shape} */
  static boolean isError(Json value) {
    if (!(value instanceof Json.Obj object)) {
      return value instanceof Json.Str(String text) && isErrorText(text);
    }
    return names(object, 0) || bare(object);
  }

  /** {@return whether text that is no JSON reports a failure} */
  static boolean isErrorText(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    return lower.startsWith("error")
        || lower.startsWith("upstream")
        || lower.startsWith("internal server")
        || lower.contains("exception")
        || lower.contains(" error")
        || lower.contains("timed out")
        || lower.contains("timeout")
        || lower.contains("failed");
  }

  private static boolean names(Json.Obj object, int depth) {
    for (Map.Entry<String, Json> member : object.members().entrySet()) {
      String name = member.getKey().toLowerCase(Locale.ROOT);
      boolean named = NAMES.stream().anyMatch(name::contains);
      if (named && member.getValue().hasValue()) {
        return true;
      }
      if (isWord(name, member.getValue())) {
        return true;
      }
      if (depth < MAX_DEPTH && inside(member.getValue(), depth)) {
        return true;
      }
    }
    return false;
  }

  private static boolean inside(Json value, int depth) {
    return switch (value) {
      case Json.Obj object -> names(object, depth + 1);
      case Json.Arr(List<Json> items) ->
          items.stream().limit(64).anyMatch(item -> inside(item, depth + 1));
      default -> false;
    };
  }

  /** {@code "status": "failed"}, {@code "type": "error"}, {@code "success": false}. */
  private static boolean isWord(String name, Json value) {
    return switch (value) {
      case Json.Str(String word) ->
          (name.equals("status") || name.equals("type") || name.equals("event"))
              && (word.equalsIgnoreCase("error")
                  || word.equalsIgnoreCase("failed")
                  || word.equalsIgnoreCase("failure"));
      case Json.Bool(boolean yes) -> !yes && (name.equals("success") || name.equals("ok"));
      case Json.Num number ->
          (name.equals("status") || name.equals("status_code") || name.equals("statuscode"))
              && number.whole(0) >= 400
              && number.whole(0) < 600;
      default -> false;
    };
  }

  /** A sentence and nothing that an answer would have. */
  private static boolean bare(Json.Obj object) {
    return SENTENCES.stream().anyMatch(name -> object.get(name) instanceof Json.Str)
        && object.get("choices") == null
        && object.get("delta") == null
        && object.get("type") == null
        && object.get("candidates") == null
        && object.get("output") == null;
  }
}
