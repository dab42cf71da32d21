package dev.holdfast.client;

import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.client.journal.UnknownStreamException;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.MemoryJournal;
import dev.holdfast.testkit.junit.Faults;
import dev.holdfast.testkit.scenario.RequestMatch;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The examples of docs/java.md, word for word between the tags, compiled and run. */
final class JavaGuideTest {
  private static final String STORY = "Once upon a time a stream was cut, and then it was whole.";

  // tag::city[]
  private static final String CITY_SCHEMA =
      """
      {"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}
      """;

  // end::city[]
  // tag::weather[]
  private static final String WEATHER_SCHEMA =
      """
      {"type":"object","properties":{"city":{"type":"string"},"celsius":{"type":"integer"}},
       "required":["city","celsius"],"additionalProperties":false}
      """;

  // end::weather[]
  private static final Answer CALL =
      new Answer(
          List.of(new AnswerPart.Tool("call_1", "weather", List.of("{\"city\":", "\"Oslo\"}"))));

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
  private final ChatRequest request = ChatRequest.to("gpt-4.1").user("Tell a story").build();

  @Test
  void theEnvironmentNamesTheProvider() {
    try (var server = serving(STORY)) {
      var env =
          Map.of("OPENAI_API_KEY", "test-key", "OPENAI_BASE_URL", server.baseUrl().toString());
      // tag::environment[]
      var holdfast = Holdfast.builder().upstream(Upstream.fromEnv("openai-chat", env)).build();
      // end::environment[]
      try (holdfast) {
        assertThat(holdfast.stream(request).text()).isEqualTo(STORY);
      }
    }
  }

  @Test
  void everyEventIsSeen() {
    try (var server = serving(STORY, "cut-rst@token=6");
        var holdfast = client(server)) {
      // tag::events[]
      try (var stream = holdfast.stream(request)) {
        for (StreamEvent event : stream) {
          switch (event) {
            case StreamEvent.TextDelta text -> out.print(text.text());
            case StreamEvent.ReasoningDelta thought -> {} // Shown apart, or not at all.
            default -> {} // Start, tool calls, usage, notices of a recovery.
          }
        }
        var outcome = stream.outcome();
        out.println(outcome.attempts().size() + " attempts, " + outcome.exactness());
      }
      // end::events[]
    }
    assertThat(printed()).startsWith(STORY + "2 attempts, ");
  }

  @Test
  void theClocksOfAClient() {
    try (var server = serving(STORY, "stall@head,for=1h")) {
      var upstream = upstream(server);
      // tag::timeouts[]
      var clocks =
          Timeouts.DEFAULT
              .withConnect(Duration.ofSeconds(5))
              .withFirstToken(Duration.ofSeconds(30)) // A reasoning model may need minutes.
              .withProgress(Duration.ofSeconds(20)) // Between two pieces; keep-alives do not count.
              .withTotal(Duration.ofMinutes(5)); // With all retries and continuations.
      var policy =
          StreamPolicy.DEFAULT
              .withTimeouts(clocks)
              .withRetry(RetryPolicy.DEFAULT.withMaxAttempts(2));
      var holdfast = Holdfast.builder().upstream(upstream).policy(policy).build();
      // end::timeouts[]
      try (holdfast) {
        // tag::options[]
        var options =
            RequestOptions.DEFAULT
                .withFirstToken(Duration.ofMillis(100))
                .withHeader("X-Request-Id", "42");
        try (var stream = holdfast.stream(request, options)) {
          out.print(stream.text());
        }
        // end::options[]
      }
      assertThat(server.received().get(0).header("x-request-id")).isEqualTo("42");
    }
    // The first attempt fell silent, the second one did not.
    assertThat(printed()).isEqualTo(STORY);
  }

  @Test
  void aStreamIsCancelledFromAnotherThread() throws Exception {
    try (var server = serving(STORY, "stall@token=3,for=1h");
        var holdfast = client(server);
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var shown = new CompletableFuture<String>();
      // tag::cancel[]
      var stream = holdfast.stream(request);
      var reading =
          executor.submit(() -> {
            stream.textDeltas().forEach(shown::complete);
            return stream.outcome(); // Returns at once after abort.
          });
      shown.join();
      stream.abort(); // From any thread; close() does the same and releases memory.
      out.print(reading.get().verdict());
      // end::cancel[]
      assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
    }
    assertThat(printed()).isEqualTo("Cancelled[]");
  }

  @Test
  void readingOnlyTheBeginningClosesTheConnection() throws Exception {
    try (var server = serving(STORY, "stall@token=9,for=1h");
        var holdfast = client(server)) {
      // tag::beginning[]
      try (var stream = holdfast.stream(request)) {
        for (String piece : stream.textDeltas()) {
          out.print(piece);
          if (printed.size() > 8) {
            break; // Leaving the block closes the connection.
          }
        }
      }
      // end::beginning[]
      assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
    }
    assertThat(STORY).startsWith(printed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"status@code=401", "end-early@token=6"})
  void anErrorHasItsCause(String fault) {
    try (var server = serving(STORY, fault);
        var holdfast = once(server)) {
      // tag::errors[]
      try (var stream = holdfast.stream(request)) {
        out.print(stream.text());
      } catch (StreamTimeoutException e) {
        out.print("too slow: " + e.cause());
      } catch (ProviderException e) {
        out.print("the provider refuses: " + e.getMessage());
      } catch (IncompleteStreamException e) {
        out.print("only a part: " + e.partialText() + "[" + e.cause() + "]");
      }
      // end::errors[]
    }
    assertThat(printed())
        .startsWith(fault.startsWith("status") ? "the provider refuses: " : "only a part: Once");
  }

  @Test
  void theVerdictNeedsNoException() {
    try (var server = serving(STORY, "end-early@token=6");
        var holdfast = once(server)) {
      // tag::verdict[]
      try (var stream = holdfast.stream(request)) {
        var outcome = stream.outcome(); // Never throws because of the stream.
        String shown =
            switch (outcome.verdict()) {
              case Verdict.Complete() -> outcome.text();
              case Verdict.Truncated(var cause) -> outcome.text() + " [cut: " + cause + "]";
              case Verdict.Failed(var cause) -> "[failed: " + cause + "]";
              case Verdict.Cancelled() -> "[cancelled]";
            };
        out.print(shown);
      }
      // end::verdict[]
    }
    assertThat(printed()).startsWith("Once").contains("[cut: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai-chat",
        "openai-responses",
        "anthropic-messages",
        "gemini-sse",
        "ollama-chat"
      })
  void toolsAreCalledUntilTheAnswerIsThere(String dialect) {
    // The call is cut on its way, so the request with the result is the third one.
    var scenario =
        Scenario.builder()
            .answer(CALL)
            .attempt("cut-rst@token=1")
            .rule(
                RequestMatch.any().withRequests(3, Long.MAX_VALUE),
                rule -> rule.healthy().answer(Answer.ofText("It is 7 degrees.")))
            .build();
    try (var server = FaultServer.builder().scenario(scenario).start();
        var holdfast = client(server, dialect)) {
      weather(holdfast, "How warm is it in Oslo?");
      assertThat(server.received()).hasSize(3);
    }
    assertThat(printed()).isEqualTo("It is 7 degrees.");
  }

  @Test
  void aModelThatCallsToolsForEverIsStopped() {
    try (var server = FaultServer.builder().answer(CALL).start();
        var holdfast = client(server)) {
      assertThatThrownBy(() -> weather(holdfast, "How warm is it in Oslo?"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("8 rounds of tool calls brought no answer");
      assertThat(server.received()).hasSize(8);
    }
  }

  private void weather(Holdfast holdfast, String question) {
    // tag::loop[]
    var conversation =
        ChatRequest.to("gpt-4.1")
            .user(question)
            .tool("weather", "The temperature in a city", CITY_SCHEMA)
            .build();
    for (int round = 1; ; round++) {
      try (var stream = holdfast.stream(conversation)) {
        stream.textDeltas().forEach(out::print);
        var outcome = stream.outcome().requireComplete();
        if (outcome.toolCalls().isEmpty()) {
          return;
        }
        if (round == 8) {
          throw new IllegalStateException("8 rounds of tool calls brought no answer");
        }
        var next = conversation.toBuilder().assistant(outcome.text(), outcome.toolCalls());
        for (ToolCall call : outcome.toolCalls()) {
          try {
            next.toolResult(call, run(call));
          } catch (RuntimeException e) {
            next.toolError(call, "failed: " + e.getMessage()); // The model may try another way.
          }
        }
        conversation = next.build();
      }
    }
    // end::loop[]
  }

  // tag::run[]
  static String run(ToolCall call) {
    var arguments = new JsonMapper().readTree(call.arguments()); // Whole: it parses.
    return switch (call.name()) {
      case "weather" -> arguments.get("city").asString() + ": 7 degrees";
      default -> throw new IllegalArgumentException("there is no tool " + call.name());
    };
  }

  // end::run[]

  @Test
  void aToolIsDemanded() {
    try (var server = FaultServer.builder().answer(CALL).start();
        var holdfast = client(server)) {
      // tag::choice[]
      var request =
          ChatRequest.to("gpt-4.1")
              .user("How warm is it in Oslo?")
              .tool("weather", "The temperature in a city", CITY_SCHEMA)
              .toolChoice(ToolChoice.of("weather")) // Or auto(), required(), none().
              .parallelToolCalls(false)
              .build();
      // end::choice[]
      try (var stream = holdfast.stream(request)) {
        assertThat(stream.outcome().requireComplete().toolCalls()).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "anthropic-messages", "gemini-sse", "ollama-chat"})
  void anAnswerHasAForm(String dialect) {
    try (var server = serving("{\"city\":\"Oslo\",\"celsius\":7}");
        var holdfast = client(server, dialect)) {
      // tag::form[]
      record Weather(String city, int celsius) {}
      var request =
          ChatRequest.to("gpt-4.1")
              .user("How warm is it in Oslo?")
              .responseFormat(ResponseFormat.schema("weather", WEATHER_SCHEMA))
              .build();
      try (var stream = holdfast.stream(request)) {
        // text() throws where a part is missing, so this never reads half a document.
        var weather = new JsonMapper().readValue(stream.text(), Weather.class);
        out.print(weather.celsius());
      }
      // end::form[]
    }
    assertThat(printed()).isEqualTo("7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "anthropic-messages", "gemini-sse"})
  void anImageIsDescribed(String dialect, @TempDir Path temp) throws Exception {
    Path file = Files.write(temp.resolve("cat.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
    try (var server = serving("A cat.");
        var holdfast = client(server, dialect)) {
      // tag::image[]
      var image = Part.image("image/png", Files.readAllBytes(file)); // Or Part.image(url).
      var request = ChatRequest.to("gpt-4.1").user(Part.text("What is this?"), image).build();
      try (var stream = holdfast.stream(request)) {
        out.print(stream.text());
      }
      // end::image[]
    }
    assertThat(printed()).isEqualTo("A cat.");
  }

  @Test
  void anAnswerIsAFuture() {
    try (var server = serving(STORY, "cut-rst@token=6");
        var holdfast = client(server)) {
      // tag::future[]
      var answer = new CompletableFuture<String>();
      var stream =
          holdfast.listen(
              request,
              new StreamListener() {
                @Override
                public void onToken(String text) {
                  out.print(text); // On a virtual thread; it may block.
                }

                @Override
                public void onComplete(Outcome outcome) {
                  try {
                    answer.complete(outcome.requireComplete().text());
                  } catch (StreamException e) {
                    answer.completeExceptionally(e);
                  }
                }
              });
      var text =
          answer.orTimeout(1, TimeUnit.MINUTES).whenComplete((whole, failure) -> stream.close());
      // end::future[]
      assertThat(text.join()).isEqualTo(STORY);
    }
    assertThat(printed()).isEqualTo(STORY);
  }

  @Test
  void manyAnswersAtTheSameTime() throws Exception {
    var questions = List.of("one", "two", "three");
    try (var server = serving(STORY, "cut-rst@token=6");
        var holdfast = client(server)) {
      // tag::many[]
      try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
        var answers =
            questions.stream()
                .map(question -> ChatRequest.to("gpt-4.1").user(question).build())
                .map(request -> executor.submit(() -> holdfast.stream(request).text()))
                .toList();
        for (Future<String> answer : answers) {
          out.println(answer.get());
        }
      }
      // end::many[]
    }
    assertThat(printed()).isEqualToNormalizingNewlines((STORY + "\n").repeat(3));
  }

  @Test
  void upstreamsWithMembersOfTheirOwn() {
    try (var second = serving(STORY)) {
      String there = second.baseUrl(Protocol.ANTHROPIC_MESSAGES).toString();
      // tag::upstreams[]
      var first =
          Upstream.of("openai-chat", "http://127.0.0.1:1/v1", null)
              .withName("house")
              .with("chat_template_kwargs", "{\"enable_thinking\":true}"); // Only in its bodies.
      var next = Upstream.of("anthropic-messages", there, null);
      var policy =
          StreamPolicy.DEFAULT
              .withFailover(FailoverPolicy.DEFAULT.withContinueElsewhere(true))
              .withRecovery(RecoveryPolicy.DEFAULT.withRequireExact(false));
      var request =
          ChatRequest.to("qwen3")
              .user("Tell a story")
              .reasoning(Reasoning.effort("minimal")) // For next: the nearest word it knows, low.
              .build();
      var builder = Holdfast.builder().upstream(first).failover(next, "claude-haiku-4-5");
      try (var holdfast = builder.policy(policy).build();
          var stream = holdfast.stream(request)) {
        out.print(stream.outcome().requireComplete().text());
      }
      // end::upstreams[]
      assertThat(second.received().get(0).body())
          .contains("\"effort\":\"low\"")
          .doesNotContain("chat_template_kwargs");
    }
    assertThat(printed()).isEqualTo(STORY);
  }

  @Test
  void aStreamOutlivesItsReader() {
    String id;
    String place;
    try (var server = serving(STORY);
        var journal = new MemoryJournal(System::currentTimeMillis)) {
      var upstream = upstream(server);
      // tag::journal[]
      var holdfast = Holdfast.builder().upstream(upstream).journal(journal).build();
      try (var stream = holdfast.stream(request)) {
        id = stream.id().orElseThrow(); // Keep it where the user's session is.
        out.print(stream.textDeltas().iterator().next());
        place = stream.offset().orElseThrow(); // After what was received.
        stream.detach(); // It runs on into the journal; close() would have ended it.
      }
      // end::journal[]
      // tag::resume[]
      try (var reader = holdfast.resume(id, place)) { // Also in the next process.
        reader.textDeltas().forEach(out::print);
        out.print(reader.outcome().verdict());
      } catch (UnknownStreamException e) {
        out.print("It has expired, or was never there.");
      }
      // end::resume[]
      holdfast.close();
    }
    assertThat(printed()).isEqualTo(STORY + "Complete[]");
  }

  @Test
  void aStreamIsContinuedByItsRequest() {
    try (var server = serving(STORY);
        var journal = new MemoryJournal(System::currentTimeMillis)) {
      var upstream = upstream(server);
      var before = JournalPolicy.DEFAULT.withContinuation(Duration.ofMinutes(1));
      String id;
      String place;
      try (var holdfast = Holdfast.builder().upstream(upstream).journal(journal, before).build();
          var stream = holdfast.stream(request)) {
        id = stream.id().orElseThrow();
        out.print(stream.textDeltas().iterator().next());
        place = stream.offset().orElseThrow();
        assertThat(stream.outcome().isComplete()).isTrue();
      }
      // tag::continue[]
      var policy = JournalPolicy.DEFAULT.withContinuation(Duration.ofMinutes(10));
      try (var holdfast = Holdfast.builder().upstream(upstream).journal(journal, policy).build();
          var reader = holdfast.resume(id, place, request, RequestOptions.DEFAULT)) {
        reader.textDeltas().forEach(out::print);
        out.print(reader.outcome().verdict());
      }
      // end::continue[]
    }
    assertThat(printed()).isEqualTo(STORY + "Complete[]");
  }

  @Test
  void aBodyOfTheCallersOwn() {
    try (var server = serving(STORY);
        var holdfast = client(server)) {
      // tag::raw[]
      String body =
          """
          {"model":"gpt-4.1","messages":[{"role":"user","content":"Tell a story"}],"n":1}
          """;
      try (var stream = holdfast.stream(body, RequestOptions.DEFAULT.withTotal(ofMinutes(2)))) {
        out.print(stream.text());
      }
      // end::raw[]
    }
    assertThat(printed()).isEqualTo(STORY);
  }

  /** A class of the application, as a test sees it. */
  private record Storyteller(URI baseUrl) {
    String tell() {
      var upstream = Upstream.of("openai-chat", baseUrl.toString(), null);
      try (var holdfast = Holdfast.builder().upstream(upstream).build();
          var stream = holdfast.stream(ChatRequest.to("m").user("Tell a story").build())) {
        return stream.text();
      }
    }
  }

  // tag::testing[]
  @Test
  void theStoryIsWholeThoughItIsCut(
      @Faults(value = "cut-rst@token=3", answer = "Once upon a time.") FaultServer server) {
    assertThat(new Storyteller(server.baseUrl()).tell()).isEqualTo("Once upon a time.");
    server.received().hasCount(2).hasNoneOpen();
  }

  // end::testing[]

  private String printed() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  private static FaultServer serving(String text, String... faults) {
    return FaultServer.builder().answer(Answer.ofText(text)).script(Script.of(faults)).start();
  }

  private static Upstream upstream(FaultServer server) {
    return Upstream.of("openai-chat", server.baseUrl().toString(), "test-key");
  }

  private static Holdfast client(FaultServer server) {
    return Holdfast.builder().upstream(upstream(server)).build();
  }

  private static Holdfast client(FaultServer server, String dialect) {
    String address = server.baseUrl(Protocol.of(dialect)).toString();
    return Holdfast.builder().upstream(Upstream.of(dialect, address, "test-key")).build();
  }

  /** A client that neither repeats nor continues, so that what breaks stays broken. */
  private static Holdfast once(FaultServer server) {
    var policy = StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE);
    return Holdfast.builder().upstream(upstream(server)).policy(policy).build();
  }
}
