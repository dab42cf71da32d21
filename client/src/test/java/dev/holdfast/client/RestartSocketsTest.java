package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StartupPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.server.FaultServer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that is closed and opened again while a stream reads from it, over real sockets. */
@Timeout(60)
@Tag("slow")
final class RestartSocketsTest {
  private static final String STORY =
      """
      The ferryman knew both banks by heart. When the rope broke he did not shout; he let the \
      current carry the boat to where the river bends, tied it to a willow, and walked back for \
      the goats. By evening all of them stood on the other side.\
      """;
  private static final ChatRequest REQUEST = ChatRequest.to("m").user("Go").build();

  private static FaultServer server(int port, String first) {
    return FaultServer.builder()
        .port(port)
        .answer(Answer.ofText(STORY))
        .script((stream, attempt) -> Fault.parseAll(attempt == 1 ? first : ""))
        .start();
  }

  private static Holdfast client(FaultServer server, StartupPolicy startup) {
    return Holdfast.builder()
        .upstream(
            Upstream.of("openai-chat", server.baseUrl().toString(), "key")
                .withCapability(new Capability(List.of(Rung.CURSOR, Rung.PREFILL), Prefill.PLAIN)))
        .policy(StreamPolicy.DEFAULT.withStartup(startup))
        .build();
  }

  /** Reads until so many attempts were refused. */
  private static void awaitRefusals(CompletionStream stream, int count) {
    int refused = 0;
    while (refused < count) {
      StreamEvent event = stream.next().orElse(null);
      assertThat(event).as("%s", refused).isNotNull();
      boolean starting =
          event instanceof StreamEvent.AttemptFailed(int attempt, var failure)
              && failure.isStarting();
      refused += starting ? 1 : 0;
    }
  }

  private static void readSome(CompletionStream stream) {
    StreamEvent event = stream.next().orElse(null);
    while (event != null && !event.isContent()) {
      event = stream.next().orElse(null);
    }
    assertThat(event).isNotNull();
  }

  @Test
  void theAnswerIsContinuedOnceTheServerIsBack() {
    var first = server(0, "stall@token=20,for=1h");
    int port = first.port();
    try (var client = client(first, StartupPolicy.DEFAULT);
        var stream = client.stream(REQUEST)) {
      readSome(stream);
      first.close();
      awaitRefusals(stream, 5); // More than attempts in a row are allowed.
      try (var second = server(port, "")) {
        assertThat(stream.text()).isEqualTo(STORY);
        assertThat(stream.outcome().seams()).hasSize(1);
        assertThat(second.generationsUnderWay()).isZero();
      }
    } finally {
      first.close();
    }
  }

  @Test
  void aStreamThatWaitsCanBeCancelled() {
    var first = server(0, "stall@token=20,for=1h");
    try (var client = client(first, StartupPolicy.DEFAULT)) {
      var stream = client.stream(REQUEST);
      readSome(stream);
      first.close();
      awaitRefusals(stream, 2);

      stream.abort();

      assertThat(stream.outcome().verdict().name()).isEqualTo("CANCELLED");
    } finally {
      first.close();
    }
  }

  /** A client that has had an answer there knows that the address is right. */
  @Test
  void aNewStreamWaitsToo() {
    var first = server(0, "");
    int port = first.port();
    try (var client = client(first, StartupPolicy.DEFAULT)) {
      assertThat(client.stream(REQUEST).text()).isEqualTo(STORY);
      first.close();
      var stream = client.stream(REQUEST);
      awaitRefusals(stream, 4);
      try (var second = server(port, "")) {
        assertThat(stream.text()).isEqualTo(STORY);
        assertThat(second.received().size()).isPositive();
      }
    } finally {
      first.close();
    }
  }

  @Test
  void aWrongPortFailsAsItDid() {
    var gone = server(0, "");
    gone.close();
    try (var client = client(gone, StartupPolicy.DEFAULT)) {
      var outcome = client.stream(REQUEST).outcome();

      assertThat(outcome.isComplete()).isFalse();
      assertThat(outcome.attempts()).hasSize(3);
    }
  }
}
