package example;

import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.holdfast.okhttp.HoldfastInterceptor;

/** OpenAI's SDK; the line with Holdfast is the only one that is not the SDK's. */
public final class Main {
  public static void main(String[] args) {
    var client =
        OpenAIOkHttpClient.builder()
            .fromEnv()
            .addInterceptor(HoldfastInterceptor.create())
            .build();
    var params =
        ChatCompletionCreateParams.builder()
            .model("gpt-4.1-mini")
            .addUserMessage("Write about lighthouses.")
            .build();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .flatMap(choice -> choice.delta().content().stream())
          .forEach(text -> {
            System.out.print(text);
            System.out.flush();
          });
    }
    System.out.println();
    client.close();
  }
}
