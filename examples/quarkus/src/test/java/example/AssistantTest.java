package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.client.StreamException;
import dev.holdfast.langchain4j.HoldfastHttpClientBuilder;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest.Ending;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** AI services of a provider that breaks, with Holdfast's model and with the extension's own. */
@QuarkusTest
@QuarkusTestResource(BrokenProvider.class)
class AssistantTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String ANSWER = "The tide turns twice a day, and never has to be wound up.";

  FaultServer provider;

  @Inject Assistant assistant;
  @Inject PlainAssistant plain;
  @Inject TidesAssistant tidesAssistant;
  @Inject TidesAssistant.Tides tides;

  private static String text(Multi<String> answer) {
    return String.join("", answer.collect().asList().await().atMost(LONG));
  }

  /** Cancels when the first piece is there, and returns how the provider's exchange ended. */
  private Ending cancelled(Multi<String> answer, Duration within) throws InterruptedException {
    int before = provider.received().size();
    var first = new CompletableFuture<String>();
    var call = answer.subscribe().with(first::complete, first::completeExceptionally);
    first.join();
    call.cancel();
    provider.awaitEnded(before + 1, within);
    return provider.received().getLast().ending();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut", "early"})
  void aCutAnswerArrivesWholeAndOnce(String fault) {
    int before = provider.received().size();
    assertEquals(ANSWER, text(assistant.chat(fault)));
    provider.received().hasCount(before + 2);
  }

  @Test
  void anAnswerThatCannotBeHadIsAnError() {
    var error = assertThrows(RuntimeException.class, () -> text(assistant.chat("hopeless")));
    assertInstanceOf(StreamException.class, error.getCause());
  }

  @Test
  void cancellingClosesTheConnectionWithinASecond() throws InterruptedException {
    var ending = Ending.OPEN;
    for (int tries = 0; tries < 4 && ending == Ending.OPEN; tries++) { // A busy machine may hold one up.
      ending = cancelled(assistant.chat("silent " + tries), Duration.ofSeconds(1));
    }
    assertEquals(Ending.CLIENT_CLOSED, ending);
  }

  @Test
  void aToolWhoseCallIsCutRunsOnce() {
    assertEquals(ANSWER, text(tidesAssistant.chat("tool")));
    assertEquals(List.of("Brest"), tides.ports);
  }

  @Test
  void theExtensionsOwnModelPassesACutAnswerOffAsWhole() {
    assertEquals("The tide turns twice", text(plain.chat("early, plain")));
  }

  @Test
  void theExtensionsOwnModelReadsOnAfterACancel() throws InterruptedException {
    assertEquals(Ending.SENT, cancelled(plain.chat("slow"), LONG));
  }

  @Test
  void theExtensionIgnoresAnHttpClientBuilder() {
    var model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(provider.baseUrl().toString())
            .apiKey("none")
            .modelName("gpt-4.1-mini")
            .httpClientBuilder(HoldfastHttpClientBuilder.create())
            .build();
    var end = new CompletableFuture<ChatResponse>();
    model.chat(
        "early, ignored",
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String text) {}

          @Override
          public void onCompleteResponse(ChatResponse response) {
            end.complete(response);
          }

          @Override
          public void onError(Throwable error) {
            end.completeExceptionally(error);
          }
        });
    assertEquals("The tide turns twice", end.join().aiMessage().text());
  }
}
