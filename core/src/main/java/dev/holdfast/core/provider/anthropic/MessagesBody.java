package dev.holdfast.core.provider.anthropic;

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
import dev.holdfast.core.request.Tool;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes requests to Messages. Source: docs.anthropic.com, {@code POST /v1/messages}. */
final class MessagesBody {
  private static final String ID = "anthropic-messages";

  /** The level of no reasoning, for which the protocol has a switch. */
  private static final String NONE = "none";

  /** The protocol demands a limit; this one fits every model there is. */
  private static final int DEFAULT_MAX_TOKENS = 4096;

  private static final Sampling SAMPLING =
      new Sampling("", "top_p", "top_k", "", "stop_sequences", "", "");

  private MessagesBody() {}

  static Json.Obj of(ChatRequest request) {
    Setting.refuse(
        request,
        ID,
        Setting.SEED,
        Setting.FREQUENCY_PENALTY,
        Setting.PRESENCE_PENALTY,
        Setting.JSON_OBJECT,
        Setting.METADATA);
    var members = new LinkedHashMap<String, Json>();
    members.put("model", new Json.Str(request.model()));
    int budget =
        request.reasoning().orElse(null) instanceof Reasoning.Budget(int tokens) ? tokens : 0;
    int limit = request.maxTokens().orElse(DEFAULT_MAX_TOKENS + budget);
    Check.that(limit > budget, "maxTokens", "must be above the reasoning budget", limit);
    members.put("max_tokens", Json.of(limit));
    request.system().ifPresent(text -> members.put("system", new Json.Str(text)));
    members.put("messages", messages(request));
    if (!request.tools().isEmpty()) {
      members.put("tools", Messages.tools(request, MessagesBody::tool));
    }
    toolChoice(request, members);
    members.putAll(SAMPLING.of(request));
    reasoning(request, budget, members);
    request
        .userId()
        .ifPresent(user -> members.put("metadata", JsonObjectBuilder.of("user_id", user).object()));
    request.serviceTier().ifPresent(tier -> members.put("service_tier", new Json.Str(tier)));
    Requests.extra(request.extra(), members);
    members.put("stream", Requests.TRUE);
    return new Json.Obj(members);
  }

  private static Json tool(Tool tool) {
    var written =
        JsonObjectBuilder.of("name", tool.name())
            .text("description", tool.description())
            .put("input_schema", Requests.value("parametersJson", tool.parametersJson()));
    return (tool.strict() ? written.put("strict", Requests.TRUE) : written).object();
  }

  private static void toolChoice(ChatRequest request, Map<String, Json> members) {
    boolean single = request.parallelToolCalls().filter(parallel -> !parallel).isPresent();
    if (request.toolChoice().isEmpty() && !single) {
      return;
    }
    var written =
        switch (request.toolChoice().orElse(ToolChoice.auto())) {
          case ToolChoice.Auto() -> JsonObjectBuilder.of("type", "auto");
          case ToolChoice.None() -> JsonObjectBuilder.of("type", "none");
          case ToolChoice.Required() -> JsonObjectBuilder.of("type", "any");
          case ToolChoice.Named(String name) ->
              JsonObjectBuilder.of("type", "tool").text("name", name);
        };
    boolean calls = !(request.toolChoice().orElse(null) instanceof ToolChoice.None);
    if (single && calls) {
      written.put("disable_parallel_tool_use", Requests.TRUE);
    }
    members.put("tool_choice", written.object());
  }

  /** {@return whether a request switches reasoning off; a budget is 0 here} */
  private static boolean isOff(@Nullable Reasoning reasoning) {
    return switch (reasoning) {
      case null -> false;
      case Reasoning.Budget budget -> true;
      case Reasoning.Effort(String level) -> level.equals(NONE);
    };
  }

  /** The effort of reasoning and the form of the answer are members of one object. */
  private static void reasoning(ChatRequest request, int budget, Map<String, Json> members) {
    if (budget > 0) {
      Check.that(
          isReasoningKept(request.messages()),
          "reasoning",
          "must not have a budget where the tool calls since the last question are unsigned, since "
              + ID
              + " demands the reasoning before them",
          budget + " tokens");
      members.put(
          "thinking",
          JsonObjectBuilder.of("type", "enabled").number("budget_tokens", budget).object());
    } else if (isOff(request.reasoning().orElse(null))) {
      members.put("thinking", JsonObjectBuilder.of("type", "disabled").object());
    }
    var config = new JsonObjectBuilder();
    if (request.reasoning().orElse(null) instanceof Reasoning.Effort(String level)
        && !level.equals(NONE)) {
      config.text("effort", level);
    }
    if (request.responseFormat().orElse(null) instanceof ResponseFormat.JsonSchema schema) {
      config.put(
          "format",
          JsonObjectBuilder.of("type", "json_schema").put("schema", Messages.schema(schema)));
    }
    if (!config.object().members().isEmpty()) {
      members.put("output_config", config.object());
    }
  }

  private static Json messages(ChatRequest request) {
    var messages = new ArrayList<Json>();
    for (Message message : Messages.joined(request)) {
      String role = message.role() == Message.Role.ASSISTANT ? "assistant" : "user";
      messages.add(
          message.isText()
              ? Requests.message(role, message.text())
              : JsonObjectBuilder.of("role", role).put("content", content(message)).object());
    }
    return new Json.Arr(messages);
  }

  /**
   * {@return whether the calls that are being answered can be sent as the turn that they are} The
   * turn must begin with its reasoning; the model need not have reasoned again between the calls.
   */
  private static boolean isReasoningKept(List<Message> messages) {
    for (int i = lastQuestion(messages) + 1; i < messages.size(); i++) {
      List<ToolCall> calls = Messages.calls(messages.get(i));
      if (!calls.isEmpty()) {
        return !reasoning(calls.getFirst()).isEmpty();
      }
    }
    return true;
  }

  private static int lastQuestion(List<Message> messages) {
    for (int i = messages.size() - 1; i >= 0; i--) {
      if (messages.get(i).role() == Message.Role.USER) {
        return i;
      }
    }
    return -1;
  }

  private static List<Json> reasoning(ToolCall call) {
    return SignedReasoning.of(call, ThinkingBlocks.TYPES);
  }

  /** The reasoning before the first call precedes the text: a turn begins with it. */
  private static Json content(Message message) {
    var content = new ArrayList<Json>();
    int calls = 0;
    for (Part part : message.parts()) {
      if (part instanceof Part.Call(ToolCall call)) {
        content.addAll(calls == 0 ? 0 : content.size(), reasoning(call));
        calls++;
      }
      if (!(part instanceof Part.Reasoning)) {
        content.add(part(part));
      }
    }
    return new Json.Arr(content);
  }

  private static Json part(Part part) {
    return switch (part) {
      case Part.Text(String text) ->
          JsonObjectBuilder.of("type", "text").text("text", text).object();
      case Part.Image(Media media, String detail) ->
          JsonObjectBuilder.of("type", "image").put("source", source(media)).object();
      case Part.File(Media media, String name) -> {
        var document = JsonObjectBuilder.of("type", "document").put("source", source(media));
        yield (name.isEmpty() ? document : document.text("title", name)).object();
      }
      case Part.Reasoning reasoning -> throw Messages.refusal(ID, part);
      case Part.Call(ToolCall call) ->
          JsonObjectBuilder.of("type", "tool_use")
              .text("id", call.id())
              .text("name", call.name())
              .put("input", Messages.arguments(call))
              .object();
      case Part.Result result -> result(result);
    };
  }

  private static Json source(Media media) {
    return switch (media) {
      case Media.Url(String url, String type) ->
          JsonObjectBuilder.of("type", "url").text("url", url).object();
      case Media.Uploaded(String id) ->
          JsonObjectBuilder.of("type", "file").text("file_id", id).object();
      case Media.Inline(String type, String base64) when type.equals("text/plain") ->
          JsonObjectBuilder.of("type", "text")
              .text("media_type", type)
              .text("data", new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8))
              .object();
      case Media.Inline(String type, String base64) ->
          JsonObjectBuilder.of("type", "base64")
              .text("media_type", type)
              .text("data", base64)
              .object();
    };
  }

  private static Json result(Part.Result result) {
    var written =
        JsonObjectBuilder.of("type", "tool_result")
            .text("tool_use_id", result.call().id())
            .text("content", result.content());
    return (result.error() ? written.put("is_error", Requests.TRUE) : written).object();
  }
}
