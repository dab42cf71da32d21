package judged;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import reactor.core.Disposable;

/** Spring AI's OpenAI model: stream(), subscribed to as its page shows. */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      var options =
          OpenAiChatOptions.builder()
              .baseUrl(Contract.baseUrl())
              .apiKey("none")
              .model("judged")
              .timeout(Contract.timeout())
              .build();
      var model = OpenAiChatModel.builder().options(options).build();
      var ended = new CountDownLatch(1);
      var failure = new AtomicReference<Throwable>();
      var subscription = new AtomicReference<Disposable>();
      subscription.set(
          model.stream(new Prompt(Contract.prompt(), options))
              .subscribe(
                  response -> show(response, subscription),
                  error -> {
                    failure.set(error);
                    ended.countDown();
                  },
                  ended::countDown));
      ended.await();
      if (failure.get() != null) {
        throw new IllegalStateException(failure.get());
      }
    });
  }

  private static void show(ChatResponse response, AtomicReference<Disposable> subscription) {
    for (var generation : response.getResults()) {
      var message = generation.getOutput();
      String text = message.getText();
      if (text != null && Contract.text(text)) {
        Thread.ofPlatform().start(() -> subscription.get().dispose());
        Thread.ofPlatform().start(Contract::cancelled);
      }
      message.getToolCalls().forEach(call -> Contract.tool(call.name(), call.arguments()));
    }
  }
}
