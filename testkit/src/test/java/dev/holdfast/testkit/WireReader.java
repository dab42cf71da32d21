package dev.holdfast.testkit;

import java.util.ArrayList;
import java.util.List;

/** Reads the bodies of both protocols the plainest way there is, for assertions. */
final class WireReader {
  private WireReader() {}

  /** {@return the JSON of every event that has some} */
  static List<Json> events(String body) {
    var events = new ArrayList<Json>();
    for (String line : body.split("\n", -1)) {
      if (line.startsWith("data: ") && !line.equals("data: [DONE]")) {
        events.add(Json.parse(line.substring("data: ".length())));
      }
    }
    return events;
  }

  static String text(String body) {
    return joined(body, "content", "text");
  }

  static String reasoning(String body) {
    return joined(body, "reasoning_content", "thinking");
  }

  static String arguments(String body) {
    var text = new StringBuilder(joined(body, "", "partial_json"));
    for (Json delta : deltas(body)) {
      for (Json call : delta.items("tool_calls")) {
        Json function = call.member("function");
        text.append(function == null ? "" : function.text("arguments", ""));
      }
    }
    return text.toString();
  }

  private static String joined(String body, String chat, String messages) {
    var text = new StringBuilder();
    for (Json delta : deltas(body)) {
      text.append(delta.text(chat, "")).append(delta.text(messages, ""));
    }
    return text.toString();
  }

  private static List<Json> deltas(String body) {
    var deltas = new ArrayList<Json>();
    for (Json event : events(body)) {
      Json delta = event.member("delta");
      if (delta != null) {
        deltas.add(delta);
      }
      for (Json choice : event.items("choices")) {
        Json ofChoice = choice.member("delta");
        if (ofChoice != null) {
          deltas.add(ofChoice);
        }
      }
    }
    return deltas;
  }
}
