package dev.holdfast.core.provider.google;

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
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes requests to {@code generateContent}. Source: ai.google.dev, the reference of {@code
 * models.generateContent}.
 */
final class GeminiBody {
  private static final String ID = "gemini-sse";
  private static final Sampling SAMPLING =
      new Sampling(
          "maxOutputTokens",
          "topP",
          "topK",
          "seed",
          "stopSequences",
          "frequencyPenalty",
          "presencePenalty");

  private GeminiBody() {}

  static Json.Obj of(ChatRequest request) {
    Setting.refuse(request, ID, Setting.METADATA, Setting.USER, Setting.SERVICE_TIER);
    Setting.refuseSingleCalls(request, ID);
    var members = new LinkedHashMap<String, Json>();
    members.put("model", new Json.Str(request.model()));
    request
        .system()
        .ifPresent(text ->
            members.put(
                "systemInstruction",
                new JsonObjectBuilder()
                    .list("parts", JsonObjectBuilder.of("text", text).object())
                    .object()));
    members.put("contents", contents(request));
    if (!request.tools().isEmpty()) {
      var declared = Messages.tools(request, Requests::function);
      members.put(
          "tools",
          new Json.Arr(
              List.of(new JsonObjectBuilder().put("functionDeclarations", declared).object())));
    }
    request
        .toolChoice()
        .ifPresent(choice ->
            members.put(
                "toolConfig",
                new JsonObjectBuilder().put("functionCallingConfig", calling(choice)).object()));
    var config = SAMPLING.of(request);
    request.responseFormat().ifPresent(format -> format(format, config));
    request.reasoning().ifPresent(reasoning -> config.put("thinkingConfig", thinking(reasoning)));
    if (!config.isEmpty()) {
      members.put("generationConfig", new Json.Obj(config));
    }
    Requests.extra(request.extra(), members);
    return new Json.Obj(members);
  }

  private static JsonObjectBuilder calling(ToolChoice choice) {
    return switch (choice) {
      case ToolChoice.Auto() -> JsonObjectBuilder.of("mode", "AUTO");
      case ToolChoice.None() -> JsonObjectBuilder.of("mode", "NONE");
      case ToolChoice.Required() -> JsonObjectBuilder.of("mode", "ANY");
      case ToolChoice.Named(String name) ->
          JsonObjectBuilder.of("mode", "ANY").list("allowedFunctionNames", new Json.Str(name));
    };
  }

  private static void format(ResponseFormat format, Map<String, Json> config) {
    config.put("responseMimeType", new Json.Str("application/json"));
    if (format instanceof ResponseFormat.JsonSchema schema) {
      config.put("responseJsonSchema", Messages.schema(schema));
    }
  }

  private static Json thinking(Reasoning reasoning) {
    return switch (reasoning) {
      case Reasoning.Effort(String level) -> JsonObjectBuilder.of("thinkingLevel", level).object();
      case Reasoning.Budget(int tokens) ->
          new JsonObjectBuilder().number("thinkingBudget", tokens).object();
    };
  }

  private static Json contents(ChatRequest request) {
    var contents = new ArrayList<Json>();
    for (Message message : Messages.joined(request)) {
      String role = message.role() == Message.Role.ASSISTANT ? "model" : "user";
      contents.add(
          JsonObjectBuilder.of("role", role)
              .put("parts", Messages.parts(message, GeminiBody::part))
              .object());
    }
    return new Json.Arr(contents);
  }

  private static Json part(Part part) {
    return switch (part) {
      case Part.Text(String text) -> JsonObjectBuilder.of("text", text).object();
      case Part.Image(Media media, String detail) -> media(media, part);
      case Part.File(Media media, String name) -> media(media, part);
      case Part.Reasoning reasoning -> throw Messages.refusal(ID, part);
      case Part.Call(ToolCall call) -> call(call);
      case Part.Result result -> result(result);
    };
  }

  private static Json media(Media media, Part part) {
    return switch (media) {
      case Media.Url(String url, String type) -> {
        var file =
            type.isEmpty() ? new JsonObjectBuilder() : JsonObjectBuilder.of("mimeType", type);
        yield new JsonObjectBuilder().put("fileData", file.text("fileUri", url)).object();
      }
      case Media.Inline(String type, String base64) ->
          new JsonObjectBuilder()
              .put("inlineData", JsonObjectBuilder.of("mimeType", type).text("data", base64))
              .object();
      case Media.Uploaded uploaded -> throw Messages.refusal(ID, part);
    };
  }

  private static Json call(ToolCall call) {
    var function =
        call.id().isEmpty() ? new JsonObjectBuilder() : JsonObjectBuilder.of("id", call.id());
    var written =
        new JsonObjectBuilder()
            .put(
                "functionCall",
                function.text("name", call.name()).put("args", Messages.arguments(call)));
    return (call.signature().isEmpty() || SignedReasoning.isBlocks(call)
            ? written
            : written.text("thoughtSignature", call.signature()))
        .object();
  }

  /** The result must be an object: a document that is one stays, any other text is a member. */
  private static Json result(Part.Result result) {
    var function =
        result.call().id().isEmpty()
            ? new JsonObjectBuilder()
            : JsonObjectBuilder.of("id", result.call().id());
    String member = result.error() ? "error" : "output";
    Json response = JsonObjectBuilder.of(member, result.content()).object();
    if (!result.error()) {
      try {
        response = Json.parse(result.content()) instanceof Json.Obj object ? object : response;
      } catch (Json.MalformedException e) {
        // Plain text.
      }
    }
    return new JsonObjectBuilder()
        .put(
            "functionResponse",
            function.text("name", result.call().name()).put("response", response))
        .object();
  }
}
