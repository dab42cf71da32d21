package judged;

import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Timeout;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.time.Duration;

/** openai-java, as its page shows: createStreaming(), and its accumulator for tool calls. */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      Duration patience = Contract.timeout();
      // The finest clocks it has: silence is limited, the whole answer is not.
      var timeout =
          Timeout.builder().connect(patience).read(patience).request(Duration.ofMinutes(10)).build();
      var client =
          OpenAIOkHttpClient.builder()
              .baseUrl(Contract.baseUrl())
              .apiKey("none")
              .timeout(timeout)
              .build();
      var params =
          ChatCompletionCreateParams.builder()
              .model("judged")
              .addUserMessage(Contract.prompt())
              .build();
      var accumulator = ChatCompletionAccumulator.create();
      var called = new boolean[1];
      try (var stream = client.chat().completions().createStreaming(params)) {
        stream.stream()
            .forEach(chunk -> {
              accumulator.accumulate(chunk);
              for (var choice : chunk.choices()) {
                called[0] |= choice.delta().toolCalls().isPresent();
                if (choice.delta().content().map(Contract::text).orElse(false)) {
                  Contract.cancel(stream::close);
                }
              }
            });
      }
      if (called[0]) {
        for (var choice : accumulator.chatCompletion().choices()) {
          for (var call : choice.message().toolCalls().orElseThrow()) {
            var function = call.asFunction().function();
            Contract.tool(function.name(), function.arguments());
          }
        }
      }
    });
  }
}
