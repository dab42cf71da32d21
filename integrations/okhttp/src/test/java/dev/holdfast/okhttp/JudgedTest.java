package dev.holdfast.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.FunctionCall;
import com.google.genai.types.HttpOptions;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Timeout;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.ClientOutput;
import dev.holdfast.testkit.judge.Judge;
import dev.holdfast.testkit.judge.JudgedClient;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import reactor.core.Disposable;

/** The SDKs over OkHttp with {@link HoldfastInterceptor}, in all cases of the judge. */
@Tag("slow")
@EnabledIfSystemProperty(
    named = "holdfast.long",
    matches = "true",
    disabledReason =
        "a minute or two of trials: ./mvnw -Plong runs them, as continuous integration does")
class JudgedTest {
  private static final Map<String, Future<Judgement>> JUDGEMENTS = new HashMap<>();
  private static final ObjectMapper JSON = new ObjectMapper();

  /** All at once: most of a trial is waiting for clocks. */
  @BeforeAll
  static void start() {
    judge("openai-java", Protocol.OPENAI_CHAT, JudgedTest::openAi);
    judge("google-genai", Protocol.GEMINI_SSE, JudgedTest::genAi);
    judge("spring-ai", Protocol.OPENAI_CHAT, JudgedTest::springAi);
  }

  private static void judge(String name, Protocol protocol, JudgedClient client) {
    var judge =
        Judge.of(name, protocol, client)
            .lanes(8)
            .limit(Duration.ofSeconds(40))
            .patience(Duration.ofSeconds(3));
    var judging = new FutureTask<>(judge::judge);
    JUDGEMENTS.put(name, judging);
    Thread.ofPlatform().daemon().name("trial " + name).start(judging);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai-java", "google-genai", "spring-ai"})
  void isSound(String sdk, TestReporter reporter) throws Exception {
    var judgement = Objects.requireNonNull(JUDGEMENTS.get(sdk)).get();
    reporter.publishEntry(
        sdk,
        judgement.passed()
            + " of "
            + judgement.rulings().size()
            + " passed, "
            + judgement.recovered()
            + " recovered");
    assertThat(judgement.lies()).isZero();
    assertThat(judgement.recovered()).isGreaterThan(35);
    if (sdk.equals("google-genai")) {
      // Its own retries know no Retry-After, and its one clock is over the whole call.
      assertThat(judgement.passed()).isGreaterThanOrEqualTo(judgement.rulings().size() - 3L);
    } else {
      judgement.assertSound();
    }
  }

  private static StreamRelay relay(Task task) {
    Duration patience = task.patience();
    var clocks = new Timeouts(patience, patience, patience, patience, Duration.ZERO);
    return StreamRelay.builder().policy(StreamPolicy.DEFAULT.withTimeouts(clocks)).build();
  }

  /** Shows text, and cancels from another thread once there is enough of it. */
  private static final class Shown {
    private final Task task;
    private final ClientOutput output;
    private int length;
    private boolean cancelled;

    Shown(Task task, ClientOutput output) {
      this.task = task;
      this.output = output;
    }

    void text(String piece, AutoCloseable stream) {
      if (cancelled) {
        return;
      }
      output.text(piece);
      length += piece.length();
      if (task.cancelAfter() > 0 && length >= task.cancelAfter()) {
        cancelled = true;
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                stream.close();
              } catch (Exception e) {
                // The connection is what counts.
              }
              output.cancelled();
            });
      }
    }

    /** Runs what reads; a stream that was cancelled may end as it likes. */
    void read(Hosts.Reading reading) throws Exception {
      try {
        reading.run();
      } catch (Exception e) {
        if (!cancelled) {
          throw new IllegalStateException(e);
        }
      }
      if (cancelled) {
        output.cancelled();
      }
    }
  }

  private static void tool(ClientOutput output, String name, Object arguments) throws Exception {
    output.tool(JSON.writeValueAsString(Map.of("name", name, "arguments", arguments)));
  }

  private static void openAi(Task task, ClientOutput output) throws Exception {
    var client =
        OpenAIOkHttpClient.builder()
            .baseUrl(task.baseUrl().toString())
            .apiKey("none")
            .timeout(
                Timeout.builder()
                    .connect(task.patience())
                    .read(task.patience())
                    .request(Duration.ofMinutes(10))
                    .build())
            .addInterceptor(HoldfastInterceptor.create(relay(task), new OkHttpClient()))
            .build();
    var params =
        ChatCompletionCreateParams.builder().model("judged").addUserMessage(task.prompt()).build();
    var shown = new Shown(task, output);
    try (var stream = client.chat().completions().createStreaming(params)) {
      var whole = ChatCompletionAccumulator.create();
      shown.read(() -> {
        stream.stream()
            .forEach(chunk -> {
              whole.accumulate(chunk);
              chunk.choices().stream()
                  .flatMap(choice -> choice.delta().content().stream())
                  .forEach(text -> shown.text(text, stream));
            });
        if (task.cancelAfter() > 0) {
          return;
        }
        for (var choice : whole.chatCompletion().choices()) {
          for (var call : choice.message().toolCalls().orElseGet(ArrayList::new)) {
            var function = call.asFunction().function();
            tool(output, function.name(), function.arguments());
          }
        }
      });
    } finally {
      client.close();
    }
  }

  private static void genAi(Task task, ClientOutput output) throws Exception {
    var plain = new OkHttpClient();
    var http =
        plain.newBuilder().addInterceptor(HoldfastInterceptor.create(relay(task), plain)).build();
    var shown = new Shown(task, output);
    try (var client =
            Client.builder()
                .apiKey("none")
                .httpOptions(
                    HttpOptions.builder()
                        .baseUrl(task.baseUrl().toString())
                        .timeout((int) task.patience().multipliedBy(4).toMillis())
                        .build())
                .clientOptions(ClientOptions.builder().customHttpClient(http).build())
                .build();
        var stream = client.models.generateContentStream("judged", task.prompt(), null)) {
      shown.read(() -> {
        for (var chunk : stream) {
          String text = chunk.text();
          if (text != null) {
            shown.text(text, stream);
          }
          var calls = chunk.functionCalls();
          for (var call : calls == null ? List.<FunctionCall>of() : calls) {
            tool(output, call.name().orElse(""), call.args().orElse(Map.of()));
          }
        }
      });
    }
  }

  private static void springAi(Task task, ClientOutput output) throws Exception {
    var options =
        OpenAiChatOptions.builder()
            .baseUrl(task.baseUrl().toString())
            .apiKey("none")
            .model("judged")
            .timeout(task.patience().multipliedBy(4))
            .maxRetries(1)
            .build();
    var holdfast = HoldfastInterceptor.create(relay(task), new OkHttpClient());
    var model =
        OpenAiChatModel.builder()
            .options(options)
            .httpClientBuilderCustomizer(http -> http.interceptor(holdfast))
            .build();
    var ended = new CompletableFuture<Void>();
    var calls = new ArrayList<ToolCall>();
    var subscription = new AtomicReference<Disposable>();
    var shown = new Shown(task, output);
    subscription.set(
        model.stream(new Prompt(task.prompt(), options))
            .doOnCancel(() -> ended.complete(null))
            .subscribe(
                response -> {
                  for (var generation : response.getResults()) {
                    var message = generation.getOutput();
                    String text = message.getText();
                    if (text != null) {
                      shown.text(text, () -> subscription.get().dispose());
                    }
                    calls.addAll(message.getToolCalls());
                  }
                },
                ended::completeExceptionally,
                () -> ended.complete(null)));
    shown.read(ended::get);
    for (var call : calls) {
      tool(output, call.name(), call.arguments());
    }
  }
}
