package dev.holdfast.core.provider.encode;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.List;

/**
 * The function calls that a strict client takes from Gemini's chunks: LangChain4j and google-genai
 * take one whose arguments were to continue for whole.
 */
final class GeminiShownCalls {
  private GeminiShownCalls() {}

  /** {@return whether the chunks open these calls and no others} */
  static boolean are(List<Json.Obj> chunks, List<ToolCall> calls) {
    var names = new ArrayList<String>();
    for (var chunk : chunks) {
      for (var candidate : items(chunk, "candidates")) {
        var content = candidate.object("content");
        for (var part : content == null ? List.<Json.Obj>of() : items(content, "parts")) {
          var call = part.object("functionCall");
          if (call != null && !call.text("name").isEmpty()) {
            names.add(call.text("name")); // Further pieces of its arguments have no name.
          }
        }
      }
    }
    return names.equals(calls.stream().map(ToolCall::name).toList());
  }

  private static List<Json.Obj> items(Json.Obj of, String name) {
    var array = of.array(name);
    var objects = new ArrayList<Json.Obj>();
    for (var item : array == null ? List.<Json>of() : array.items()) {
      if (item instanceof Json.Obj object) {
        objects.add(object);
      }
    }
    return objects;
  }
}
