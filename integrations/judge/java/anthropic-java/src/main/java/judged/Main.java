package judged;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.Timeout;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import java.time.Duration;

/** anthropic-java, as its page shows: createStreaming(), and its accumulator for tool calls. */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      Duration patience = Contract.timeout();
      var timeout =
          Timeout.builder().connect(patience).read(patience).request(Duration.ofMinutes(10)).build();
      var client =
          AnthropicOkHttpClient.builder()
              .baseUrl(Contract.baseUrl())
              .apiKey("none")
              .timeout(timeout)
              .build();
      var params =
          MessageCreateParams.builder()
              .model("judged")
              .maxTokens(4096)
              .addUserMessage(Contract.prompt())
              .build();
      var accumulator = MessageAccumulator.create();
      var called = new boolean[1];
      try (var stream = client.messages().createStreaming(params)) {
        stream.stream()
            .forEach(event -> {
              accumulator.accumulate(event);
              called[0] |=
                  event.contentBlockStart().map(it -> it.contentBlock().isToolUse()).orElse(false);
              event
                  .contentBlockDelta()
                  .flatMap(it -> it.delta().text())
                  .filter(it -> Contract.text(it.text()))
                  .ifPresent(it -> Contract.cancel(stream::close));
            });
      }
      if (called[0]) {
        accumulator.message().content().stream()
            .flatMap(block -> block.toolUse().stream())
            .forEach(use -> Contract.tool(use.name(), json(use._input())));
      }
    });
  }

  private static String json(com.anthropic.core.JsonValue value) {
    try {
      return com.anthropic.core.ObjectMappers.jsonMapper().writeValueAsString(value);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
