package dev.holdfast.benchmarks.dropins;

import dev.holdfast.langchain4j.HoldfastHttpClientBuilder;
import dev.langchain4j.http.client.jdk.JdkHttpClientBuilder;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.concurrent.CompletableFuture;

/** LangChain4j's OpenAI model: partial responses of its handler. */
final class LangChain4jReader implements SdkReader {
  private final StreamingChatModel model;

  LangChain4jReader(String baseUrl, boolean held) {
    model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(baseUrl)
            .apiKey("none")
            .modelName("gpt-4.1")
            .httpClientBuilder(
                held ? HoldfastHttpClientBuilder.create() : new JdkHttpClientBuilder())
            .build();
  }

  @Override
  public long read() throws Exception {
    var ended = new CompletableFuture<Long>();
    model.chat(
        "Go",
        new StreamingChatResponseHandler() {
          private long count;

          @Override
          public void onPartialResponse(String text) {
            count++;
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            ended.complete(count);
          }

          @Override
          public void onError(Throwable thrown) {
            ended.completeExceptionally(thrown);
          }
        });
    return ended.get();
  }
}
