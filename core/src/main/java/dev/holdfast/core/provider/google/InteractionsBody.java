package dev.holdfast.core.provider.google;

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
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes requests to the Interactions API. Source: ai.google.dev, {@code interactions.create}. */
final class InteractionsBody {
  private static final String ID = "gemini-interactions";
  private static final Sampling SAMPLING =
      new Sampling("max_output_tokens", "top_p", "", "seed", "stop_sequences", "", "");

  private InteractionsBody() {}

  static Json.Obj of(ChatRequest request) {
    Setting.refuse(
        request,
        ID,
        Setting.TOP_K,
        Setting.FREQUENCY_PENALTY,
        Setting.PRESENCE_PENALTY,
        Setting.BUDGET,
        Setting.METADATA,
        Setting.USER,
        Setting.SERVICE_TIER);
    Setting.refuseSingleCalls(request, ID);
    var members = new LinkedHashMap<String, Json>();
    members.put("model", new Json.Str(request.model()));
    request.system().ifPresent(text -> members.put("system_instruction", new Json.Str(text)));
    members.put("input", input(request));
    if (!request.tools().isEmpty()) {
      members.put("tools", Messages.tools(request, Requests::typedFunction));
    }
    request.responseFormat().ifPresent(format -> format(format, members));
    var config = SAMPLING.of(request);
    request.toolChoice().ifPresent(choice -> config.put("tool_choice", choice(choice)));
    if (request.reasoning().orElse(null) instanceof Reasoning.Effort(String level)) {
      config.put("thinking_level", new Json.Str(level));
    }
    if (!config.isEmpty()) {
      members.put("generation_config", new Json.Obj(config));
    }
    Requests.extra(request.extra(), members);
    members.put("stream", Requests.TRUE);
    return new Json.Obj(members);
  }

  private static void format(ResponseFormat format, Map<String, Json> members) {
    members.put("response_mime_type", new Json.Str("application/json"));
    if (format instanceof ResponseFormat.JsonSchema schema) {
      members.put("response_format", Messages.schema(schema));
    }
  }

  private static Json choice(ToolChoice choice) {
    return switch (choice) {
      case ToolChoice.Auto() -> new Json.Str("auto");
      case ToolChoice.None() -> new Json.Str("none");
      case ToolChoice.Required() -> new Json.Str("any");
      case ToolChoice.Named(String name) ->
          new JsonObjectBuilder()
              .put(
                  "allowed_tools",
                  JsonObjectBuilder.of("mode", "any").list("tools", new Json.Str(name)))
              .object();
    };
  }

  private static Json input(ChatRequest request) {
    var steps = new ArrayList<Json>();
    for (Message message : request.messages()) {
      switch (message.role()) {
        case USER -> steps.add(step("user_input", message));
        case ASSISTANT -> {
          List<ToolCall> calls = Messages.calls(message);
          if (calls.isEmpty() || !message.text().isEmpty()) {
            steps.add(
                JsonObjectBuilder.of("type", "model_output")
                    .list(
                        "content",
                        JsonObjectBuilder.of("type", "text").text("text", message.text()).object())
                    .object());
          }
          calls.forEach(call -> steps.add(call(call)));
        }
        case TOOL -> Messages.results(message).forEach(result -> steps.add(result(result)));
      }
    }
    return new Json.Arr(steps);
  }

  private static Json step(String type, Message message) {
    return JsonObjectBuilder.of("type", type)
        .put("content", Messages.parts(message, InteractionsBody::part))
        .object();
  }

  private static Json part(Part part) {
    return switch (part) {
      case Part.Text(String text) ->
          JsonObjectBuilder.of("type", "text").text("text", text).object();
      case Part.Image(Media media, String detail) -> media("image", media, part);
      case Part.File(Media media, String name) -> media("document", media, part);
      case Part.Reasoning reasoning -> throw Messages.refusal(ID, part);
      case Part.Call call -> throw Messages.refusal(ID, part);
      case Part.Result result -> throw Messages.refusal(ID, part);
    };
  }

  private static Json media(String type, Media media, Part part) {
    var written = JsonObjectBuilder.of("type", type);
    return switch (media) {
      case Media.Url(String url, String mime) -> {
        var at = written.text("uri", url);
        yield (mime.isEmpty() ? at : at.text("mime_type", mime)).object();
      }
      case Media.Inline(String mime, String base64) ->
          written.text("data", base64).text("mime_type", mime).object();
      case Media.Uploaded uploaded -> throw Messages.refusal(ID, part);
    };
  }

  private static Json call(ToolCall call) {
    return JsonObjectBuilder.of("type", "function_call")
        .text("id", call.id())
        .text("name", call.name())
        .put("arguments", Messages.arguments(call))
        .object();
  }

  private static Json result(Part.Result result) {
    var written =
        JsonObjectBuilder.of("type", "function_result")
            .text("call_id", result.call().id())
            .text("name", result.call().name())
            .text("result", result.content());
    return (result.error() ? written.put("is_error", Requests.TRUE) : written).object();
  }
}
