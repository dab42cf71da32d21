package dev.holdfast.core.provider.ollama;

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
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** Writes requests to {@code /api/chat}. Source: docs.ollama.com, {@code POST /api/chat}. */
final class OllamaBody {
  private static final String ID = "ollama-chat";
  private static final Sampling SAMPLING =
      new Sampling(
          "num_predict", "top_p", "top_k", "seed", "stop", "frequency_penalty", "presence_penalty");

  private OllamaBody() {}

  static Json.Obj of(ChatRequest request) {
    Setting.refuse(
        request, ID, Setting.TOOL_CHOICE, Setting.METADATA, Setting.USER, Setting.SERVICE_TIER);
    Setting.refuseSingleCalls(request, ID);
    var members = new LinkedHashMap<String, Json>();
    members.put("model", new Json.Str(request.model()));
    members.put("messages", messages(request));
    if (!request.tools().isEmpty()) {
      members.put("tools", Messages.tools(request, Requests::functionTool));
    }
    request
        .responseFormat()
        .ifPresent(format ->
            members.put(
                "format",
                switch (format) {
                  case ResponseFormat.JsonObject() -> new Json.Str("json");
                  case ResponseFormat.JsonSchema schema -> Messages.schema(schema);
                }));
    request.reasoning().ifPresent(reasoning -> members.put("think", think(reasoning)));
    var options = SAMPLING.of(request);
    if (!options.isEmpty()) {
      members.put("options", new Json.Obj(options));
    }
    Requests.extra(request.extra(), members);
    members.put("stream", Requests.TRUE);
    return new Json.Obj(members);
  }

  /** There is a level and a switch, and no limit. */
  private static Json think(Reasoning reasoning) {
    return switch (reasoning) {
      case Reasoning.Effort(String level) when level.equals("none") -> Requests.FALSE;
      case Reasoning.Effort(String level) -> new Json.Str(level);
      case Reasoning.Budget(int tokens) -> {
        Check.that(
            tokens == 0, "reasoning", "must be an effort or a budget of 0 for " + ID, tokens);
        yield Requests.FALSE;
      }
    };
  }

  private static Json messages(ChatRequest request) {
    var messages = new ArrayList<Json>();
    request.system().ifPresent(text -> messages.add(Requests.message("system", text)));
    for (Message message : request.messages()) {
      switch (message.role()) {
        case USER -> messages.add(user(message));
        case ASSISTANT -> messages.add(assistant(message));
        case TOOL -> Messages.results(message).forEach(result -> messages.add(result(result)));
      }
    }
    return new Json.Arr(messages);
  }

  /** Images are beside the text, in Base64. */
  private static Json user(Message message) {
    var images = new ArrayList<Json>();
    for (Part part : message.parts()) {
      switch (part) {
        case Part.Text text -> {}
        case Part.Image(Media.Inline(String type, String base64), String detail) ->
            images.add(new Json.Str(base64));
        case Part.Image image -> throw Messages.refusal(ID, part);
        case Part.File file -> throw Messages.refusal(ID, part);
        case Part.Reasoning reasoning -> throw Messages.refusal(ID, part);
        case Part.Call call -> throw Messages.refusal(ID, part);
        case Part.Result result -> throw Messages.refusal(ID, part);
      }
    }
    var written = Requests.message("user", message.text());
    return images.isEmpty() ? written : written.with("images", new Json.Arr(images));
  }

  private static Json assistant(Message message) {
    List<ToolCall> calls = Messages.calls(message);
    var plain = Requests.message("assistant", message.text());
    String reasoning = Messages.reasoning(message);
    var written = reasoning.isEmpty() ? plain : plain.with("thinking", new Json.Str(reasoning));
    if (calls.isEmpty()) {
      return written;
    }
    var functions = new ArrayList<Json>();
    for (ToolCall call : calls) {
      functions.add(
          new JsonObjectBuilder()
              .put(
                  "function",
                  JsonObjectBuilder.of("name", call.name())
                      .put("arguments", Messages.arguments(call)))
              .object());
    }
    return written.with("tool_calls", new Json.Arr(functions));
  }

  private static Json result(Part.Result result) {
    return JsonObjectBuilder.of("role", "tool")
        .text("tool_name", result.call().name())
        .text("content", result.content())
        .object();
  }
}
