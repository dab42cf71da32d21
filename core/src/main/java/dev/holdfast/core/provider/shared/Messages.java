package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Media;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.request.Tool;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the protocols have in common in writing a conversation. */
public final class Messages {
  private Messages() {}

  /** {@return the parts of a message, each written by a protocol; reasoning is left out} */
  public static Json.Arr parts(Message message, Function<Part, Json> written) {
    return new Json.Arr(
        message.parts().stream()
            .filter(part -> !(part instanceof Part.Reasoning))
            .map(written)
            .toList());
  }

  /** {@return the reasoning of a message; empty if it has none} */
  public static String reasoning(Message message) {
    return message.parts().stream()
        .map(part -> part instanceof Part.Reasoning(String text) ? text : "")
        .collect(Collectors.joining());
  }

  /** {@return the tool calls of a message} */
  public static List<ToolCall> calls(Message message) {
    var calls = new ArrayList<ToolCall>();
    for (Part part : message.parts()) {
      if (part instanceof Part.Call(ToolCall call)) {
        calls.add(call);
      }
    }
    return calls;
  }

  /** {@return the results of a message; the other parts of a tool's message are none} */
  public static List<Part.Result> results(Message message) {
    var results = new ArrayList<Part.Result>();
    for (Part part : message.parts()) {
      if (part instanceof Part.Result result) {
        results.add(result);
      }
    }
    return results;
  }

  /**
   * {@return the messages of a request, results that follow each other in one} Messages and Gemini
   * want all results of an answer's calls in the message after it.
   */
  public static List<Message> joined(ChatRequest request) {
    var joined = new ArrayList<Message>();
    for (Message message : request.messages()) {
      boolean more =
          message.role() == Message.Role.TOOL
              && !joined.isEmpty()
              && joined.getLast().role() == Message.Role.TOOL;
      if (more) {
        var parts = new ArrayList<>(joined.removeLast().parts());
        parts.addAll(message.parts());
        joined.add(new Message(Message.Role.TOOL, parts));
      } else {
        joined.add(message);
      }
    }
    return joined;
  }

  /** {@return the arguments of a call as an object; blank ones are an empty object} */
  public static Json arguments(ToolCall call) {
    return call.arguments().isBlank()
        ? new Json.Obj(Map.of())
        : Requests.value("arguments of tool call " + call.name(), call.arguments());
  }

  /** {@return the refusal of a part that a protocol has no form for} */
  public static IllegalArgumentException refusal(String dialect, Part part) {
    String kind =
        switch (part) {
          case Part.Image(Media media, String detail) -> "an image as " + kind(media);
          case Part.File(Media media, String name) -> "a file as " + kind(media);
          case Part.Text text -> "text";
          case Part.Reasoning reasoning -> "reasoning";
          case Part.Call call -> "a tool call";
          case Part.Result result -> "a tool result";
        };
    return new IllegalArgumentException(
        "parts: must be what " + dialect + " has a form for, was " + kind);
  }

  private static String kind(Media media) {
    return switch (media) {
      case Media.Url url -> "a URL";
      case Media.Inline inline -> "bytes of the type " + inline.mediaType();
      case Media.Uploaded uploaded -> "the id of an uploaded file";
    };
  }

  /** {@return the choice of tools as OpenAI's two protocols and their clones write it} */
  public static Json choice(ToolChoice choice, Function<String, Json> named) {
    return switch (choice) {
      case ToolChoice.Auto() -> new Json.Str("auto");
      case ToolChoice.None() -> new Json.Str("none");
      case ToolChoice.Required() -> new Json.Str("required");
      case ToolChoice.Named(String name) -> named.apply(name);
    };
  }

  /** {@return name, description, schema and strictness of a format, as OpenAI writes them} */
  public static JsonObjectBuilder schema(
      JsonObjectBuilder members, ResponseFormat.JsonSchema schema) {
    return members
        .text("name", schema.name())
        .put("schema", schema(schema))
        .put("strict", new Json.Bool(schema.strict()));
  }

  /** {@return the schema of a format} */
  public static Json schema(ResponseFormat.JsonSchema schema) {
    return Requests.value("schemaJson", schema.schemaJson());
  }

  /** {@return strings by name, as an object} */
  public static Json.Obj strings(Map<String, String> values) {
    var members = new JsonObjectBuilder();
    values.forEach(members::text);
    return members.object();
  }

  /** {@return the tools of a request, each written by a protocol} */
  public static Json tools(ChatRequest request, Function<Tool, Json> written) {
    return new Json.Arr(request.tools().stream().map(written).toList());
  }
}
