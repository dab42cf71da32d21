package judged;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.ObjectMappers;
import com.anthropic.core.Timeout;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.time.Duration;

/**
 * anthropic-java, as its page shows: createStreaming(), and its accumulator for tool calls. With an
 * argument the accumulator is asked for the whole answer in any case.
 */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      Duration patience = Contract.timeout();
      var timeout =
          Timeout.builder().connect(patience).read(patience).request(Duration.ofMinutes(10)).build();
      var client =
          Contract.with(AnthropicOkHttpClient.builder())
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
      if (Contract.isToCancel()) {
        readUntilCancelled(client, params);
      } else {
        read(client, params, args.length > 0);
      }
    });
  }

  private static void read(
      AnthropicClient client, MessageCreateParams params, boolean accumulate) {
    var accumulator = MessageAccumulator.create();
    var called = new boolean[1];
    try (var stream = client.messages().createStreaming(params)) {
      stream.stream()
          .forEach(event -> {
            accumulator.accumulate(event);
            show(event);
            called[0] |=
                event.contentBlockStart().map(it -> it.contentBlock().isToolUse()).orElse(false);
          });
    }
    if (accumulate || called[0]) {
      accumulator.message().content().stream()
          .flatMap(block -> block.toolUse().stream())
          .forEach(use -> Contract.tool(use.name(), json(use._input())));
    }
  }

  /** The asynchronous stream: the one that may be closed while it is read. */
  private static void readUntilCancelled(AnthropicClient client, MessageCreateParams params) {
    var stream = client.async().messages().createStreaming(params);
    stream.subscribe(event -> {
      if (show(event)) {
        Contract.cancel(stream::close);
      }
    });
    stream.onCompleteFuture().join();
  }

  /** Shows text; returns whether to cancel now. */
  private static boolean show(RawMessageStreamEvent event) {
    return event
        .contentBlockDelta()
        .flatMap(it -> it.delta().text())
        .map(it -> Contract.text(it.text()))
        .orElse(false);
  }

  private static String json(JsonValue value) {
    try {
      return ObjectMappers.jsonMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
