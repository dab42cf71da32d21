package dev.holdfast.benchmarks.dropins;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.holdfast.okhttp.HoldfastInterceptor;

/** openai-java, synchronous: typed chunks of {@code createStreaming()}. */
final class OpenAiReader implements SdkReader {
  private static final ChatCompletionCreateParams PARAMS =
      ChatCompletionCreateParams.builder().model("gpt-4.1").addUserMessage("Go").build();

  private final OpenAIClient client;

  OpenAiReader(String baseUrl, boolean held) {
    var builder = OpenAIOkHttpClient.builder().baseUrl(baseUrl).apiKey("none");
    if (held) {
      builder.addInterceptor(HoldfastInterceptor.create());
    }
    client = builder.build();
  }

  @Override
  public long read() {
    var count = new long[1];
    try (var stream = client.chat().completions().createStreaming(PARAMS)) {
      stream.stream()
          .forEach(chunk ->
              chunk.choices().stream()
                  .flatMap(choice -> choice.delta().content().stream())
                  .forEach(text -> count[0]++));
    }
    return count[0];
  }

  @Override
  public void close() {
    client.close();
  }
}
