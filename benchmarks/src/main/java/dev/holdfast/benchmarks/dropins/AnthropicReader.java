package dev.holdfast.benchmarks.dropins;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import dev.holdfast.anthropic.HoldfastAnthropicInterceptor;

/** anthropic-java, synchronous: typed events of {@code createStreaming()}. */
final class AnthropicReader implements SdkReader {
  private static final MessageCreateParams PARAMS =
      MessageCreateParams.builder()
          .model("claude-sonnet-4-5")
          .maxTokens(4096)
          .addUserMessage("Go")
          .build();

  private final AnthropicClient client;

  AnthropicReader(String baseUrl, boolean held) {
    var builder = AnthropicOkHttpClient.builder().baseUrl(baseUrl).apiKey("none");
    if (held) {
      builder.addInterceptor(HoldfastAnthropicInterceptor.create());
    }
    client = builder.build();
  }

  @Override
  public long read() {
    var count = new long[1];
    try (var stream = client.messages().createStreaming(PARAMS)) {
      stream.stream()
          .forEach(event ->
              event
                  .contentBlockDelta()
                  .flatMap(delta -> delta.delta().text())
                  .ifPresent(text -> count[0]++));
    }
    return count[0];
  }

  @Override
  public void close() {
    client.close();
  }
}
