package dev.holdfast.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.client.StreamException;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Flux;

/** {@code ChatClient.stream()} of an application whose only wiring is the dependency. */
@Tag("slow")
class ChatClientTest {
  private static final String STORY =
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

  private ConfigurableApplicationContext start(
      String provider, FaultServer server, String... properties) {
    var context = Application.start(provider, server, properties);
    open.add(context);
    return context;
  }

  private static Flux<String> content(ConfigurableApplicationContext context) {
    return ChatClient.create(context.getBean(ChatModel.class))
        .prompt("Tell me about the harbour.")
        .stream()
        .content();
  }

  private static String text(ConfigurableApplicationContext context) {
    return String.join("", content(context).collectList().blockOptional().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({
    "openai, cut-fin@token=1",
    "openai, cut-rst@token=20",
    "openai, end-early@token=12",
    "openai, done-without-finish",
    "openai, malformed-json@token=12",
    "openai, error-event@token=12",
    "openai, cut-fin@finish",
    "anthropic, cut-fin@token=9",
    "anthropic, cut-rst@token=20",
    "anthropic, end-early@token=12",
    "anthropic, error-event@token=12",
    "anthropic, cut-fin@finish",
  })
  void anAnswerThatBreaksIsWholeExactlyOnce(String provider, String fault) {
    var server = server(fault);
    var context = start(provider, server);
    assertThat(text(context)).isEqualTo(STORY);
    assertThat(server.received()).hasSize(2);
    var report = context.getBean(StreamMonitor.class).getHealthReport();
    assertThat(List.of(report.total(), report.successful())).containsExactly(1L, 1L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void anAnswerThatCannotBeHadIsAnErrorThatNamesItsCause(String provider) {
    var cuts = new String[40];
    Arrays.fill(cuts, "cut-fin@token=0");
    cuts[0] = "end-early@token=12";
    var server = server(cuts);
    var context =
        start(provider, server, "holdfast.retry.first-delay=1ms", "holdfast.retry.max-delay=2ms");
    var pieces = new ArrayList<String>();
    var failure = catchThrowable(() -> content(context).doOnNext(pieces::add).blockLast());
    assertThat(failure).isNotNull();
    assertThat(causes(failure)).anySatisfy(cause -> assertThat(cause).contains("connection-lost"));
    assertThat(STORY).startsWith(String.join("", pieces)).doesNotContain(STORY + STORY);
    assertThat(server.received()).hasSizeBetween(2, 4);
  }

  private static List<String> causes(Throwable failure) {
    var causes = new ArrayList<String>();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      causes.add(
          cause instanceof StreamException stream
              ? stream.cause().id() + " " + stream.getMessage()
              : String.valueOf(cause.getMessage()));
    }
    return causes;
  }

  /** The SDKs of Spring AI 2 retry refusals themselves; under 1 nothing does, so the relay does. */
  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void refusalsAreRetriedByOneSideOnly(String provider) {
    var server = server("status@code=429", "cut-fin@token=12");
    assertThat(text(start(provider, server))).isEqualTo(STORY);
    assertThat(server.received()).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void aRefusalThatStaysIsNeverMultiplied(String provider) {
    var refusals = new String[40];
    Arrays.fill(refusals, "status@code=503");
    var server = server(refusals);
    var context =
        start(provider, server, "holdfast.retry.first-delay=1ms", "holdfast.retry.max-delay=2ms");
    var failure = catchThrowable(() -> text(context));
    assertThat(causes(failure)).anySatisfy(cause -> assertThat(cause).contains("503"));
    assertThat(server.received()).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void anInvalidKeyIsAskedOnce(String provider) {
    var server = server("status@code=401");
    var context = start(provider, server);
    assertThat(causes(catchThrowable(() -> text(context))))
        .anySatisfy(cause -> assertThat(cause).contains("401"));
    assertThat(server.received()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void silenceEndsByTheClockOfTheProperties(String provider) {
    var server = server("stall@token=12");
    assertThat(text(start(provider, server, "holdfast.timeouts.idle=300ms"))).isEqualTo(STORY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void aSubscriptionThatIsCancelledClosesTheConnection(String provider)
      throws InterruptedException {
    var server = server("stall@token=12");
    var begun = new CompletableFuture<String>();
    var subscription =
        content(start(provider, server, "holdfast.timeouts.idle=60s")).subscribe(begun::complete);
    begun.join();
    subscription.dispose();
    int requests = server.received().size();
    assertThat(server.awaitEnded(requests, Duration.ofSeconds(20))).isTrue();
    assertThat(server.received()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void switchedOffNothingIsHealed(String provider) {
    var server = server("cut-rst@token=12");
    var context = start(provider, server, "holdfast.enabled=false");
    assertThat(catchThrowable(() -> text(context))).isNotNull();
    assertThat(server.received()).hasSize(1);
  }
}
