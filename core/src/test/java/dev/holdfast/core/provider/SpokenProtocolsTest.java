package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.dialect.TokenDialect;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Requests in the protocols of OpenAI Responses, Gemini and Ollama. Whole shapes, to the letter.
 */
class SpokenProtocolsTest {
  private static final String PLEA =
      """
      Sorry, my connection broke, so I only have your answer up to where it stops above. Please \
      repeat its last characters exactly, «upon a», and then carry straight on from there to the \
      end of your answer. Don't start again, and don't comment on the interruption.\
      """;

  private static final Partial PARTIAL =
      new Partial("Once upon a", "upon a", Cause.CONNECTION_LOST, 40);

  private static ChatRequest.Builder everything() {
    return ChatRequest.to("toy-1")
        .system("Be brief.")
        .user("Hi")
        .assistant("Yes?")
        .user("Go on")
        .tool("look", "Looks", "{\"n\":1.50}")
        .maxTokens(100)
        .temperature(0.2)
        .topP(0.9);
  }

  @Test
  void responsesSpellsATypedRequest() {
    var dialect = Dialects.chat("openai-responses");
    String body =
        dialect.body(everything().with("background", "true").with("store", "true").build());
    assertThat(body)
        .isEqualTo(
            """
            {"model":"toy-1","instructions":"Be brief.","input":[{"type":"message","role":"user","content":"Hi"},\
            {"type":"message","role":"assistant","content":"Yes?"},\
            {"type":"message","role":"user","content":"Go on"}],\
            "tools":[{"type":"function","name":"look","description":"Looks",\
            "parameters":{"n":1.50}}],"max_output_tokens":100,"temperature":0.2,"top_p":0.9,\
            "background":true,"store":true,"stream":true}\
            """);
    assertThat(dialect.call(body)).isEqualTo(ProviderRequest.post("responses", body, dialect));
  }

  @Test
  void responsesHasNoStopSequences() {
    var request = ChatRequest.to("m").user("x").stop("END").build();
    assertThatThrownBy(() -> Dialects.chat("openai-responses").body(request))
        .hasMessage(
            "stop: must be absent for openai-responses, where it cannot be written, was 1 sequence");
  }

  @Test
  void geminiSpellsATypedRequestWithTheModelInThePath() {
    var dialect = Dialects.chat("gemini-sse");
    var call = dialect.call(dialect.body(everything().seed(7).stop("END").build()));
    assertThat(call.path()).isEqualTo("models/toy-1:streamGenerateContent?alt=sse");
    assertThat(call.body())
        .isEqualTo(
            """
            {"systemInstruction":{"parts":[{"text":"Be brief."}]},\
            "contents":[{"role":"user","parts":[{"text":"Hi"}]},\
            {"role":"model","parts":[{"text":"Yes?"}]},\
            {"role":"user","parts":[{"text":"Go on"}]}],\
            "tools":[{"functionDeclarations":[{"name":"look","description":"Looks",\
            "parameters":{"n":1.50}}]}],\
            "generationConfig":{"maxOutputTokens":100,"temperature":0.2,"topP":0.9,"seed":7,\
            "stopSequences":["END"]}}\
            """);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          gemini-3-flash,                 models/gemini-3-flash
          models/gemini-3-flash,          models/gemini-3-flash
          tunedModels/mine,               tunedModels/mine
          ../../secrets?x=1#y,            ../../secrets%3fx%3d1%23y
          """)
  void aModelsNameIsEscapedInThePath(String model, String path) {
    var body = "{\"model\":\"%s\",\"contents\":[]}".formatted(model);
    assertThat(Dialects.chat("gemini-sse").call(body).path())
        .isEqualTo(path + ":streamGenerateContent?alt=sse");
  }

  @Test
  void geminiWithoutAModelIsRefused() {
    assertThatThrownBy(() -> Dialects.chat("gemini-sse").call("{\"contents\":[]}"))
        .hasMessage("model: must be a member of the body, was absent");
  }

  @Test
  void interactionsSpellsATypedRequest() {
    var dialect = Dialects.chat("gemini-interactions");
    String body = dialect.body(everything().seed(7).stop("END").build());
    assertThat(body)
        .isEqualTo(
            """
            {"model":"toy-1","system_instruction":"Be brief.",\
            "input":[{"type":"user_input","content":[{"type":"text","text":"Hi"}]},\
            {"type":"model_output","content":[{"type":"text","text":"Yes?"}]},\
            {"type":"user_input","content":[{"type":"text","text":"Go on"}]}],\
            "tools":[{"type":"function","name":"look","description":"Looks",\
            "parameters":{"n":1.50}}],\
            "generation_config":{"max_output_tokens":100,"temperature":0.2,"top_p":0.9,"seed":7,\
            "stop_sequences":["END"]},"stream":true}\
            """);
    assertThat(dialect.call(body).headers()).isEqualTo(Map.of("Api-Revision", "2026-05-20"));
  }

  @Test
  void ollamaSpellsATypedRequest() {
    var dialect = Dialects.chat("ollama-chat");
    String body = dialect.body(everything().seed(7).stop("END").build());
    assertThat(body)
        .isEqualTo(
            """
            {"model":"toy-1","messages":[{"role":"system","content":"Be brief."},\
            {"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},\
            {"role":"user","content":"Go on"}],"tools":[{"type":"function","function":\
            {"name":"look","description":"Looks","parameters":{"n":1.50}}}],\
            "options":{"num_predict":100,"temperature":0.2,"top_p":0.9,"seed":7,"stop":["END"]},\
            "stream":true}\
            """);
    assertThat(dialect.call(body).path()).isEqualTo("/api/chat");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-responses    | {"model":"m","text":{"format":{"type":"json_schema"}}}        | 1 | true  | false | -1 | false
          openai-responses    | {"model":"m","background":true,"max_output_tokens":9}          | 1 | false | false | 9  | true
          openai-responses    | {"model":"m","background":true,"store":false,"temperature":0}  | 1 | false | true  | -1 | false
          gemini-sse          | {"model":"m","generationConfig":{"candidateCount":3,"seed":0}} | 3 | false | true  | -1 | false
          gemini-sse          | {"model":"m","generationConfig":{"responseMimeType":"application/json","maxOutputTokens":5}} | 1 | true | false | 5 | false
          gemini-interactions | {"model":"m","generation_config":{"temperature":0}}            | 1 | false | true  | -1 | true
          gemini-interactions | {"model":"m","store":false}                                    | 1 | false | false | -1 | false
          ollama-chat         | {"model":"m","format":"json","options":{"num_predict":-2}}     | 1 | true  | false | -1 | false
          """)
  void factsAreThoseOfTheBody(
      String dialect,
      String body,
      int choices,
      boolean structured,
      boolean deterministic,
      int maxTokens,
      boolean kept) {
    assertThat(Dialects.chat(dialect).facts(body))
        .isEqualTo(
            new RequestFacts("m", choices, false, structured, deterministic, maxTokens, kept));
  }

  private static String anchored(String dialect, String body) {
    return Dialects.chat(dialect).continuation(body, PARTIAL, Rung.ANCHOR, Prefill.PLAIN);
  }

  @Test
  void anAnchorIsOneAnswerAndOneQuestionInEveryProtocol() {
    assertThat(anchored("openai-responses", "{\"input\":\"Tell\",\"max_output_tokens\":100}"))
        .isEqualTo(
            """
            {"input":[{"type":"message","role":"user","content":"Tell"},\
            {"type":"message","role":"assistant","content":"Once upon a"},\
            {"type":"message","role":"user","content":"%s"}],"max_output_tokens":60}\
            """
                .formatted(PLEA));
    assertThat(
            anchored(
                "gemini-sse",
                """
                {"model":"m","contents":[{"role":"user","parts":[{"text":"Tell"}]}],\
                "generationConfig":{"maxOutputTokens":41,"topK":1.0}}\
                """))
        .isEqualTo(
            """
            {"model":"m","contents":[{"role":"user","parts":[{"text":"Tell"}]},\
            {"role":"model","parts":[{"text":"Once upon a"}]},\
            {"role":"user","parts":[{"text":"%s"}]}],\
            "generationConfig":{"maxOutputTokens":1,"topK":1.0}}\
            """
                .formatted(PLEA));
    assertThat(anchored("gemini-interactions", "{\"input\":\"Tell\"}"))
        .isEqualTo(
            """
            {"input":[{"type":"user_input","content":[{"type":"text","text":"Tell"}]},\
            {"type":"model_output","content":[{"type":"text","text":"Once upon a"}]},\
            {"type":"user_input","content":[{"type":"text","text":"%s"}]}]}\
            """
                .formatted(PLEA));
    assertThat(
            anchored(
                "ollama-chat",
                """
                {"messages":[{"role":"user","content":"Tell"}],"options":{"num_predict":100}}\
                """))
        .isEqualTo(
            """
            {"messages":[{"role":"user","content":"Tell"},\
            {"role":"assistant","content":"Once upon a"},{"role":"user","content":"%s"}],\
            "options":{"num_predict":60}}\
            """
                .formatted(PLEA));
  }

  @Test
  void anAnswerThatTheCallerHadBegunStaysOneTurn() {
    assertThat(
            Dialects.chat("gemini-sse")
                .continuation(
                    "{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"So: \"}]}]}",
                    PARTIAL,
                    Rung.PREFILL,
                    Prefill.PLAIN))
        .isEqualTo(
            "{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"So: Once upon a\"}]}]}");
  }

  @Test
  void aCursorIsAskedForAsItsProviderWantsIt() {
    var responses = (ResumableDialect) Dialects.chat("openai-responses");
    var cursor = new Cursor("resp_1/é", "41");
    assertThat(responses.resume(cursor))
        .isEqualTo(
            ProviderRequest.get(
                "responses/resp_1%2f%c3%a9?stream=true&starting_after=41", responses));
    assertThat(responses.poll(cursor))
        .extracting(ProviderRequest::method, ProviderRequest::path)
        .containsExactly(ProviderRequest.Method.GET, "responses/resp_1%2f%c3%a9");
    var interactions = (ResumableDialect) Dialects.chat("gemini-interactions");
    assertThat(interactions.resume(new Cursor("v1_x", "evt/2")))
        .isEqualTo(
            ProviderRequest.get("interactions/v1_x?stream=true&last_event_id=evt%2f2", interactions)
                .withHeader("Api-Revision", "2026-05-20"));
    assertThat(interactions.poll(new Cursor("v1_x", "")))
        .extracting(ProviderRequest::path, ProviderRequest::headers)
        .containsExactly("interactions/v1_x", Map.of("Api-Revision", "2026-05-20"));
    var chat = (ResumableDialect) Dialects.chat("openai-chat");
    assertThat(chat.resume(new Cursor("c0ffee", "1234")))
        .isEqualTo(ProviderRequest.get("stream?conv_id=c0ffee&from=1234", chat));
    assertThat(chat.resume(new Cursor("a/b&c", "5"), KeptAddress.QUERY).path())
        .isEqualTo("stream?conv_id=a%2fb%26c&from=5");
    assertThat(chat.resume(new Cursor("c0ffee", "1234"), KeptAddress.PATH).path())
        .isEqualTo("stream/c0ffee?from=1234");
    assertThat(chat.kept(chat.call("{}"), "c0ffee").headers())
        .isEqualTo(Map.of("X-Conversation-Id", "c0ffee"));
  }

  private static final TokenDialect VLLM = (TokenDialect) Dialects.chat("openai-chat");

  private static final String ASKED =
      """
      {"model":"m","messages":[{"role":"user","content":"Tell"}],"temperature":0.70,"top_k":5,\
      "max_completion_tokens":100,"chat_template_kwargs":{"thinking":false},"stream":true,\
      "stream_options":{"include_usage":true},"logprobs":true,"n":1}\
      """;

  @Test
  void tokenIdsAreRenderedByTheEnginesOwnTemplate() {
    var call = VLLM.tokenize(ASKED, PARTIAL);
    assertThat(call.method()).isEqualTo(ProviderRequest.Method.POST);
    assertThat(call.path()).isEqualTo("/tokenize");
    assertThat(call.body())
        .isEqualTo(
            """
            {"model":"m","messages":[{"role":"user","content":"Tell"},\
            {"role":"assistant","content":"Once upon a"}],\
            "chat_template_kwargs":{"thinking":false},\
            "continue_final_message":true,"add_generation_prompt":false}\
            """);
  }

  @Test
  void aCompletionContinuesFromTheTokens() {
    var call =
        VLLM.complete(ASKED, PARTIAL, "{\"count\":3,\"max_model_len\":4096,\"tokens\":[1,22,333]}");
    assertThat(call.path()).isEqualTo("completions");
    assertThat(call.answer().id()).isEqualTo("openai-completions");
    assertThat(call.body())
        .isEqualTo(
            """
            {"model":"m","prompt":[1,22,333],"max_tokens":60,"temperature":0.70,"top_k":5,\
            "stream":true,"stream_options":{"include_usage":true}}\
            """);
  }

  @Test
  void withoutALimitACompletionMayFillTheContext() {
    var call =
        VLLM.complete("{\"model\":\"m\"}", PARTIAL, "{\"tokens\":[1,2,3],\"max_model_len\":4096}");
    assertThat(call.body()).isEqualTo("{\"model\":\"m\",\"prompt\":[1,2,3],\"max_tokens\":4093}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {"tokens":[]}           | tokens: must be a list of token ids, was another
          {"tokens":[1,-2]}       | tokens: must be a list of token ids, was another
          {"tokens":["secret"]}   | tokens: must be a list of token ids, was another
          {"count":3}             | tokens: must be a list of token ids, was another
          <html>                  | body: must be a JSON object, was not
          {"tokens":[1,2]}        | max_tokens: must be known from the request or the server, was not
          """)
  void whatHoldsNoTokenIdsIsRefused(String told, String message) {
    assertThatThrownBy(() -> VLLM.complete("{\"model\":\"m\"}", PARTIAL, told))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("secret");
  }
}
