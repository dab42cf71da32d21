package judged;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Timeout;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.time.Duration;
import java.util.List;

/**
 * openai-java, as its page shows: createStreaming(), and its accumulator for tool calls. With an
 * argument the accumulator is asked for the whole answer in any case.
 */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      Duration patience = Contract.timeout();
      // The finest clocks it has: silence is limited, the whole answer is not.
      var timeout =
          Timeout.builder().connect(patience).read(patience).request(Duration.ofMinutes(10)).build();
      var client =
          Contract.with(OpenAIOkHttpClient.builder())
              .baseUrl(Contract.baseUrl())
              .apiKey("none")
              .timeout(timeout)
              .build();
      var params =
          ChatCompletionCreateParams.builder()
              .model("judged")
              .addUserMessage(Contract.prompt())
              .build();
      if (Contract.isToCancel()) {
        readUntilCancelled(client, params);
      } else {
        read(client, params, args.length > 0);
      }
    });
  }

  private static void read(
      OpenAIClient client, ChatCompletionCreateParams params, boolean accumulate) {
    var accumulator = ChatCompletionAccumulator.create();
    var called = new boolean[1];
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream()
          .forEach(chunk -> {
            accumulator.accumulate(chunk);
            show(chunk);
            called[0] |= chunk.choices().stream().anyMatch(it -> it.delta().toolCalls().isPresent());
          });
    }
    if (accumulate || called[0]) {
      for (var choice : accumulator.chatCompletion().choices()) {
        for (var call : choice.message().toolCalls().orElse(List.of())) {
          var function = call.asFunction().function();
          Contract.tool(function.name(), function.arguments());
        }
      }
    }
  }

  /** The asynchronous stream: the one that may be closed while it is read. */
  private static void readUntilCancelled(OpenAIClient client, ChatCompletionCreateParams params) {
    var stream = client.async().chat().completions().createStreaming(params);
    stream.subscribe(chunk -> {
      if (show(chunk)) {
        Contract.cancel(stream::close);
      }
    });
    stream.onCompleteFuture().join();
  }

  /** Shows text; returns whether to cancel now. */
  private static boolean show(ChatCompletionChunk chunk) {
    boolean cancel = false;
    for (var choice : chunk.choices()) {
      cancel |= choice.delta().content().map(Contract::text).orElse(false);
    }
    return cancel;
  }
}
