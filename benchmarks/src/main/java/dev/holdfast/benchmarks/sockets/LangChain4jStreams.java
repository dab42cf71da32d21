package dev.holdfast.benchmarks.sockets;

import dev.langchain4j.http.client.jdk.JdkHttpClientBuilder;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** LangChain4j's OpenAI model over the JDK's client. */
final class LangChain4jStreams implements StreamReader {
  private final int port;

  /** The header belongs to a model, so there is one for each load. */
  private final Map<String, OpenAiStreamingChatModel> models = new ConcurrentHashMap<>();

  LangChain4jStreams(int port) {
    this.port = port;
  }

  private OpenAiStreamingChatModel model(String bench) {
    return OpenAiStreamingChatModel.builder()
        .baseUrl("http://127.0.0.1:" + port + "/v1")
        .apiKey("none")
        .modelName("gpt-4.1")
        .customHeaders(Map.of("x-bench", bench))
        .httpClientBuilder(new JdkHttpClientBuilder())
        .build();
  }

  @Override
  public void read(int events, int rate, EventCount count) {
    var ended = new CompletableFuture<Void>();
    models
        .computeIfAbsent(StreamReader.bench(events, rate), this::model)
        .chat(
            "Go",
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(String text) {
                count.take(text);
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {
                ended.complete(null);
              }

              @Override
              public void onError(Throwable thrown) {
                ended.completeExceptionally(thrown);
              }
            });
    ended.join();
  }

  @Override
  public void close() {
    // The process ends, and with it its connections.
  }
}
