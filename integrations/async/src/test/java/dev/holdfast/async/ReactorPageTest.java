package dev.holdfast.async;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.StreamException;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The examples of docs/reactor.md, word for word between the tags, compiled and run. */
final class ReactorPageTest {
  private static final String STORY = Served.STORY;

  private final ChatRequest request = ChatRequest.to("gpt-4.1").user("Tell a story").build();

  // tag::flux[]
  /** The text of an answer, in pieces. One that is not whole ends in a StreamException. */
  static Flux<String> text(Holdfast holdfast, ChatRequest request) {
    return JdkFlowAdapter.flowPublisherToFlux(holdfast.publisher(request))
        .ofType(StreamEvent.TextDelta.class)
        .map(StreamEvent.TextDelta::text);
  }

  // end::flux[]

  // tag::mono[]
  /** The whole answer. Cancelling the Mono closes the connection. */
  static Mono<String> answer(Holdfast holdfast, ChatRequest request) {
    return Mono.using(
        () -> holdfast.stream(request),
        stream -> Mono.fromCallable(stream::text).subscribeOn(Schedulers.boundedElastic()),
        CompletionStream::close);
  }

  // end::mono[]

  @Test
  void aFluxSurvivesACut() {
    try (var server = Served.with("cut-rst@token=6");
        var holdfast = Served.client(server)) {
      var flux = text(holdfast, request);
      assertThat(String.join("", flux.toIterable())).isEqualTo(STORY);
      assertThat(server.received()).hasSize(2);
      // The next subscriber asks anew, and this time nothing breaks.
      assertThat(String.join("", flux.toIterable())).isEqualTo(STORY);
      assertThat(server.received()).hasSize(3);
    }
  }

  @Test
  void demandReachesTheProvider() {
    try (var server = Served.with("cut-rst@token=6");
        var holdfast = Served.client(server)) {
      // tag::demand[]
      var pieces =
          text(holdfast, request)
              .limitRate(1) // The next piece is read when this one has been shown.
              .concatMap(piece -> Mono.delay(Duration.ofMillis(1)).thenReturn(piece), 1)
              .collectList()
              .block();
      // end::demand[]
      assertThat(String.join("", pieces == null ? List.of() : pieces)).isEqualTo(STORY);
    }
  }

  @Test
  void anAnswerThatIsNotWholeIsAnError() {
    try (var server = Served.with("status@code=401");
        var holdfast = Served.client(server)) {
      // tag::errors[]
      var shown =
          text(holdfast, request)
              .onErrorResume(
                  StreamException.class, e -> Flux.just("[not whole: " + e.cause() + "]"))
              .collectList()
              .block();
      // end::errors[]
      assertThat(shown).containsExactly("[not whole: rejected]");
    }
  }

  @Test
  void takingAFewPiecesClosesTheConnection() throws Exception {
    try (var server = Served.with("stall@token=9,for=1h");
        var holdfast = Served.client(server)) {
      // tag::take[]
      var beginning = text(holdfast, request).take(3).collectList().block();
      // end::take[]
      assertThat(beginning).hasSize(3);
      assertEnded(server);
    }
  }

  @Test
  void theWholeAnswerIsAMono() throws Exception {
    try (var server = Served.with("cut-rst@token=6");
        var holdfast = Served.client(server)) {
      assertThat(answer(holdfast, request).block()).isEqualTo(STORY);
    }
    try (var server = Served.with("stall@token=9,for=1h");
        var holdfast = Served.client(server)) {
      var subscription = answer(holdfast, request).subscribe();
      while (server.received().isEmpty()) {
        Thread.onSpinWait();
      }
      subscription.dispose();
      assertEnded(server);
    }
  }

  private static void assertEnded(FaultServer server) throws InterruptedException {
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
  }
}
