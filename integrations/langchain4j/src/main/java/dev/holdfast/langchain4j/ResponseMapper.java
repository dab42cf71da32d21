package dev.holdfast.langchain4j;

import dev.holdfast.client.Outcome;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The events of one stream in LangChain4j's types. Not thread-safe. */
final class ResponseMapper {
  /** Attributes of a message that hold what a provider wants back with a tool call. */
  static final String SIGNATURE = "holdfast.signature.";

  private record Named(String id, String name) {}

  private final Map<Integer, Named> opened = new HashMap<>();
  private String id = "";
  private String model = "";
  private int calls;

  /**
   * {@return a partial response, thinking or tool call, or a complete tool call; null where
   * LangChain4j has nothing for an event}
   */
  @Nullable Object of(StreamEvent event) {
    // A statement: the type that the results have in common is missing before 1.20.0.
    switch (event) {
      case StreamEvent.Started(String named, String asked) -> {
        id = named;
        model = asked;
      }
      case StreamEvent.TextDelta(int choice, String text) when choice == 0 -> {
        return new PartialResponse(text);
      }
      case StreamEvent.RefusalDelta(int choice, String text) when choice == 0 -> {
        return new PartialResponse(text);
      }
      case StreamEvent.ReasoningDelta(int choice, String text) when choice == 0 -> {
        return new PartialThinking(text);
      }
      case StreamEvent.ToolCallDelta delta when delta.choice() == 0 -> {
        return partial(delta);
      }
      case StreamEvent.ToolCallReady(ToolCall call) when call.choice() == 0 -> {
        return new CompleteToolCall(calls++, request(call));
      }
      default -> {} // Nothing of LangChain4j's.
    }
    return null;
  }

  private @Nullable PartialToolCall partial(StreamEvent.ToolCallDelta delta) {
    if (!delta.name().isEmpty()) {
      opened.put(delta.call(), new Named(delta.id(), delta.name()));
    }
    var named = opened.get(delta.call());
    if (named == null || delta.arguments().isEmpty()) {
      return null; // LangChain4j's partial calls have a name and arguments.
    }
    return PartialToolCall.builder()
        .index(delta.call())
        .id(named.id())
        .name(named.name())
        .partialArguments(delta.arguments())
        .build();
  }

  private static ToolExecutionRequest request(ToolCall call) {
    return ToolExecutionRequest.builder()
        .id(call.id())
        .name(call.name())
        .arguments(call.arguments())
        .build();
  }

  /**
   * {@return the response}
   *
   * @throws IllegalStateException if the text is longer than the client's memory limit
   */
  ChatResponse complete(Outcome outcome) {
    List<ToolCall> made = outcome.toolCalls().stream().filter(call -> call.choice() == 0).toList();
    String text = outcome.text() + outcome.refusal();
    var message = AiMessage.builder();
    if (!text.isEmpty() || made.isEmpty()) {
      message.text(text);
    }
    if (!outcome.reasoning().isEmpty()) {
      message.thinking(outcome.reasoning());
    }
    if (!made.isEmpty()) {
      message.toolExecutionRequests(made.stream().map(ResponseMapper::request).toList());
    }
    Map<String, Object> signatures = new LinkedHashMap<>();
    for (int i = 0; i < made.size(); i++) {
      if (!made.get(i).signature().isEmpty()) {
        signatures.put(SIGNATURE + i, made.get(i).signature());
      }
    }
    if (!signatures.isEmpty()) {
      message.attributes(signatures);
    }
    var response = ChatResponse.builder().aiMessage(message.build());
    if (!id.isEmpty()) {
      response.id(id);
    }
    if (!model.isEmpty()) {
      response.modelName(model);
    }
    outcome
        .usage()
        .ifPresent(usage ->
            response.tokenUsage(new TokenUsage(count(usage.input()), count(usage.output()))));
    outcome.finish().ifPresent(finish -> response.finishReason(reason(finish)));
    return response.build();
  }

  private static @Nullable Integer count(OptionalLong tokens) {
    return tokens.isEmpty() ? null : (Integer) Math.clamp(tokens.getAsLong(), 0, Integer.MAX_VALUE);
  }

  private static FinishReason reason(Finish finish) {
    return switch (finish.reason()) {
      case STOP -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
      case TOOL_CALLS -> FinishReason.TOOL_EXECUTION;
      case REFUSAL, CONTENT_FILTER -> FinishReason.CONTENT_FILTER;
      case PAUSE, ERROR, OTHER -> FinishReason.OTHER;
    };
  }
}
