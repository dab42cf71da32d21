package dev.holdfast.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClientAsync;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.net.URI;
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

/**
 * Anthropic's Java SDK with {@link HoldfastAnthropicInterceptor}: its accumulator sees one whole
 * message.
 */
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

  private static String address(FaultServer server) {
    URI base = server.baseUrl();
    return base.getScheme() + "://" + base.getAuthority();
  }

  private AnthropicClient client(FaultServer server) {
    return client(server, StreamRelay.ofDefaults());
  }

  private AnthropicClient client(FaultServer server, StreamRelay relay) {
    var client =
        AnthropicOkHttpClient.builder()
            .apiKey("key")
            .baseUrl(address(server))
            .maxRetries(1)
            .addInterceptor(HoldfastAnthropicInterceptor.create(relay))
            .build();
    open.add(client::close);
    return client;
  }

  private static MessageCreateParams request() {
    return MessageCreateParams.builder()
        .model("claude-sonnet-4-5")
        .maxTokens(4096)
        .addUserMessage("Tell me about the harbour.")
        .build();
  }

  private static String text(MessageAccumulator whole) {
    return whole.message().content().stream()
        .flatMap(block -> block.text().stream())
        .map(block -> block.text())
        .collect(Collectors.joining("|"));
  }

  private static String text(AnthropicClient client) {
    var whole = MessageAccumulator.create();
    try (var stream = client.messages().createStreaming(request())) {
      stream.stream().forEach(whole::accumulate);
    }
    return text(whole);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cut-fin@token=1",
        "cut-fin@token=9",
        "cut-rst@token=20",
        "end-early@token=12",
        "malformed-json@token=12",
        "malformed-sse@token=12",
        "split-utf8@token=12",
        "error-event@token=12",
        "cut-fin@finish",
        "cut-fin@done",
        "missing-done"
      })
  void aMessageThatBreaksIsOneWholeMessage(String fault) {
    assertThat(text(client(server(fault)))).isEqualTo(STORY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut-fin@token=12", "end-early@token=20"})
  void anAsynchronousMessageIsWholeToo(String fault) throws Exception {
    var client =
        AnthropicOkHttpClientAsync.builder()
            .apiKey("key")
            .baseUrl(address(server(fault)))
            .addInterceptor(HoldfastAnthropicInterceptor.create())
            .build();
    open.add(client::close);
    var whole = MessageAccumulator.create();
    client
        .messages()
        .createStreaming(request())
        .subscribe(whole::accumulate)
        .onCompleteFuture()
        .get();
    assertThat(text(whole)).isEqualTo(STORY);
  }

  @Test
  void anAnswerThatCannotBeHadIsAnExceptionAndNeverAnEnd() {
    var cuts = new String[12];
    Arrays.fill(cuts, "cut-fin@token=0");
    cuts[0] = "end-early@token=12";
    assertThatThrownBy(() -> text(client(server(cuts)))).isInstanceOf(RuntimeException.class);
  }

  @Test
  void silenceIsRecoveredByOurClockWhereTheSdkWouldWait() {
    var relay =
        StreamRelay.builder()
            .policy(
                StreamPolicy.DEFAULT.withTimeouts(
                    Timeouts.DEFAULT.withIdle(Duration.ofMillis(300))))
            .build();
    assertThat(text(client(server("stall@token=12"), relay))).isEqualTo(STORY);
  }

  @Test
  @SuppressWarnings("try") // Closing is what is tried.
  void closingASilentStreamClosesItsSocket() throws Exception {
    var server = server("stall@token=12");
    try (var stream = client(server).messages().createStreaming(request())) {
      var events = stream.stream().iterator();
      events.next();
      var reader = Thread.ofVirtual().start(() -> drain(events));
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
