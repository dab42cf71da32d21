package dev.holdfast.core.provider.openai;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.Messages;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.provider.shared.Sampling;
import dev.holdfast.core.provider.shared.Setting;
import dev.holdfast.core.provider.shared.SignedReasoning;
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
import java.util.Set;

/** Writes requests to Responses. Source: platform.openai.com, {@code POST /v1/responses}. */
final class ResponsesBody {
  private static final String ID = "openai-responses";
  private static final Sampling SAMPLING =
      new Sampling("max_output_tokens", "top_p", "", "", "", "", "");

  private static final Set<String> REASONING = Set.of("reasoning");

  private ResponsesBody() {}

  static Json.Obj of(ChatRequest request) {
    Setting.refuse(
        request,
        ID,
        Setting.STOP,
        Setting.SEED,
        Setting.TOP_K,
        Setting.FREQUENCY_PENALTY,
        Setting.PRESENCE_PENALTY,
        Setting.BUDGET);
    var members = new LinkedHashMap<String, Json>();
    members.put("model", new Json.Str(request.model()));
    request.system().ifPresent(text -> members.put("instructions", new Json.Str(text)));
    members.put("input", input(request));
    if (!request.tools().isEmpty()) {
      members.put("tools", Messages.tools(request, Requests::typedFunction));
    }
    request
        .toolChoice()
        .ifPresent(choice ->
            members.put(
                "tool_choice",
                Messages.choice(
                    choice,
                    name -> JsonObjectBuilder.of("type", "function").text("name", name).object())));
    request
        .parallelToolCalls()
        .ifPresent(parallel -> members.put("parallel_tool_calls", new Json.Bool(parallel)));
    request
        .responseFormat()
        .ifPresent(format ->
            members.put("text", new JsonObjectBuilder().put("format", format(format)).object()));
    members.putAll(SAMPLING.of(request));
    if (request.reasoning().orElse(null) instanceof Reasoning.Effort(String level)) {
      members.put("reasoning", JsonObjectBuilder.of("effort", level).object());
    }
    if (!request.metadata().isEmpty()) {
      members.put("metadata", Messages.strings(request.metadata()));
    }
    request.userId().ifPresent(user -> members.put("user", new Json.Str(user)));
    request.serviceTier().ifPresent(tier -> members.put("service_tier", new Json.Str(tier)));
    Requests.extra(request.extra(), members);
    members.put("stream", Requests.TRUE);
    return new Json.Obj(members);
  }

  private static Json input(ChatRequest request) {
    var items = new ArrayList<Json>();
    for (Message message : request.messages()) {
      switch (message.role()) {
        case USER -> items.add(user(message));
        case ASSISTANT -> {
          List<ToolCall> calls = Messages.calls(message);
          if (calls.isEmpty() || !message.text().isEmpty()) {
            items.add(Requests.typedMessage("assistant", message.text()));
          }
          for (var call : calls) {
            items.addAll(SignedReasoning.of(call, REASONING));
            items.add(call(call));
          }
        }
        case TOOL -> Messages.results(message).forEach(result -> items.add(result(result)));
      }
    }
    return new Json.Arr(items);
  }

  private static Json user(Message message) {
    return message.isText()
        ? Requests.typedMessage("user", message.text())
        : JsonObjectBuilder.of("type", "message")
            .text("role", "user")
            .put("content", Messages.parts(message, ResponsesBody::part))
            .object();
  }

  private static Json part(Part part) {
    return switch (part) {
      case Part.Text(String text) ->
          JsonObjectBuilder.of("type", "input_text").text("text", text).object();
      case Part.Image(Media media, String detail) -> {
        var image = JsonObjectBuilder.of("type", "input_image");
        switch (media) {
          case Media.Url(String url, String type) -> image.text("image_url", url);
          case Media.Inline inline -> image.text("image_url", inline.dataUrl());
          case Media.Uploaded(String id) -> image.text("file_id", id);
        }
        yield (detail.isEmpty() ? image : image.text("detail", detail)).object();
      }
      case Part.File(Media media, String name) -> {
        var file = JsonObjectBuilder.of("type", "input_file");
        yield switch (media) {
          case Media.Url(String url, String type) -> file.text("file_url", url).object();
          case Media.Uploaded(String id) -> file.text("file_id", id).object();
          case Media.Inline inline ->
              file.text("filename", name).text("file_data", inline.dataUrl()).object();
        };
      }
      case Part.Reasoning reasoning -> throw Messages.refusal(ID, part);
      case Part.Call call -> throw Messages.refusal(ID, part);
      case Part.Result result -> throw Messages.refusal(ID, part);
    };
  }

  private static Json call(ToolCall call) {
    return JsonObjectBuilder.of("type", "function_call")
        .text("call_id", call.id())
        .text("name", call.name())
        .text("arguments", call.arguments())
        .object();
  }

  private static Json result(Part.Result result) {
    return JsonObjectBuilder.of("type", "function_call_output")
        .text("call_id", result.call().id())
        .text("output", result.content())
        .object();
  }

  private static Json format(ResponseFormat format) {
    return switch (format) {
      case ResponseFormat.JsonObject() -> JsonObjectBuilder.of("type", "json_object").object();
      case ResponseFormat.JsonSchema schema ->
          Messages.schema(JsonObjectBuilder.of("type", "json_schema"), schema).object();
    };
  }
}
