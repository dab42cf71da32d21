package dev.holdfast.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.ClientOutput;
import dev.holdfast.testkit.judge.Judge;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.Task;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * LangChain4j's models over {@link HoldfastHttpClient}, in all cases of the judge. Not the model
 * for Mistral: it keeps the tool calls of one event only, as Mistral's own servers send them.
 */
@Tag("slow")
@EnabledIfSystemProperty(
    named = "holdfast.long",
    matches = "true",
    disabledReason =
        "a minute or two of trials: ./mvnw -Plong runs them, as continuous integration does")
class JudgedTest {
  private static final Map<Module, Future<Judgement>> JUDGEMENTS = new EnumMap<>(Module.class);

  /** All at once: most of a trial is waiting for clocks. */
  @BeforeAll
  static void start() {
    for (var module : EnumSet.complementOf(EnumSet.of(Module.MISTRAL))) {
      var judge =
          Judge.of(module.name(), protocol(module), (task, output) -> ask(module, task, output))
              .lanes(8)
              .limit(Duration.ofSeconds(40))
              .patience(Duration.ofSeconds(3));
      var judging = new FutureTask<>(judge::judge);
      JUDGEMENTS.put(module, judging);
      Thread.ofPlatform().daemon().name("trial " + module).start(judging);
    }
  }

  private static Protocol protocol(Module module) {
    return switch (module) {
      case OPEN_AI, MISTRAL -> Protocol.OPENAI_CHAT;
      case ANTHROPIC -> Protocol.ANTHROPIC_MESSAGES;
      case GEMINI -> Protocol.GEMINI_SSE;
      case OLLAMA -> Protocol.OLLAMA_CHAT;
    };
  }

  @ParameterizedTest
  @EnumSource(value = Module.class, mode = EnumSource.Mode.EXCLUDE, names = "MISTRAL")
  void isSound(Module module, TestReporter reporter) throws Exception {
    var judgement = Objects.requireNonNull(JUDGEMENTS.get(module)).get();
    reporter.publishEntry(
        module.name(),
        judgement.passed()
            + " of "
            + judgement.rulings().size()
            + " passed, "
            + judgement.recovered()
            + " recovered");
    judgement.assertSound();
    assertThat(judgement.recovered()).isGreaterThan(35);
  }

  private static ChatRequest request(Task task) {
    return ChatRequest.builder()
        .messages(UserMessage.from(task.prompt()))
        .toolSpecifications(
            ToolSpecification.builder()
                .name("delete_files")
                .description("Deletes files.")
                .parameters(JsonObjectSchema.builder().addStringProperty("path").build())
                .build())
        .build();
  }

  private static void ask(Module module, Task task, ClientOutput output) throws Exception {
    String base = task.baseUrl().toString();
    var origin = URI.create(base.endsWith("/v1") ? base.substring(0, base.length() - 3) : base);
    Duration patience = task.patience();
    var clocks = new Timeouts(patience, patience, patience, patience, Duration.ZERO);
    var http = HoldfastHttpClientBuilder.create().policy(StreamPolicy.DEFAULT.withTimeouts(clocks));
    var ended = new CompletableFuture<ChatResponse>();
    module
        .model(origin, http, patience)
        .chat(
            request(task),
            new StreamingChatResponseHandler() {
              private int shown;

              @Override
              public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                if (ended.isDone()) {
                  return;
                }
                output.text(part.text());
                shown += part.text().length();
                if (task.cancelAfter() > 0 && shown >= task.cancelAfter()) {
                  context.streamingHandle().cancel();
                  ended.cancel(false);
                }
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {
                ended.complete(response);
              }

              @Override
              public void onError(Throwable error) {
                ended.completeExceptionally(error);
              }
            });
    ChatResponse response;
    try {
      response = ended.get();
    } catch (CancellationException e) {
      output.cancelled();
      return;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    for (var call : response.aiMessage().toolExecutionRequests()) {
      output.tool("{\"name\":\"%s\",\"arguments\":%s}".formatted(call.name(), call.arguments()));
    }
  }
}
