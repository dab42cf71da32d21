package example;

import dev.holdfast.langchain4j.HoldfastHttpClientBuilder;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.concurrent.CompletableFuture;

/** LangChain4j's OpenAI model; the line with Holdfast is the only one that is not LangChain4j's. */
public final class Main {
  public static void main(String[] args) {
    var model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(System.getenv().getOrDefault("OPENAI_BASE_URL", "https://api.openai.com/v1"))
            .apiKey(System.getenv("OPENAI_API_KEY"))
            .modelName("gpt-4.1-mini")
            .httpClientBuilder(HoldfastHttpClientBuilder.create())
            .build();
    var end = new CompletableFuture<ChatResponse>();
    model.chat(
        "Write about lighthouses.",
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String text) {
            System.out.print(text);
            System.out.flush();
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            end.complete(response);
          }

          @Override
          public void onError(Throwable error) {
            end.completeExceptionally(error);
          }
        });
    System.out.println("\n" + end.join().metadata());
  }
}
