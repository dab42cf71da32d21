package dev.holdfast.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsyncImpl;
import com.openai.client.OpenAIClientImpl;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.ClientOptions;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's Java SDK over {@link HoldfastHttpClient}: its own accumulators see one whole answer. */
@Tag("slow")
class WholeStreamsTest {
  static final String STORY =
      "The harbour master counted the ships that had left in the morning and wrote their names "
          + "down, one under the other, in a book with a blue cover. When the storm had passed "
          + "she counted again. Two were missing, and by nightfall both had been towed home.";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  private ClientOptions options(FaultServer server, StreamRelay relay) {
    var http = HoldfastHttpClient.over(OkHttpClient.builder().build(), relay);
    open.add(http);
    return ClientOptions.builder()
        .httpClient(http)
        .apiKey("key")
        .baseUrl(server.baseUrl().toString())
        .maxRetries(1)
        .build();
  }

  private OpenAIClient client(FaultServer server) {
    return new OpenAIClientImpl(options(server, StreamRelay.ofDefaults()));
  }

  private static ChatCompletionCreateParams chat() {
    return ChatCompletionCreateParams.builder()
        .model("gpt-4.1")
        .addUserMessage("Tell me about the harbour.")
        .temperature(0)
        .build();
  }

  private static String chatText(OpenAIClient client) {
    var whole = ChatCompletionAccumulator.create();
    try (var stream = client.chat().completions().createStreaming(chat())) {
      stream.stream().forEach(whole::accumulate);
    }
    return whole.chatCompletion().choices().getFirst().message().content().orElse("");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cut-fin@token=1",
        "cut-fin@token=9",
        "cut-rst@token=20",
        "cut-fin@byte=900",
        "end-early@token=12",
        "done-without-finish",
        "malformed-json@token=12",
        "split-utf8@token=12",
        "error-event@token=12",
        "cut-fin@finish",
        "cut-fin@done",
        "missing-done",
        "bad-chunk@token=14"
      })
  void aChatThatBreaksIsOneWholeAnswer(String fault) {
    assertThat(chatText(client(server(fault)))).isEqualTo(STORY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cut-fin@token=12",
        "cut-rst@token=20",
        "end-early@token=14",
        "malformed-json@token=12",
        "error-event@token=12",
        "cut-fin@finish"
      })
  void aResponseThatBreaksIsOneWholeAnswer(String fault) {
    var whole = ResponseAccumulator.create();
    var params =
        ResponseCreateParams.builder()
            .model("gpt-4.1")
            .input("Tell me about the harbour.")
            .temperature(0)
            .build();
    try (var stream = client(server(fault)).responses().createStreaming(params)) {
      stream.stream().forEach(whole::accumulate);
    }
    String text =
        whole.response().output().stream()
            .flatMap(item -> item.message().stream())
            .flatMap(message -> message.content().stream())
            .map(content -> content.asOutputText().text())
            .collect(Collectors.joining());
    assertThat(text).isEqualTo(STORY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut-fin@token=12", "end-early@token=20", "malformed-json@token=9"})
  void anAsynchronousChatIsWholeToo(String fault) throws Exception {
    var client = new OpenAIClientAsyncImpl(options(server(fault), StreamRelay.ofDefaults()));
    var whole = ChatCompletionAccumulator.create();
    client
        .chat()
        .completions()
        .createStreaming(chat())
        .subscribe(whole::accumulate)
        .onCompleteFuture()
        .get();
    assertThat(whole.chatCompletion().choices().getFirst().message().content()).contains(STORY);
  }

  @Test
  void twoCutsInOneAnswerAreTwoContinuations() {
    var server = server("cut-fin@token=12", "cut-rst@token=12");
    assertThat(chatText(client(server))).isEqualTo(STORY);
    assertThat(server.received()).hasSize(3);
  }

  @Test
  void aRefusalIsTheSdksToRetryAndNotOurs() {
    var server = server("status@code=429,retry-after=1ms", "cut-fin@token=12");
    assertThat(chatText(client(server))).isEqualTo(STORY);
    assertThat(server.received()).hasSize(3);
  }

  @Test
  void anAnswerThatCannotBeHadIsAnExceptionAndNeverAnEnd() {
    var cuts = new String[12];
    Arrays.fill(cuts, "cut-fin@token=0");
    cuts[0] = "end-early@token=12";
    assertThatThrownBy(() -> chatText(client(server(cuts)))).isInstanceOf(RuntimeException.class);
  }

  @Test
  void silenceIsRecoveredByOurClockWhereTheSdkWouldWait() {
    var relay =
        StreamRelay.builder()
            .policy(
                StreamPolicy.DEFAULT.withTimeouts(
                    Timeouts.DEFAULT.withIdle(Duration.ofMillis(300))))
            .build();
    var client = new OpenAIClientImpl(options(server("stall@token=12"), relay));
    assertThat(chatText(client)).isEqualTo(STORY);
  }

  /** Before 4.67 the SDK's own close waits for its reader before it closes the response. */
  @Test
  @Tag("from-4.67")
  @SuppressWarnings("try") // Closing is what is tried.
  void closingASilentStreamClosesItsSocket() throws Exception {
    var server = server("stall@token=12");
    try (var stream = client(server).chat().completions().createStreaming(chat())) {
      var chunks = stream.stream().iterator();
      chunks.next();
      var reader = Thread.ofVirtual().start(() -> drain(chunks));
      while (server.streamsUnderWay() == 0) {
        Thread.onSpinWait();
      }
      stream.close();
      assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
      reader.join();
    }
  }

  private static void drain(Iterator<?> events) {
    try {
      while (events.hasNext()) {
        events.next();
      }
    } catch (RuntimeException e) {
      // It was closed.
    }
  }
}
