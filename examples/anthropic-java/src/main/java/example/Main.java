package example;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import dev.holdfast.anthropic.HoldfastAnthropicInterceptor;

/** Anthropic's SDK; the line with Holdfast is the only one that is not the SDK's. */
public final class Main {
  public static void main(String[] args) {
    var client =
        AnthropicOkHttpClient.builder()
            .fromEnv()
            .addInterceptor(HoldfastAnthropicInterceptor.create())
            .build();
    var params =
        MessageCreateParams.builder()
            .model("claude-sonnet-4-5")
            .maxTokens(1024)
            .addUserMessage("Write about lighthouses.")
            .build();
    try (var stream = client.messages().createStreaming(params)) {
      stream.stream()
          .flatMap(event -> event.contentBlockDelta().stream())
          .flatMap(block -> block.delta().text().stream())
          .forEach(delta -> {
            System.out.print(delta.text());
            System.out.flush();
          });
    }
    System.out.println();
    client.close();
  }
}
