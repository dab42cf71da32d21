package judged;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import reactor.core.Disposable;

/** Spring AI's OpenAI model: stream(), subscribed to; tool calls once the stream has completed. */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      // The only clock it has is one over the whole call, which takes longer than any silence.
      var options =
          OpenAiChatOptions.builder()
              .baseUrl(Contract.baseUrl())
              .apiKey("none")
              .model("judged")
              .timeout(Contract.timeout().multipliedBy(4))
              .build();
      var model = Contract.with(OpenAiChatModel.builder()).options(options).build();
      var ended = new CompletableFuture<Void>();
      var calls = new ArrayList<ToolCall>();
      var subscription = new AtomicReference<Disposable>();
      subscription.set(
          model.stream(new Prompt(Contract.prompt(), options))
              .subscribe(
                  response -> show(response, calls, subscription),
                  ended::completeExceptionally,
                  () -> ended.complete(null)));
      ended.join();
      calls.forEach(call -> Contract.tool(call.name(), call.arguments()));
    });
  }

  private static void show(
      ChatResponse response, List<ToolCall> calls, AtomicReference<Disposable> subscription) {
    for (var generation : response.getResults()) {
      var message = generation.getOutput();
      String text = message.getText();
      if (text != null && Contract.text(text)) {
        Contract.cancel(() -> subscription.get().dispose());
      }
      calls.addAll(message.getToolCalls());
    }
  }
}
