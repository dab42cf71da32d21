package dev.holdfast.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.StreamException;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.output.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** LangChain4j's models over {@link HoldfastHttpClientBuilder}: one whole answer, one end. */
@Tag("slow")
class WholeStreamsTest {
  static final String STORY =
      "The harbour master counted the ships that had left in the morning and wrote their names "
          + "down, one under the other, in a book with a blue cover. When the storm had passed "
          + "she counted again. Two were missing, and by nightfall both had been towed home.";

  /** The default except for the delays, which nothing here is about. */
  private static final StreamPolicy QUICK =
      StreamPolicy.DEFAULT.withRetry(
          RetryPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2)));

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(Answer answer, String... attempts) {
    var server = FaultServer.builder().answer(answer).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  private FaultServer server(String... attempts) {
    return server(Answer.ofText(STORY), attempts);
  }

  private static ChatRequest request() {
    return ChatRequest.builder()
        .messages(UserMessage.from("Tell me about the harbour."))
        .toolSpecifications(
            ToolSpecification.builder()
                .name("tow")
                .description("Tows a ship.")
                .parameters(JsonObjectSchema.builder().addStringProperty("ship").build())
                .build())
        .build();
  }

  private static Heard ask(Module module, FaultServer server, HttpClientBuilder http) {
    return ask(module, server, http, null);
  }

  private static Heard ask(
      Module module, FaultServer server, HttpClientBuilder http, @Nullable Duration timeout) {
    var heard = new Heard();
    module.model(server.origin(), http, timeout).chat(request(), heard);
    return heard;
  }

  private static Heard ask(Module module, FaultServer server) {
    return ask(module, server, HoldfastHttpClientBuilder.create().policy(QUICK));
  }

  private static void isWhole(Heard heard) {
    var response = heard.end.join();
    assertThat(response.aiMessage().text()).isEqualTo(STORY);
    assertThat(heard.text).hasToString(STORY);
    assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(heard.terminals).hasValue(1);
  }

  static Stream<Arguments> faults() {
    return Arrays.stream(Module.values())
        .flatMap(module ->
            Stream.of(
                    "",
                    "cut-fin@token=12",
                    "cut-rst@token=20",
                    "end-early@token=12",
                    "malformed-json@token=12",
                    "error-event@token=12",
                    "cut-head@bytes=20",
                    "status@code=429",
                    "status@code=500",
                    "cut-fin@finish")
                .map(fault -> Arguments.of(module, fault)));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void anAnswerThatBreaksIsWholeAndEndsOnce(Module module, String fault) {
    var server = fault.isEmpty() ? server() : server(fault);
    isWhole(ask(module, server));
    assertThat(server.received()).hasSize(fault.isEmpty() ? 1 : 2);
  }

  @ParameterizedTest
  @EnumSource(Module.class)
  void anAnswerOverAnotherClientIsWholeToo(Module module) {
    var other = HoldfastHttpClientBuilder.over(JdkHttpClient.builder()).policy(QUICK);
    isWhole(ask(module, server("status@code=500", "cut-rst@token=12", "end-early@token=9"), other));
  }

  /** As blocking clients do always, and the JDK's where the response is there already. */
  @ParameterizedTest
  @EnumSource(Module.class)
  void anAnswerOverAClientThatParsesOnItsCallersThreadIsWhole(Module module) {
    var other = HoldfastHttpClientBuilder.over(new BlockingClientBuilder()).policy(QUICK);
    isWhole(ask(module, server("status@code=500", "cut-rst@token=12", "end-early@token=9"), other));
  }

  @ParameterizedTest
  @EnumSource(Module.class)
  void aCutToolCallIsNeverCompleted(Module module) {
    var answer = Answer.ofText("I see to it.").withTool("call_1", "tow", "{\"ship\":\"Alma\"}");
    var heard = ask(module, server(answer, "cut-tool@pieces=1,by=fin"));
    var response = heard.end.join();
    assertThat(response.aiMessage().toolExecutionRequests())
        .singleElement()
        .satisfies(call -> {
          assertThat(call.name()).isEqualTo("tow");
          assertThat(call.arguments().replace(" ", "")).isEqualTo("{\"ship\":\"Alma\"}");
        });
    assertThat(heard.calls).hasSize(1);
    assertThat(heard.terminals).hasValue(1);
  }

  /** The model for Mistral keeps the calls of one event only. */
  @ParameterizedTest
  @EnumSource(Module.class)
  void noneOfSeveralCallsIsLostAfterACut(Module module) {
    var answer =
        Answer.ofText("I see to it.")
            .withTool("call_1", "tow", "{\"ship\":\"Alma\"}")
            .withTool("call_2", "tow", "{\"ship\":\"Brise\"}");
    var heard = ask(module, server(answer, "cut-tool@pieces=1,by=fin"));
    assertThat(heard.end.join().aiMessage().toolExecutionRequests())
        .extracting(call -> call.arguments().replace(" ", ""))
        .containsExactly("{\"ship\":\"Alma\"}", "{\"ship\":\"Brise\"}");
    assertThat(heard.terminals).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource(Module.class)
  void silenceIsBrokenByTheReadTimeout(Module module) {
    var http = HoldfastHttpClientBuilder.create();
    isWhole(ask(module, server("stall@token=12"), http, Duration.ofMillis(700)));
  }

  @ParameterizedTest
  @EnumSource(Module.class)
  void anAnswerThatCannotBeHadIsOneError(Module module) {
    var cuts = new String[12];
    Arrays.fill(cuts, "cut-fin@token=0");
    cuts[0] = "end-early@token=12";
    var heard = ask(module, server(cuts));
    assertThat(heard.error()).hasCauseInstanceOf(StreamException.class);
    assertThat(heard.terminals).hasValue(1);
    assertThat(STORY).startsWith(heard.text.toString());
  }

  private static HoldfastHttpClientBuilder once() {
    return HoldfastHttpClientBuilder.create()
        .policy(
            StreamPolicy.DEFAULT.withRetry(
                RetryPolicy.DEFAULT.withMaxAttempts(1).withMaxContinuations(0)));
  }

  @ParameterizedTest
  @CsvSource({
    "status@code=429, dev.langchain4j.exception.RateLimitException",
    "status@code=500, dev.langchain4j.exception.InternalServerException",
    "status@code=401, dev.langchain4j.exception.AuthenticationException",
    "status@code=400, dev.langchain4j.exception.InvalidRequestException",
    "status@code=404, dev.langchain4j.exception.ModelNotFoundException",
    "'stall@token=12', dev.langchain4j.exception.TimeoutException",
    "'stall@token=0', dev.langchain4j.exception.TimeoutException",
    "'stall@head', dev.langchain4j.exception.TimeoutException",
    "cut-rst@token=12, dev.langchain4j.exception.LangChain4jException",
  })
  void aFailureHasLangChain4jsType(String fault, Class<?> type) {
    var asked = new EnumMap<Module, Heard>(Module.class);
    for (var module : Module.values()) {
      asked.put(module, ask(module, server(fault), once(), Duration.ofMillis(700)));
    }
    asked.forEach((module, heard) -> {
      assertThat(heard.error()).as("%s", module).isExactlyInstanceOf(type);
      assertThat(heard.terminals).as("%s", module).hasValue(1);
    });
  }

  @ParameterizedTest
  @EnumSource(Module.class)
  void cancellingASilentStreamClosesItsSocketAndCallsNothing(Module module) throws Exception {
    var server = server("stall@token=12");
    var heard = ask(module, server);
    heard.handle.join().cancel();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
    assertThat(server.received()).hasSize(1);
    assertThat(heard.terminals).hasValue(0);
  }

  @Test
  void cancellingOverAnotherClientClosesItsSocketToo() throws Exception {
    var server = server("stall@token=12");
    var heard =
        ask(Module.OPEN_AI, server, HoldfastHttpClientBuilder.over(JdkHttpClient.builder()));
    heard.handle.join().cancel();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
    assertThat(heard.terminals).hasValue(0);
  }
}
