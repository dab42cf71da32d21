package dev.holdfast.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.StreamException;
import dev.holdfast.client.Upstream;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LangChain4j's model over Holdfast's own client. */
@Tag("slow")
class HoldfastStreamingChatModelTest {
  private static final String STORY = WholeStreamsTest.STORY;

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

  private HoldfastStreamingChatModel.Builder model(FaultServer server, String dialect) {
    var holdfast =
        Holdfast.builder()
            .upstream(Upstream.of(dialect, server.origin().toString(), "key"))
            .build();
    open.add(holdfast);
    return HoldfastStreamingChatModel.over(holdfast)
        .modelName("gpt-4.1")
        .defaultRequestParameters(ChatRequestParameters.builder().temperature(0.0).build());
  }

  private HoldfastStreamingChatModel model(FaultServer server) {
    return model(server, "openai-chat").build();
  }

  private static ChatRequest.Builder question() {
    return ChatRequest.builder().messages(UserMessage.from("Tell me about the harbour."));
  }

  private static ToolSpecification tow() {
    return ToolSpecification.builder()
        .name("tow")
        .description("Tows a ship.")
        .parameters(JsonObjectSchema.builder().addStringProperty("ship").required("ship").build())
        .build();
  }

  @ParameterizedTest
  @CsvSource({
    "openai-chat, cut-rst@token=12",
    "openai-responses, end-early@token=12",
    "anthropic-messages, cut-fin@token=12",
    "gemini-sse, malformed-json@token=12",
    "ollama-chat, status@code=500",
  })
  void anAnswerThatBreaksIsWholeWithItsMetadata(String dialect, String fault) {
    var heard = new Heard();
    model(server(Answer.ofText(STORY), fault), dialect).build().chat(question().build(), heard);
    var response = heard.end.join();
    assertThat(response.aiMessage().text()).isEqualTo(STORY);
    assertThat(heard.text).hasToString(STORY);
    assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(response.modelName()).isNotBlank();
    assertThat(response.tokenUsage().inputTokenCount()).isPositive();
    assertThat(heard.terminals).hasValue(1);
    if (!dialect.equals("ollama-chat")) {
      assertThat(response.id()).isNotBlank();
    }
  }

  @Test
  void aToolCallAndItsResultMakeTheRound() {
    var answer = Answer.ofText("I see to it.").withTool("call_1", "tow", "{\"ship\":\"Alma\"}");
    var server = server(answer, "cut-tool@pieces=1,by=fin");
    var heard = new Heard();
    model(server)
        .chat(question().toolSpecifications(tow()).toolChoice(ToolChoice.REQUIRED).build(), heard);
    var response = heard.end.join();
    var call =
        ToolExecutionRequest.builder()
            .id("call_1")
            .name("tow")
            .arguments("{\"ship\":\"Alma\"}")
            .build();
    assertThat(response.aiMessage().toolExecutionRequests()).containsExactly(call);
    assertThat(heard.calls).containsExactly(call);
    assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
    assertThat(server.received().getFirst().body())
        .contains("\"name\":\"tow\"", "\"required\":[\"ship\"]", "\"tool_choice\":\"required\"");

    var further = new Heard();
    int before = server.received().size();
    model(server)
        .chat(
            ChatRequest.builder()
                .messages(
                    SystemMessage.from("You tow ships."),
                    UserMessage.from("Tell me about the harbour."),
                    response.aiMessage(),
                    ToolExecutionResultMessage.from(call, "towed"))
                .toolSpecifications(tow())
                .build(),
            further);
    further.end.join();
    assertThat(server.received().get(before).body())
        .contains("\"role\":\"system\"", "\"tool_call_id\":\"call_1\"", "\"content\":\"towed\"");
  }

  @Test
  void aSchemaAndAnImageReachTheProvider() {
    var server = server(Answer.ofText("{\"ships\":\"two\"}"));
    var format =
        ResponseFormat.builder()
            .type(ResponseFormatType.JSON)
            .jsonSchema(
                JsonSchema.builder()
                    .name("Ships of a harbour")
                    .rootElement(
                        JsonObjectSchema.builder()
                            .addStringProperty("ships")
                            .required("ships")
                            .build())
                    .build())
            .build();
    var heard = new Heard();
    model(server, "openai-chat")
        .strictJsonSchema(true)
        .build()
        .chat(
            ChatRequest.builder()
                .messages(
                    UserMessage.from(
                        TextContent.from("How many?"),
                        ImageContent.from("aGFyYm91cg==", "image/png")))
                .responseFormat(format)
                .maxOutputTokens(50)
                .stopSequences(List.of("###"))
                .build(),
            heard);
    assertThat(heard.end.join().aiMessage().text()).isEqualTo("{\"ships\":\"two\"}");
    assertThat(server.received().getFirst().body())
        .contains(
            "\"name\":\"Ships_of_a_harbour\"",
            "\"strict\":true",
            "\"additionalProperties\":false",
            "data:image/png;base64,aGFyYm91cg==",
            "\"stop\":[\"###\"]");
  }

  @Test
  void contentWithoutWordsIsRefusedByName() {
    var request =
        ChatRequest.builder().messages(UserMessage.from(AudioContent.from("aGFy", "a/b"))).build();
    var model = model(server(Answer.ofText(STORY)));
    assertThatThrownBy(() -> model.chat(request, new Heard()))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("content: must be text, an image or a PDF, was AUDIO");
  }

  @Test
  void aStreamIsCancelledBeforeItsFirstEvent() throws Exception {
    var server = server(Answer.ofText(STORY), "stall@head");
    var heard = new Heard();
    var handle = model(server).start(question().build(), heard);
    while (server.received().isEmpty()) {
      Thread.onSpinWait();
    }
    assertThat(handle.isCancelled()).isFalse();
    handle.cancel();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
    assertThat(handle.isCancelled()).isTrue();
    assertThat(heard.terminals).hasValue(0);
  }

  @Test
  void aRefusalIsOneTypedErrorForHandlerAndListener() {
    var errors = new CopyOnWriteArrayList<Throwable>();
    var requests = new AtomicInteger();
    var listener =
        new ChatModelListener() {
          @Override
          public void onRequest(ChatModelRequestContext context) {
            requests.incrementAndGet();
          }

          @Override
          public void onError(ChatModelErrorContext context) {
            errors.add(context.error());
          }
        };
    var heard = new Heard();
    model(server(Answer.ofText(STORY), "status@code=401"), "openai-chat")
        .listeners(List.of(listener))
        .build()
        .chat(question().build(), heard);
    assertThat(heard.error())
        .isInstanceOf(AuthenticationException.class)
        .hasCauseInstanceOf(StreamException.class);
    assertThat(heard.terminals).hasValue(1);
    assertThat(requests).hasValue(1);
    assertThat(errors).containsExactly(heard.error());
  }

  @Test
  void listenersReceiveTheResponse() {
    var responses = new CompletableFuture<ChatResponse>();
    var listener =
        new ChatModelListener() {
          @Override
          public void onResponse(ChatModelResponseContext context) {
            responses.complete(context.chatResponse());
          }
        };
    var heard = new Heard();
    model(server(Answer.ofText(STORY)), "openai-chat")
        .listeners(List.of(listener))
        .build()
        .chat(question().build(), heard);
    assertThat(responses.join()).isSameAs(heard.end.join());
  }

  @Test
  void aHandlerThatThrowsReceivesItsOwnErrorOnce() {
    var terminals = new AtomicInteger();
    var ended = new CompletableFuture<Throwable>();
    model(server(Answer.ofText(STORY)))
        .chat(
            question().build(),
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                throw new IllegalStateException("full");
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {
                terminals.incrementAndGet();
              }

              @Override
              public void onError(Throwable error) {
                terminals.incrementAndGet();
                ended.complete(error);
              }
            });
    assertThat(ended.join()).hasMessage("full");
    assertThat(terminals).hasValue(1);
  }

  @Test
  void aModelWithoutANameIsRefused() {
    var holdfast = Holdfast.builder().upstream(Upstream.openAi("key")).build();
    open.add(holdfast);
    var model = HoldfastStreamingChatModel.over(holdfast).build();
    assertThatThrownBy(() -> model.chat(question().build(), new Heard()))
        .hasMessage("modelName: must be set, was 'null'");
  }

  @Test
  void anEmptyAnswerOfTheAssistantIsKept() {
    var server = server(Answer.ofText(STORY));
    var heard = new Heard();
    model(server)
        .chat(
            ChatRequest.builder()
                .messages(
                    UserMessage.from("One."), AiMessage.from("Two."), UserMessage.from("Three."))
                .build(),
            heard);
    heard.end.join();
    assertThat(server.received().getFirst().body()).containsSubsequence("One.", "Two.", "Three.");
  }
}
