package judged;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.concurrent.CompletableFuture;

/** langchain4j's streaming models, with the handler its page shows; its first word on the end counts. */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      var ended = new CompletableFuture<ChatResponse>();
      var request =
          ChatRequest.builder()
              .messages(UserMessage.from(Contract.prompt()))
              .toolSpecifications(
                  ToolSpecification.builder()
                      .name("delete_files")
                      .description("Deletes files.")
                      .parameters(
                          JsonObjectSchema.builder()
                              .addStringProperty("path")
                              .addBooleanProperty("recursive")
                              .addStringProperty("reason")
                              .build())
                      .build())
              .build();
      model()
          .chat(
              request,
              new StreamingChatResponseHandler() {
                @Override
                public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                  // A caller does not read on after an error, though the model may.
                  if (!ended.isDone() && Contract.text(part.text())) {
                    Contract.cancel(context.streamingHandle()::cancel);
                  }
                }

                @Override
                public void onCompleteResponse(ChatResponse response) {
                  ended.complete(response);
                }

                @Override
                public void onError(Throwable error) {
                  ended.completeExceptionally(error);
                }
              });
      var message = ended.join().aiMessage();
      message
          .toolExecutionRequests()
          .forEach(call -> Contract.tool(call.name(), String.valueOf(call.arguments())));
    });
  }

  private static StreamingChatModel model() {
    return Contract.protocol().equals("anthropic-messages")
        ? Contract.with(
                AnthropicStreamingChatModel.builder()
                    .baseUrl(Contract.baseUrl() + "/v1")
                    .apiKey("none")
                    .modelName("judged")
                    .maxTokens(4096)
                    .timeout(Contract.timeout()))
            .build()
        : Contract.with(
                OpenAiStreamingChatModel.builder()
                    .baseUrl(Contract.baseUrl())
                    .apiKey("none")
                    .modelName("judged")
                    .timeout(Contract.timeout()))
            .build();
  }
}
