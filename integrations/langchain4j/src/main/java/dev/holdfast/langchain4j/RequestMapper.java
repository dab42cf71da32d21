package dev.holdfast.langchain4j;

import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Media;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.request.Tool;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.ToolCall;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's requests as Holdfast's.
 *
 * @param strict whether providers must keep to JSON schemas
 * @param customizer changes each request last
 */
record RequestMapper(boolean strict, UnaryOperator<ChatRequest.Builder> customizer) {
  private static final String NO_PARAMETERS = "{\"type\":\"object\",\"properties\":{}}";

  /**
   * {@return the request}
   *
   * @throws UnsupportedFeatureException if it has content that Holdfast has no words for
   * @throws IllegalArgumentException if it names no model
   */
  ChatRequest of(dev.langchain4j.model.chat.request.ChatRequest asked) {
    String model = asked.modelName();
    if (model == null || model.isBlank()) {
      throw new IllegalArgumentException("modelName: must be set, was '" + model + "'");
    }
    var request = ChatRequest.to(model);
    messages(asked.messages(), request);
    sampling(asked, request);
    var tools = asked.toolSpecifications();
    if (tools != null && !tools.isEmpty()) {
      tools.forEach(tool -> request.tool(tool(tool)));
      if (asked.toolChoice() != null) {
        request.toolChoice(
            switch (asked.toolChoice()) {
              case AUTO -> ToolChoice.auto();
              case REQUIRED -> ToolChoice.required();
              case NONE -> ToolChoice.none();
            });
      }
    }
    var format = asked.responseFormat();
    if (format != null && format.type() == ResponseFormatType.JSON) {
      request.responseFormat(format(format.jsonSchema()));
    }
    return customizer.apply(request).build();
  }

  private static void sampling(
      dev.langchain4j.model.chat.request.ChatRequest asked, ChatRequest.Builder request) {
    if (asked.temperature() != null) {
      request.temperature(asked.temperature());
    }
    if (asked.topP() != null) {
      request.topP(asked.topP());
    }
    if (asked.topK() != null) {
      request.topK(asked.topK());
    }
    if (asked.frequencyPenalty() != null) {
      request.frequencyPenalty(asked.frequencyPenalty());
    }
    if (asked.presencePenalty() != null) {
      request.presencePenalty(asked.presencePenalty());
    }
    if (asked.maxOutputTokens() != null) {
      request.maxTokens(asked.maxOutputTokens());
    }
    if (asked.stopSequences() != null) {
      request.stop(asked.stopSequences().toArray(String[]::new));
    }
  }

  // ---------------------------------------------------------------- messages

  private static void messages(List<ChatMessage> messages, ChatRequest.Builder request) {
    var system = new ArrayList<String>();
    Map<String, ToolCall> made = new HashMap<>();
    for (var message : messages) {
      switch (message) {
        case SystemMessage rules -> system.add(rules.text());
        case UserMessage user ->
            request.message(
                new Message(
                    Message.Role.USER, user.contents().stream().map(RequestMapper::part).toList()));
        case AiMessage answer -> request.message(answer(answer, made));
        case ToolExecutionResultMessage result ->
            request.message(Message.results(result(result, made)));
        default ->
            throw new UnsupportedFeatureException(
                "messages: must be of system, user, assistant or tool, was " + message.type());
      }
    }
    if (!system.isEmpty()) {
      request.system(String.join("\n\n", system));
    }
  }

  private static Part part(Content content) {
    return switch (content) {
      case TextContent text -> Part.text(text.text());
      case ImageContent image ->
          new Part.Image(
              media(
                  image.image().url(),
                  image.image().base64Data(),
                  Objects.requireNonNullElse(image.image().mimeType(), "image/png")),
              image.detailLevel() == null
                  ? ""
                  : image.detailLevel().name().toLowerCase(Locale.ROOT));
      case PdfFileContent pdf ->
          new Part.File(
              media(pdf.pdfFile().url(), pdf.pdfFile().base64Data(), "application/pdf"),
              "file.pdf");
      default ->
          throw new UnsupportedFeatureException(
              "content: must be text, an image or a PDF, was " + content.type());
    };
  }

  private static Media media(@Nullable URI url, @Nullable String base64, String type) {
    return base64 == null ? Media.url(String.valueOf(url)) : new Media.Inline(type, base64);
  }

  private static Message answer(AiMessage answer, Map<String, ToolCall> made) {
    var parts = new ArrayList<Part>();
    var calls = answer.toolExecutionRequests();
    String text = answer.text();
    if (text != null && !text.isEmpty()) {
      parts.add(Part.text(text));
    }
    for (int i = 0; calls != null && i < calls.size(); i++) {
      Object signature = answer.attributes().get(ResponseMapper.SIGNATURE + i);
      var call = call(calls.get(i), signature == null ? "" : signature.toString());
      made.put(call.id(), call);
      parts.add(new Part.Call(call));
    }
    if (parts.isEmpty()) {
      parts.add(Part.text(""));
    }
    return new Message(Message.Role.ASSISTANT, parts);
  }

  private static ToolCall call(ToolExecutionRequest asked, String signature) {
    return new ToolCall(
        0,
        Objects.requireNonNullElse(asked.id(), ""),
        asked.name(),
        Objects.requireNonNullElse(asked.arguments(), "{}"),
        signature);
  }

  private static Part.Result result(ToolExecutionResultMessage result, Map<String, ToolCall> made) {
    String id = Objects.requireNonNullElse(result.id(), "");
    var call = made.get(id);
    return new Part.Result(
        call == null || !call.name().equals(result.toolName())
            ? new ToolCall(0, id, result.toolName(), "{}")
            : call,
        result.text(),
        isError(result));
  }

  /** LangChain4j marks failed tools since 1.10.0. */
  private static boolean isError(ToolExecutionResultMessage result) {
    try {
      return Boolean.TRUE.equals(result.isError());
    } catch (NoSuchMethodError e) {
      return false;
    }
  }

  // ---------------------------------------------------------------- schemas

  private Tool tool(ToolSpecification tool) {
    var parameters = tool.parameters();
    return new Tool(
        tool.name(),
        Objects.requireNonNullElse(tool.description(), ""),
        parameters == null
            ? NO_PARAMETERS
            : Json.toJson(JsonSchemaElementUtils.toMap(parameters, strict)),
        strict);
  }

  private ResponseFormat format(
      dev.langchain4j.model.chat.request.json.@Nullable JsonSchema schema) {
    if (schema == null) {
      return ResponseFormat.json();
    }
    String name = Objects.requireNonNullElse(schema.name(), "answer");
    return new ResponseFormat.JsonSchema(
        name.replaceAll("[^A-Za-z0-9_-]", "_"),
        Json.toJson(JsonSchemaElementUtils.toMap(schema.rootElement(), strict)),
        strict);
  }
}
