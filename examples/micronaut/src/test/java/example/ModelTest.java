package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.client.StreamException;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.junit.Faults;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest.Ending;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The application's model, of a provider that breaks. */
@Timeout(60)
class ModelTest {
  private static final String ANSWER = "The tide turns twice a day, and never has to be wound up.";

  /** Keeps what a handler receives. */
  private static final class Received implements StreamingChatResponseHandler {
    final StringBuffer text = new StringBuffer();
    final CompletableFuture<StreamingHandle> handle = new CompletableFuture<>();
    final CompletableFuture<ChatResponse> end = new CompletableFuture<>();
    final List<Object> ends = new CopyOnWriteArrayList<>();

    @Override
    public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
      text.append(piece.text());
      handle.complete(context.streamingHandle());
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      ends.add(response);
      end.complete(response);
    }

    @Override
    public void onError(Throwable error) {
      ends.add(error);
      end.completeExceptionally(error);
    }
  }

  /** In the environment "plain" the model is LangChain4j's own. */
  @Singleton
  @Replaces(Wiring.class)
  @Requires(env = "plain")
  static final class NoWiring implements BeanCreatedEventListener<OpenAiStreamingChatModelBuilder> {
    @Override
    public OpenAiStreamingChatModelBuilder onCreated(BeanCreatedEvent<OpenAiStreamingChatModelBuilder> event) {
      return event.getBean();
    }
  }

  private static Received ask(FaultServer provider, String... environments) {
    var settings = Map.<String, Object>of("langchain4j.open-ai.base-url", provider.baseUrl());
    var received = new Received();
    try (var context = ApplicationContext.run(settings, environments)) {
      context.getBean(StreamingChatModel.class).chat("Tides?", received);
    }
    return received;
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut-fin@token=4", "end-early@token=4"})
  void aCutAnswerArrivesWholeAndOnce(String fault) {
    try (var provider =
        FaultServer.builder().answer(Answer.ofText(ANSWER)).script(Script.of(fault)).start()) {
      var received = ask(provider);
      assertEquals(ANSWER, received.end.join().aiMessage().text());
      assertEquals(ANSWER, received.text.toString());
      assertEquals(1, received.ends.size());
      provider.received().hasCount(2);
    }
  }

  @Test
  void anAnswerThatCannotBeHadIsAnErrorAndNoCompletion(
      @Faults(value = {"cut-fin@token=4", "status@code=401"}, answer = ANSWER) FaultServer provider) {
    var received = ask(provider);
    var error = assertThrows(CompletionException.class, received.end::join);
    assertInstanceOf(StreamException.class, error.getCause().getCause());
    assertEquals(List.of(error.getCause()), received.ends);
  }

  @Test
  void cancellingClosesTheConnectionWithinASecond() throws InterruptedException {
    boolean closed = false;
    for (int tries = 0; tries < 4 && !closed; tries++) { // A busy machine may hold one up.
      try (var provider = FaultServer.builder().script(Script.of("stall@token=4")).start()) {
        ask(provider).handle.join().cancel();
        closed = provider.awaitEnded(1, Duration.ofSeconds(1));
        assertTrue(!closed || provider.received().getFirst().ending() == Ending.CLIENT_CLOSED);
      }
    }
    assertTrue(closed);
  }

  @Test
  void withoutTheWiringACutAnswerIsPassedOffAsWhole(
      @Faults(value = "end-early@token=4", answer = ANSWER) FaultServer provider) {
    assertEquals("The tide turns twice", ask(provider, "plain").end.join().aiMessage().text());
  }
}
