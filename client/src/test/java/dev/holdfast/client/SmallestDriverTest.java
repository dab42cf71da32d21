package dev.holdfast.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.Capabilities;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.StreamEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The loop that docs/driving.md shows, and that it works. */
final class SmallestDriverTest {
  // tag::loop[]
  static Ending drive(StreamMachine machine, Network network, Consumer<StreamEvent> consumer) {
    long timerNanos = Long.MAX_VALUE;
    Signal signal = new Signal.Begin(); // 1
    while (true) {
      List<Action> actions = machine.on(signal, network.nanoTime(), true); // 2
      for (Action action : actions) { // 3
        switch (action) {
          case Action.OpenAttempt open -> network.open(open.attempt(), open.body());
          case Action.CloseAttempt(int attempt) -> network.close(attempt);
          case Action.Deliver(StreamEvent event) -> consumer.accept(event);
          case Action.SetTimer(long deadlineNanos) -> timerNanos = deadlineNanos;
          case Action.ReportHealth score -> {} // One stream shares nothing.
          case Action.DisableRung forget -> {}
          case Action.Remember remember -> {}
          case Action.StopGeneration stop -> {} // Nothing here is kept.
          case Action.Finish(Ending ending) -> {
            return ending; // 4
          }
        }
      }
      signal = network.await(timerNanos); // 5
    }
  }

  // end::loop[]

  /** Where the loop's signals come from. */
  interface Network {
    long nanoTime();

    void open(int attempt, String body);

    void close(int attempt);

    /** The next signal of an open attempt, or {@code TimerFired} once the deadline has come. */
    Signal await(long deadlineNanos);
  }

  /** Answers every attempt with the next of its bodies; a reset follows each but the last. */
  private static final class Replies implements Network {
    private final Queue<String> bodies;
    private final Queue<Signal> mail = new ArrayDeque<>();
    private long nanos;

    Replies(String... bodies) {
      this.bodies = new ArrayDeque<>(List.of(bodies));
    }

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public void open(int attempt, String request) {
      var head = new ResponseHead(200, Map.of("content-type", List.of("text/event-stream")));
      mail.add(new Signal.HeadersArrived(attempt, head, 0));
      mail.add(new Signal.BytesArrived(attempt, UTF_8.encode(bodies.remove())));
      mail.add(
          bodies.isEmpty()
              ? new Signal.EndOfBody(attempt)
              : new Signal.Failed(attempt, Failure.retryable(Cause.CONNECTION_LOST, "reset")));
    }

    @Override
    public void close(int attempt) {}

    @Override
    public Signal await(long deadlineNanos) {
      Signal next = mail.poll();
      if (next == null) {
        nanos = deadlineNanos;
        return new Signal.TimerFired();
      }
      return next;
    }
  }

  @Test
  void theLoopCarriesAnAnswerThroughACut() {
    String start =
        """
        data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hold"}}]}

        """;
    String rest =
        """
        data: {"id":"d","choices":[{"index":0,"delta":{"content":"Holdfast"}}]}

        data: {"id":"d","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]

        """;
    var dialect = Dialects.chat("openai-chat");
    String body =
        dialect.body(ChatRequest.to("gpt-4.1").user("Say Holdfast").temperature(0).build());
    var plan =
        new StreamPlan(
            dialect,
            body,
            Capabilities.forModel("openai-chat", "localhost", "gpt-4.1"),
            StreamPolicy.DEFAULT);
    var text = new StringBuilder();
    Ending ending =
        drive(
            new StreamMachine(plan, new SplittableRandom(1)),
            new Replies(start, rest),
            event -> {
              if (event instanceof StreamEvent.TextDelta(int choice, String more)) {
                text.append(more);
              }
            });
    assertThat(text).hasToString("Holdfast");
    assertThat(ending.verdict().isComplete()).isTrue();
    assertThat(ending.attempts()).hasSize(2);
  }

  @Test
  void theDocumentationShowsThisLoop() throws IOException {
    Path root = Path.of(System.getProperty("holdfast.root", ".."));
    String source =
        Files.readString(
            root.resolve("client/src/test/java/dev/holdfast/client/SmallestDriverTest.java"));
    String loop =
        source.substring(
            source.indexOf("// tag::loop[]\n") + "// tag::loop[]\n".length(),
            source.indexOf("  // end::loop[]"));
    String unindented =
        Arrays.stream(loop.stripTrailing().split("\n"))
            .map(line -> line.startsWith("  ") ? line.substring(2) : line)
            .collect(Collectors.joining("\n"));
    assertThat(Files.readString(root.resolve("docs/driving.md")))
        .contains("```java\n" + unindented + "\n```");
  }
}
