package dev.holdfast.client.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One answer as a page receives it. */
class BrowserRelayTest {
  private static final String STORY =
      "Once upon a time a \"stream\" was cut,\nand then\r\nit was whole again \\ 🙂.";

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

  private CompletionStream stream(FaultServer server) {
    var holdfast =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", server.baseUrl().toString(), "key"))
            .policy(
                StreamPolicy.DEFAULT.withRetry(
                    RetryPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2))))
            .build();
    open.add(holdfast);
    return holdfast.stream(
        ChatRequest.to("gpt-4.1").user("Tell me a story.").temperature(0).build());
  }

  private static List<BrowserEvent> all(CompletionStream stream) {
    var events = new ArrayList<BrowserEvent>();
    assertThat(BrowserRelay.ofDefaults().relay(stream, events::add)).isTrue();
    events.removeIf(event -> event.name().equals("ping"));
    return events;
  }

  private static String text(List<BrowserEvent> events) {
    var text = new StringBuilder();
    var pattern = Pattern.compile("\\{\"type\":\"text\",\"text\":\"(.*)\"}");
    for (var event : events) {
      var matcher = pattern.matcher(event.data());
      if (matcher.matches()) {
        text.append(
            matcher
                .group(1)
                .replace("\\n", "\n")
                .replace("\\r", "\r")
                .replace("\\\"", "\"")
                .replace("\\\\", "\\"));
      }
    }
    return text.toString();
  }

  private static void assertIdsAreGapless(List<BrowserEvent> events) {
    assertThat(events)
        .extracting(BrowserEvent::id)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, events.size()).mapToObj(Integer::toString).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"missing-done", "cut-rst@token=6", "end-early@token=3", "error-event@token=6"})
  void anAnswerIsWholeAndEndsWithOneDone(String fault) {
    var events = all(stream(server(fault)));
    assertThat(text(events)).isEqualTo(STORY);
    assertIdsAreGapless(events);
    assertThat(events).filteredOn(BrowserEvent::isTerminal).hasSize(1);
    assertThat(events.getLast().data())
        .startsWith("{\"type\":\"done\",\"finish\":\"stop\",\"exactness\":\"");
  }

  @Test
  void anAnswerThatCannotBeHadEndsWithOneTypedFailure() {
    var cuts = new String[12];
    Arrays.fill(cuts, "cut-fin@token=0");
    cuts[0] = "end-early@token=6";
    var events = all(stream(server(cuts)));
    assertThat(STORY).startsWith(text(events));
    assertIdsAreGapless(events);
    assertThat(events).filteredOn(BrowserEvent::isTerminal).hasSize(1);
    assertThat(events.getLast().data())
        .matches("\\{\"type\":\"failure\",\"cause\":\"[a-z-]+\",\"message\":\".+\"}");
  }

  @Test
  void aRefusalIsATypedFailureToo() {
    var events = all(stream(server("status@code=401")));
    assertThat(events).hasSize(1);
    assertThat(events.getFirst().data()).contains("\"cause\":\"rejected\"");
  }

  /** Three ways in which pages read events; each must take every block, pings included. */
  @Test
  void everyBlockIsAWholeEventWithJsonOfItsType() {
    var blocks = new StringBuilder();
    var relay = BrowserRelay.ofDefaults().withPing(Duration.ofMillis(10));
    try (var stream = stream(server("slow@delay=40ms"))) {
      relay.relay(stream, event -> blocks.append(event.text()));
    }
    assertThat(blocks).contains("event: ping");
    assertThat(blocks.toString()).endsWith("\n\n");
    var block = Pattern.compile("(id: \\d+\n)?event: (\\w+)\ndata: \\{\"type\":\"(\\w+)\"[^\n]*}");
    for (String one : blocks.toString().strip().split("\n\n", -1)) {
      var matcher = block.matcher(one);
      assertThat(matcher.matches()).as(one).isTrue();
      assertThat(matcher.group(2)).isEqualTo(matcher.group(3));
      assertThat(matcher.group(1) == null).isEqualTo(matcher.group(2).equals("ping"));
    }
  }

  @Test
  void aBrowserThatLeavesInASilenceCancelsTheAnswer() throws Exception {
    var server = server("stall@token=6");
    boolean received =
        BrowserRelay.ofDefaults()
            .relay(
                stream(server),
                event -> {
                  if (event.name().equals("ping")) {
                    throw new IOException("Broken pipe");
                  }
                });
    assertThat(received).isFalse();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
    assertThat(server.received()).hasSize(1);
  }

  @Test
  void aSubscriberThatCancelsCancelsTheAnswer() throws Exception {
    var server = server("stall@token=6");
    var got = new CompletableFuture<Flow.Subscription>();
    BrowserRelay.ofDefaults()
        .publisher(() -> stream(server))
        .subscribe(new Slow(got, new AtomicReference<>()));
    got.get().cancel();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
  }

  /** Asks for one event of the answer and no more. */
  private record Slow(
      CompletableFuture<Flow.Subscription> got, AtomicReference<Flow.Subscription> subscription)
      implements Flow.Subscriber<BrowserEvent> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription.set(subscription);
      subscription.request(1);
    }

    @Override
    public void onNext(BrowserEvent event) {
      if (event.name().equals("ping")) {
        subscription.get().request(1); // The provider may not have been asked yet.
      } else {
        got.complete(subscription.get()); // One is enough.
      }
    }

    @Override
    public void onError(Throwable failure) {
      got.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      got.completeExceptionally(new AssertionError("completed"));
    }
  }

  @Test
  void aRepetitionIsKnownByItsLastId() {
    assertThat(BrowserRelay.isRepetition("7")).isTrue();
    assertThat(BrowserRelay.isRepetition("")).isFalse();
    assertThat(BrowserRelay.isRepetition(null)).isFalse();
  }

  @Test
  void aPingMustBeRare() {
    assertThatThrownBy(() -> BrowserRelay.ofDefaults().withPing(Duration.ZERO))
        .hasMessage("ping: must be at least 10 ms, was PT0S");
  }
}
