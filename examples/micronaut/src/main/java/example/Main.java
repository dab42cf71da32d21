package example;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.micronaut.context.ApplicationContext;
import java.util.concurrent.CompletableFuture;

/** Streams an answer of the application's model to the terminal. */
public final class Main {
  public static void main(String[] args) {
    try (var context = ApplicationContext.run()) {
      var end = new CompletableFuture<ChatResponse>();
      context
          .getBean(StreamingChatModel.class)
          .chat(
              "Write about lighthouses.",
              new StreamingChatResponseHandler() {
                @Override
                public void onPartialResponse(String text) {
                  System.out.print(text);
                  System.out.flush();
                }

                @Override
                public void onCompleteResponse(ChatResponse response) {
                  end.complete(response);
                }

                @Override
                public void onError(Throwable error) {
                  end.completeExceptionally(error);
                }
              });
      System.out.println("\n" + end.join().metadata());
    }
  }
}
