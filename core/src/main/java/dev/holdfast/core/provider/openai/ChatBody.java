package dev.holdfast.core.provider.openai;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.Messages;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.provider.shared.Sampling;
import dev.holdfast.core.provider.shared.Setting;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Media;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Writes requests to Chat Completions. Source: platform.openai.com, {@code POST
 * /v1/chat/completions}.
 */
final class ChatBody {
  private static final String ID = "openai-chat";
  private static final String FUNCTION = "function";

  private ChatBody() {}

  static Json.Obj of(ChatRequest request) {
    Setting.refuse(request, ID, Setting.TOP_K, Setting.BUDGET);
    var members = new LinkedHashMap<String, Json>();
    members.put("model", new Json.Str(request.model()));
    members.put("messages", messages(request));
    if (!request.tools().isEmpty()) {
      members.put("tools", Messages.tools(request, Requests::functionTool));
    }
    // No lambda where nothing is set: a program's first request would link each of them.
    if (request.toolChoice().isPresent()) {
      members.put(
          "tool_choice",
          Messages.choice(
              request.toolChoice().get(),
              name ->
                  JsonObjectBuilder.of("type", FUNCTION)
                      .put(FUNCTION, JsonObjectBuilder.of("name", name))
                      .object()));
    }
    if (request.parallelToolCalls().isPresent()) {
      members.put("parallel_tool_calls", new Json.Bool(request.parallelToolCalls().get()));
    }
    if (request.responseFormat().isPresent()) {
      members.put("response_format", format(request.responseFormat().get()));
    }
    members.putAll(Sampling.OPENAI.withLimit(limitName(request.model())).of(request));
    if (request.reasoning().orElse(null) instanceof Reasoning.Effort(String level)) {
      members.put("reasoning_effort", new Json.Str(level));
    }
    if (!request.metadata().isEmpty()) {
      members.put("metadata", Messages.strings(request.metadata()));
    }
    if (request.userId().isPresent()) {
      members.put("user", new Json.Str(request.userId().get()));
    }
    if (request.serviceTier().isPresent()) {
      members.put("service_tier", new Json.Str(request.serviceTier().get()));
    }
    Requests.extra(request.extra(), members);
    return new Json.Obj(members);
  }

  /** OpenAI's reasoning models refuse the old name, most clones do not know the new one. */
  private static String limitName(String model) {
    String name = model.substring(model.lastIndexOf('/') + 1);
    boolean reasons = isNumbered(name, "o", '0') || isNumbered(name, "gpt-", '5');
    return reasons ? "max_completion_tokens" : "max_tokens";
  }

  /** {@return whether a name begins with a word and a digit that is not below another} */
  private static boolean isNumbered(String name, String word, char least) {
    return name.startsWith(word)
        && name.length() > word.length()
        && name.charAt(word.length()) >= least
        && name.charAt(word.length()) <= '9';
  }

  private static Json messages(ChatRequest request) {
    var messages = new ArrayList<Json>();
    if (request.system().isPresent()) {
      messages.add(Requests.message("system", request.system().get()));
    }
    for (Message message : request.messages()) {
      switch (message.role()) {
        case USER -> messages.add(user(message));
        case ASSISTANT -> messages.add(assistant(message));
        case TOOL -> Messages.results(message).forEach(result -> messages.add(result(result)));
      }
    }
    return new Json.Arr(messages);
  }

  private static Json user(Message message) {
    return message.isText()
        ? Requests.message("user", message.text())
        : JsonObjectBuilder.of("role", "user")
            .put("content", Messages.parts(message, ChatBody::part))
            .object();
  }

  private static Json part(Part part) {
    return switch (part) {
      case Part.Text(String text) ->
          JsonObjectBuilder.of("type", "text").text("text", text).object();
      case Part.Image(Media media, String detail) -> {
        String address =
            switch (media) {
              case Media.Url(String url, String type) -> url;
              case Media.Inline inline -> inline.dataUrl();
              case Media.Uploaded uploaded -> throw Messages.refusal(ID, part);
            };
        var image = JsonObjectBuilder.of("url", address);
        yield JsonObjectBuilder.of("type", "image_url")
            .put("image_url", detail.isEmpty() ? image : image.text("detail", detail))
            .object();
      }
      case Part.File(Media.Uploaded(String id), String name) ->
          JsonObjectBuilder.of("type", "file")
              .put("file", JsonObjectBuilder.of("file_id", id))
              .object();
      case Part.File(Media.Inline media, String name) ->
          JsonObjectBuilder.of("type", "file")
              .put(
                  "file", JsonObjectBuilder.of("filename", name).text("file_data", media.dataUrl()))
              .object();
      case Part.File file -> throw Messages.refusal(ID, part);
      case Part.Reasoning reasoning -> throw Messages.refusal(ID, part);
      case Part.Call call -> throw Messages.refusal(ID, part);
      case Part.Result result -> throw Messages.refusal(ID, part);
    };
  }

  private static Json assistant(Message message) {
    List<ToolCall> calls = Messages.calls(message);
    var written = JsonObjectBuilder.of("role", "assistant");
    if (message.text().isEmpty() && !calls.isEmpty()) {
      written.none("content");
    } else {
      written.text("content", message.text());
    }
    String reasoning = Messages.reasoning(message);
    if (!reasoning.isEmpty()) {
      written.text("reasoning_content", reasoning); // Of DeepSeek and most clones; OpenAI has none.
    }
    if (calls.isEmpty()) {
      return written.object();
    }
    var functions = new ArrayList<Json>();
    for (ToolCall call : calls) {
      functions.add(
          JsonObjectBuilder.of("id", call.id())
              .text("type", FUNCTION)
              .put(
                  FUNCTION,
                  JsonObjectBuilder.of("name", call.name()).text("arguments", call.arguments()))
              .object());
    }
    return written.put("tool_calls", new Json.Arr(functions)).object();
  }

  private static Json result(Part.Result result) {
    return JsonObjectBuilder.of("role", "tool")
        .text("tool_call_id", result.call().id())
        .text("content", result.content())
        .object();
  }

  private static Json format(ResponseFormat format) {
    return switch (format) {
      case ResponseFormat.JsonObject() -> JsonObjectBuilder.of("type", "json_object").object();
      case ResponseFormat.JsonSchema schema ->
          JsonObjectBuilder.of("type", "json_schema")
              .put("json_schema", Messages.schema(new JsonObjectBuilder(), schema))
              .object();
    };
  }
}
