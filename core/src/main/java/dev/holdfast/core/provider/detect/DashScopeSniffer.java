package dev.holdfast.core.provider.detect;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.detect.DialectDetector.Detection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Distinguishes DashScope's two ways to stream. Unless asked for increments, each event repeats all
 * the text before it: one that does not is an increment.
 */
final class DashScopeSniffer {
  private String text = "";
  private String reasoning = "";
  private String arguments = "";
  private boolean seen;
  private boolean repeats;
  private boolean increments;

  /** {@return whether the event is one of DashScope's} */
  boolean take(Json.Obj json) {
    boolean complains = !json.text("code").isEmpty() && json.get("request_id") != null;
    if (json.get("output") == null ? !complains : json.object("output") == null) {
      return false;
    }
    if (json.get("choices") != null || !json.text("type").isEmpty()) {
      return false;
    }
    seen = true;
    var output = json.object("output");
    if (output == null) {
      return true;
    }
    var message = message(output);
    text = compare(text, message == null ? output.text("text") : content(message));
    if (message != null) {
      reasoning = compare(reasoning, message.text("reasoning_content"));
      arguments = compare(arguments, arguments(message));
    }
    return true;
  }

  /** An event without text decides nothing: with thoughts, answers begin empty. */
  private String compare(String before, String text) {
    // What a character written half was shown as, is another in the next event.
    String now = text.endsWith("\uFFFD") ? text.substring(0, text.length() - 1) : text;
    if (now.isEmpty()) {
      return before;
    }
    repeats |= !before.isEmpty() && now.startsWith(before) && now.length() > before.length();
    increments |= !now.startsWith(before);
    return now;
  }

  private static Json.@Nullable Obj message(Json.Obj output) {
    var choices = output.array("choices");
    return choices != null
            && !choices.items().isEmpty()
            && choices.items().getFirst() instanceof Json.Obj choice
        ? choice.object("message")
        : null;
  }

  private static String content(Json.Obj message) {
    var parts = message.array("content");
    if (parts == null) {
      return message.text("content");
    }
    var all = new StringBuilder();
    for (var part : parts.items()) {
      all.append(part instanceof Json.Obj object ? object.text("text") : "");
    }
    return all.toString();
  }

  /** {@return the arguments of all calls in a row, which grow at their end where they repeat} */
  private static String arguments(Json.Obj message) {
    var calls = message.array("tool_calls");
    var all = new StringBuilder();
    for (var item : calls == null ? List.<Json>of() : calls.items()) {
      var function = item instanceof Json.Obj call ? call.object("function") : null;
      all.append(function == null ? "" : function.text("arguments"));
    }
    return all.toString();
  }

  @Nullable Detection detection() {
    if (!seen) {
      return null;
    }
    if (increments) {
      return new Detection(
          "dashscope-incremental", "an event that does not repeat the text so far");
    }
    return new Detection(
        "dashscope-cumulative",
        repeats
            ? "events that repeat the text so far"
            : "assumed: DashScope's default, no two events to compare");
  }
}
