package dev.holdfast.benchmarks.sockets;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;

/** openai-java, synchronous: typed chunks of {@code createStreaming()}. */
final class OpenAiJavaReader implements StreamReader {
  private final OpenAIClient client;

  OpenAiJavaReader(int port) {
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + port + "/v1")
            .apiKey("none")
            .build();
  }

  @Override
  public void read(int events, int rate, EventCount count) {
    var params =
        ChatCompletionCreateParams.builder()
            .model("gpt-4.1")
            .addUserMessage("Go")
            .putAdditionalHeader("x-bench", StreamReader.bench(events, rate))
            .build();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream()
          .forEach(chunk ->
              chunk.choices().stream()
                  .flatMap(choice -> choice.delta().content().stream())
                  .forEach(count::take));
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
