package dev.holdfast.testkit;

import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;

/** Reads the bodies of all protocols the plainest way there is, for assertions. */
public final class WireReader {
  private WireReader() {}

  /** {@return the JSON of every event that has some} */
  public static List<TestJson> events(String body) {
    var events = new ArrayList<TestJson>();
    if (body.startsWith("[")) {
      TestJson array = TestJson.parse("{\"all\":" + body + "}");
      return array.items("all");
    }
    for (String line : body.split("\r?\n", -1)) {
      String json = line.startsWith("data: ") ? line.substring("data: ".length()) : line;
      if (json.startsWith("{")) {
        events.add(TestJson.parse(json));
      }
    }
    return events;
  }

  public static String text(String body) {
    return said(body, Kind.TEXT);
  }

  public static String reasoning(String body) {
    return said(body, Kind.REASONING);
  }

  static String refusal(String body) {
    return said(body, Kind.REFUSAL);
  }

  public static String arguments(String body) {
    return said(body, Kind.ARGUMENTS);
  }

  private enum Kind {
    TEXT,
    REASONING,
    REFUSAL,
    ARGUMENTS
  }

  private static String said(String body, Kind kind) {
    var text = new StringBuilder();
    for (TestJson event : events(body)) {
      for (TestJson choice : event.items("choices")) {
        text.append(chat(choice.member("delta"), kind));
      }
      if (event.member("delta") instanceof TestJson.Str(String delta, int line)) {
        text.append(responses(event.text("type", ""), kind) ? delta : "");
      } else {
        text.append(messages(event, kind));
      }
      text.append(ollama(event.member("message"), kind));
      for (TestJson candidate : event.items("candidates")) {
        TestJson content = candidate.member("content");
        for (TestJson part : content == null ? List.<TestJson>of() : content.items("parts")) {
          text.append(gemini(part, kind));
        }
      }
    }
    return text.toString();
  }

  private static String chat(@org.jspecify.annotations.Nullable TestJson delta, Kind kind) {
    if (delta == null) {
      return "";
    }
    return switch (kind) {
      case TEXT -> delta.text("content", "");
      case REASONING -> delta.text("reasoning_content", "");
      case REFUSAL -> delta.text("refusal", "");
      case ARGUMENTS -> {
        var text = new StringBuilder();
        for (TestJson call : delta.items("tool_calls")) {
          TestJson function = call.member("function");
          text.append(function == null ? "" : function.text("arguments", ""));
        }
        yield text.toString();
      }
    };
  }

  private static boolean responses(String type, Kind kind) {
    return switch (kind) {
      case TEXT -> type.equals("response.output_text.delta");
      case REASONING -> type.equals("response.reasoning_summary_text.delta");
      case REFUSAL -> type.equals("response.refusal.delta");
      case ARGUMENTS -> type.equals("response.function_call_arguments.delta");
    };
  }

  private static String messages(TestJson event, Kind kind) {
    TestJson delta = event.member("delta");
    if (delta == null) {
      return "";
    }
    TestJson details = delta.member("stop_details");
    return switch (kind) {
      case TEXT -> delta.text("text", "");
      case REASONING -> delta.text("thinking", "");
      case REFUSAL -> details == null ? "" : details.text("explanation", "");
      case ARGUMENTS -> delta.text("partial_json", "");
    };
  }

  private static String ollama(@org.jspecify.annotations.Nullable TestJson message, Kind kind) {
    if (message == null) {
      return "";
    }
    return switch (kind) {
      case TEXT -> message.text("content", "");
      case REASONING -> message.text("thinking", "");
      case REFUSAL, ARGUMENTS -> "";
    };
  }

  private static String gemini(TestJson part, Kind kind) {
    return switch (kind) {
      case TEXT -> part.isTrue("thought") ? "" : part.text("text", "");
      case REASONING -> part.isTrue("thought") ? part.text("text", "") : "";
      case REFUSAL, ARGUMENTS -> "";
    };
  }
}
