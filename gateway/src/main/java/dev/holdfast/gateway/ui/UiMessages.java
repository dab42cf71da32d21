package dev.holdfast.gateway.ui;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Media;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a chat in the words of {@link ChatRequest}. Of an assistant's message text and
 * tool calls are sent on, with a step for each of the SDK's; a call without a result is left out,
 * as no provider takes it.
 */
final class UiMessages {
  /** Under this name a tool part carries what the provider wants back with it. */
  static final String METADATA = "holdfast";

  private static final String DATA = "data:";
  private static final String BASE64 = ";base64,";

  private final List<String> system = new ArrayList<>();
  private final List<Message> messages = new ArrayList<>();

  /**
   * Reads messages in order.
   *
   * @throws IllegalArgumentException "name: rule, was value"
   */
  UiMessages(Json.Arr all) {
    for (int i = 0; i < all.items().size(); i++) {
      String at = "messages[" + i + "]";
      if (!(all.items().get(i) instanceof Json.Obj message)) {
        throw new IllegalArgumentException(at + ": must be an object, was another value");
      }
      var parts = parts(at, message);
      switch (message.text("role")) {
        case "system" -> parts.forEach(this::system);
        case "user" -> user(at, parts);
        case "assistant" -> assistant(parts);
        default ->
            throw new IllegalArgumentException(
                at + ".role: must be system, user or assistant, was another");
      }
    }
  }

  private static List<Json.Obj> parts(String at, Json.Obj message) {
    var list = message.array("parts");
    Check.that(list != null, at + ".parts", "must be a list", "another value");
    var parts = new ArrayList<Json.Obj>();
    for (Json item : list == null ? List.<Json>of() : list.items()) {
      if (!(item instanceof Json.Obj part)) {
        throw new IllegalArgumentException(
            at + ".parts: must hold objects, was another value among them");
      }
      parts.add(part);
    }
    return parts;
  }

  /** {@return the texts of the system's messages} */
  List<String> system() {
    return List.copyOf(system);
  }

  /** {@return all other messages} */
  List<Message> messages() {
    return List.copyOf(messages);
  }

  private void system(Json.Obj part) {
    if (part.text("type").equals("text")) {
      system.add(part.text("text"));
    }
  }

  private void user(String at, List<Json.Obj> parts) {
    var sent = new ArrayList<Part>();
    for (Json.Obj part : parts) {
      switch (part.text("type")) {
        case "text" -> sent.add(Part.text(part.text("text")));
        case "file" -> sent.add(file(at, part));
        default -> {} // What the page keeps for itself, as data-* and sources.
      }
    }
    Check.that(!sent.isEmpty(), at + ".parts", "must hold text or a file", "without either");
    messages.add(new Message(Message.Role.USER, sent));
  }

  private static Part file(String at, Json.Obj part) {
    String type = part.text("mediaType");
    Media media = media(at, type, part.text("url"));
    return type.equals("image") || type.startsWith("image/")
        ? new Part.Image(media, "")
        : new Part.File(media, part.text("filename"));
  }

  private static Media media(String at, String type, String url) {
    if (url.regionMatches(true, 0, DATA, 0, DATA.length())) {
      int comma = url.indexOf(BASE64);
      Check.that(comma > 0, at + ".url", "must be Base64 where it is a data URL", "another form");
      String named = url.substring(DATA.length(), comma);
      return new Media.Inline(
          type.indexOf('/') > 0 ? type : named, url.substring(comma + BASE64.length()));
    }
    boolean web = url.startsWith("https://") || url.startsWith("http://");
    Check.that(web, at + ".url", "must be a data, http or https URL", "another");
    return new Media.Url(url, type);
  }

  // ---------------------------------------------------------------- the assistant

  private void assistant(List<Json.Obj> parts) {
    var step = new ArrayList<Part>();
    var results = new ArrayList<Part>();
    for (Json.Obj part : parts) {
      String type = part.text("type");
      if (type.equals("step-start")) {
        end(step, results);
      } else if (type.equals("text")) {
        if (part.has("text")) {
          step.add(Part.text(part.text("text")));
        }
      } else if (isTool(part)) {
        tool(part, step, results);
      }
    }
    end(step, results);
  }

  private void end(List<Part> step, List<Part> results) {
    if (!step.isEmpty()) {
      messages.add(new Message(Message.Role.ASSISTANT, step));
    }
    if (!results.isEmpty()) {
      messages.add(new Message(Message.Role.TOOL, results));
    }
    step.clear();
    results.clear();
  }

  static boolean isTool(Json.Obj part) {
    String type = part.text("type");
    return type.startsWith("tool-") || type.equals("dynamic-tool");
  }

  static String toolName(Json.Obj part) {
    String type = part.text("type");
    return type.equals("dynamic-tool") ? part.text("toolName") : type.substring("tool-".length());
  }

  private static void tool(Json.Obj part, List<Part> step, List<Part> results) {
    if (part.has("providerExecuted")) {
      return; // It is in the provider's own words, which only its SDK knows.
    }
    String state = part.text("state");
    boolean error = !state.equals("output-available");
    String content;
    switch (state) {
      case "output-available" -> content = text(part.get("output"));
      case "output-error" -> content = part.text("errorText");
      case "output-denied" -> {
        var approval = part.object("approval");
        String reason = approval == null ? "" : approval.text("reason");
        content = reason.isEmpty() ? "Tool call execution denied." : reason;
      }
      default -> {
        return;
      }
    }
    var metadata = part.object("callProviderMetadata");
    var own = metadata == null ? null : metadata.object(METADATA);
    Json input = part.get("input");
    var call =
        new ToolCall(
            0,
            part.text("toolCallId"),
            toolName(part),
            input == null || input instanceof Json.Null ? "{}" : input.write(),
            own == null ? "" : own.text("signature"));
    step.add(new Part.Call(call));
    results.add(new Part.Result(call, content, error));
  }

  private static String text(@Nullable Json output) {
    return switch (output) {
      case null -> "";
      case Json.Str(String text) -> text;
      default -> output.write();
    };
  }
}
