package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Media;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.request.Tool;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.ToolCall;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a chat application asks for, in each protocol that Holdfast speaks. */
class ChatApplicationTest {
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};
  private static final ToolCall CALL =
      new ToolCall(0, "call_1", "weather", "{\"city\":\"Oslo\"}", "c2ln");
  private static final ToolCall OTHER = new ToolCall(0, "call_2", "clock", "");
  private static final String SCHEMA = "{\"type\":\"object\"}";

  private static Json.Obj body(String dialect, ChatRequest request) {
    return json(Dialects.chat(dialect).body(request));
  }

  private static Json.Obj json(String text) {
    try {
      return (Json.Obj) Json.parse(text);
    } catch (Json.MalformedException e) {
      throw new AssertionError(text, e);
    }
  }

  private static ChatRequest.Builder ask() {
    return ChatRequest.to("m").user("Hi");
  }

  /** A member of a body by its path, as JSON text; {@code absent} where there is none. */
  private static String at(Json.Obj body, String path) {
    Json value = body;
    for (String step : path.split("\\.", -1)) {
      value =
          switch (value) {
            case Json.Obj object -> object.get(step);
            case Json.Arr(List<Json> items) -> items.get(Integer.parseInt(step));
            case null, default -> null;
          };
    }
    return value == null ? "absent" : value.write();
  }

  // ---------------------------------------------------------------- parts

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | messages.0.content | [{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}},{"type":"image_url","image_url":{"url":"https://h/cat.png"}}]
          openai-responses    | input.0.content    | [{"type":"input_text","text":"What?"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw=="},{"type":"input_image","image_url":"https://h/cat.png"}]
          anthropic-messages  | messages.0.content | [{"type":"text","text":"What?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}},{"type":"image","source":{"type":"url","url":"https://h/cat.png"}}]
          gemini-sse          | contents.0.parts   | [{"text":"What?"},{"inlineData":{"mimeType":"image/png","data":"iVBORw=="}},{"fileData":{"fileUri":"https://h/cat.png"}}]
          gemini-interactions | input.0.content    | [{"type":"text","text":"What?"},{"type":"image","data":"iVBORw==","mime_type":"image/png"},{"type":"image","uri":"https://h/cat.png"}]
          """)
  void imagesGoByBytesAndByAddress(String dialect, String path, String written) {
    var request =
        ChatRequest.to("m")
            .user(Part.text("What?"), Part.image("image/png", PNG), Part.image("https://h/cat.png"))
            .build();
    assertThat(at(body(dialect, request), path)).isEqualTo(written);
  }

  @Test
  void ollamaTakesImagesByBytesOnly() {
    var bytes = ChatRequest.to("m").user(Part.text("What?"), Part.image("image/png", PNG)).build();
    assertThat(at(body("ollama-chat", bytes), "messages.0"))
        .isEqualTo("{\"role\":\"user\",\"content\":\"What?\",\"images\":[\"iVBORw==\"]}");
    var address = ChatRequest.to("m").user(Part.image("https://h/cat.png")).build();
    assertThatThrownBy(() -> body("ollama-chat", address))
        .hasMessage("parts: must be what ollama-chat has a form for, was an image as a URL");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | messages.0.content.0 | {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,iVBORw=="}}
          openai-responses    | input.0.content.0    | {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,iVBORw=="}
          anthropic-messages  | messages.0.content.0 | {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"iVBORw=="},"title":"a.pdf"}
          gemini-sse          | contents.0.parts.0   | {"inlineData":{"mimeType":"application/pdf","data":"iVBORw=="}}
          gemini-interactions | input.0.content.0    | {"type":"document","data":"iVBORw==","mime_type":"application/pdf"}
          """)
  void filesGoByBytes(String dialect, String path, String written) {
    var request = ChatRequest.to("m").user(Part.file("a.pdf", "application/pdf", PNG)).build();
    assertThat(at(body(dialect, request), path)).isEqualTo(written);
  }

  @Test
  void aPlainTextFileIsTextInMessages() {
    var request =
        ChatRequest.to("m").user(Part.file("a.txt", "text/plain", new byte[] {'h', 'i'})).build();
    assertThat(at(body("anthropic-messages", request), "messages.0.content.0.source"))
        .isEqualTo("{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"hi\"}");
  }

  @Test
  void anUploadedFileGoesByItsId() {
    var request = ChatRequest.to("m").user(new Part.File(Media.uploaded("file-1"), "")).build();
    assertThat(at(body("openai-responses", request), "input.0.content.0"))
        .isEqualTo("{\"type\":\"input_file\",\"file_id\":\"file-1\"}");
    assertThatThrownBy(() -> body("gemini-sse", request))
        .hasMessage(
            "parts: must be what gemini-sse has a form for, was a file as the id of an uploaded"
                + " file");
  }

  @Test
  void aRoleHasItsOwnParts() {
    assertThatThrownBy(() -> Message.assistant(Part.image("https://h/cat.png")))
        .hasMessage("parts: must fit the role assistant, was Image");
    assertThatThrownBy(() -> Message.user()).hasMessage("parts: must not be empty, was empty");
  }

  // ---------------------------------------------------------------- tools

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | messages | [{"role":"user","content":"Hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"}},{"id":"call_2","type":"function","function":{"name":"clock","arguments":""}}]},{"role":"tool","tool_call_id":"call_1","content":"{\\"c\\":7}"},{"role":"tool","tool_call_id":"call_2","content":"no clock"}]
          openai-responses    | input    | [{"type":"message","role":"user","content":"Hi"},{"type":"function_call","call_id":"call_1","name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"},{"type":"function_call","call_id":"call_2","name":"clock","arguments":""},{"type":"function_call_output","call_id":"call_1","output":"{\\"c\\":7}"},{"type":"function_call_output","call_id":"call_2","output":"no clock"}]
          anthropic-messages  | messages | [{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"weather","input":{"city":"Oslo"}},{"type":"tool_use","id":"call_2","name":"clock","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"{\\"c\\":7}"},{"type":"tool_result","tool_use_id":"call_2","content":"no clock","is_error":true}]}]
          gemini-sse          | contents | [{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"functionCall":{"id":"call_1","name":"weather","args":{"city":"Oslo"}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"call_2","name":"clock","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"call_1","name":"weather","response":{"c":7}}},{"functionResponse":{"id":"call_2","name":"clock","response":{"error":"no clock"}}}]}]
          gemini-interactions | input    | [{"type":"user_input","content":[{"type":"text","text":"Hi"}]},{"type":"function_call","id":"call_1","name":"weather","arguments":{"city":"Oslo"}},{"type":"function_call","id":"call_2","name":"clock","arguments":{}},{"type":"function_result","call_id":"call_1","name":"weather","result":"{\\"c\\":7}"},{"type":"function_result","call_id":"call_2","name":"clock","result":"no clock","is_error":true}]
          ollama-chat         | messages | [{"role":"user","content":"Hi"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Oslo"}}},{"function":{"name":"clock","arguments":{}}}]},{"role":"tool","tool_name":"weather","content":"{\\"c\\":7}"},{"role":"tool","tool_name":"clock","content":"no clock"}]
          """)
  void aToolLoopGoesBack(String dialect, String path, String written) {
    var request =
        ask()
            .assistant("", List.of(CALL, OTHER))
            .toolResult(CALL, "{\"c\":7}")
            .toolError(OTHER, "no clock")
            .build();
    assertThat(at(body(dialect, request), path)).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | tool_choice                          | "auto" | "none" | "required" | {"type":"function","function":{"name":"weather"}}
          openai-responses    | tool_choice                          | "auto" | "none" | "required" | {"type":"function","name":"weather"}
          anthropic-messages  | tool_choice                          | {"type":"auto"} | {"type":"none"} | {"type":"any"} | {"type":"tool","name":"weather"}
          gemini-sse          | toolConfig.functionCallingConfig     | {"mode":"AUTO"} | {"mode":"NONE"} | {"mode":"ANY"} | {"mode":"ANY","allowedFunctionNames":["weather"]}
          gemini-interactions | generation_config.tool_choice        | "auto" | "none" | "any" | {"allowed_tools":{"mode":"any","tools":["weather"]}}
          """)
  void toolsAreChosen(
      String dialect, String path, String auto, String none, String required, String named) {
    var choices =
        Map.of(
            ToolChoice.auto(),
            auto,
            ToolChoice.none(),
            none,
            ToolChoice.required(),
            required,
            ToolChoice.of("weather"),
            named);
    choices.forEach((choice, written) ->
        assertThat(at(body(dialect, ask().toolChoice(choice).build()), path)).isEqualTo(written));
  }

  /** Clones of Chat want it beside the calls; protocols that sign reasoning take their own. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | messages.1.reasoning_content | "Look outside."
          ollama-chat         | messages.1.thinking          | "Look outside."
          openai-responses    | -                            | -
          anthropic-messages  | -                            | -
          gemini-sse          | -                            | -
          gemini-interactions | -                            | -
          """)
  void reasoningGoesBackWhereItIsPlain(String dialect, String path, String written) {
    var with = ask().assistant("", "Look outside.", List.of(CALL)).toolResult(CALL, "7").build();
    var without = ask().assistant("", List.of(CALL)).toolResult(CALL, "7").build();
    if (path.equals("-")) {
      assertThat(body(dialect, with)).isEqualTo(body(dialect, without));
    } else {
      assertThat(at(body(dialect, with), path)).isEqualTo(written);
      assertThat(body(dialect, without).toString()).doesNotContain("outside");
    }
    var answer = ask().assistant("Rain.", "Look outside.", List.of()).user("Sure?").build();
    assertThat(body(dialect, answer).toString().contains("outside")).isEqualTo(!path.equals("-"));
  }

  @Test
  void oneCallAtATime() {
    var request = ask().parallelToolCalls(false).build();
    assertThat(at(body("openai-chat", request), "parallel_tool_calls")).isEqualTo("false");
    assertThat(at(body("openai-responses", request), "parallel_tool_calls")).isEqualTo("false");
    assertThat(at(body("anthropic-messages", request), "tool_choice"))
        .isEqualTo("{\"type\":\"auto\",\"disable_parallel_tool_use\":true}");
    assertThatThrownBy(() -> body("gemini-sse", request))
        .hasMessage(
            "parallelToolCalls: must not be switched off for gemini-sse, which has no switch for"
                + " it, was false");
  }

  @Test
  void aStrictToolIsWrittenAsStrict() {
    var request = ask().tool(new Tool("f", "F", SCHEMA, true)).build();
    assertThat(at(body("openai-chat", request), "tools.0.function.strict")).isEqualTo("true");
    assertThat(at(body("anthropic-messages", request), "tools.0.strict")).isEqualTo("true");
  }

  // ---------------------------------------------------------------- forms and settings

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | response_format                     | {"type":"json_schema","json_schema":{"name":"w","schema":{"type":"object"},"strict":true}}
          openai-responses    | text.format                         | {"type":"json_schema","name":"w","schema":{"type":"object"},"strict":true}
          anthropic-messages  | output_config.format                | {"type":"json_schema","schema":{"type":"object"}}
          gemini-sse          | generationConfig.responseJsonSchema | {"type":"object"}
          gemini-interactions | response_format                     | {"type":"object"}
          ollama-chat         | format                              | {"type":"object"}
          llama-completion    | json_schema                         | {"type":"object"}
          """)
  void aSchemaConstrainsTheAnswer(String dialect, String path, String written) {
    var request = ask().responseFormat(ResponseFormat.schema("w", SCHEMA)).build();
    String text = Dialects.chat(dialect).body(request);
    assertThat(at(json(text), path)).isEqualTo(written);
    // Recovery must not splice such an answer.
    assertThat(Dialects.chat(dialect).facts(text).structured()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | response_format                   | {"type":"json_object"}
          openai-responses    | text.format                       | {"type":"json_object"}
          gemini-sse          | generationConfig.responseMimeType | "application/json"
          gemini-interactions | response_mime_type                | "application/json"
          ollama-chat         | format                            | "json"
          """)
  void anyJsonIsAForm(String dialect, String path, String written) {
    var request = ask().responseFormat(ResponseFormat.json()).build();
    String text = Dialects.chat(dialect).body(request);
    assertThat(at(json(text), path)).isEqualTo(written);
    assertThat(Dialects.chat(dialect).facts(text).structured()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | reasoning_effort                                | "high"
          openai-responses    | reasoning.effort                                | "high"
          anthropic-messages  | output_config.effort                            | "high"
          gemini-sse          | generationConfig.thinkingConfig.thinkingLevel   | "high"
          gemini-interactions | generation_config.thinking_level                | "high"
          ollama-chat         | think                                           | "high"
          """)
  void reasoningHasALevel(String dialect, String path, String written) {
    assertThat(at(body(dialect, ask().reasoning(Reasoning.effort("high")).build()), path))
        .isEqualTo(written);
  }

  @Test
  void reasoningHasALimit() {
    var request = ask().reasoning(Reasoning.budget(2000)).build();
    var messages = body("anthropic-messages", request);
    assertThat(at(messages, "thinking")).isEqualTo("{\"type\":\"enabled\",\"budget_tokens\":2000}");
    assertThat(at(messages, "max_tokens")).isEqualTo("6096");
    assertThat(at(body("gemini-sse", request), "generationConfig.thinkingConfig"))
        .isEqualTo("{\"thinkingBudget\":2000}");
    assertThatThrownBy(() ->
            body(
                "anthropic-messages",
                ask().maxTokens(2000).reasoning(Reasoning.budget(2000)).build()))
        .hasMessage("maxTokens: must be above the reasoning budget, was 2000");
    assertThatThrownBy(() ->
            body(
                "anthropic-messages",
                ask()
                    .assistant("", List.of(CALL))
                    .toolResult(CALL, "7")
                    .reasoning(Reasoning.budget(2000))
                    .build()))
        .hasMessageStartingWith("reasoning: must not have a budget where the tool calls since");
    assertThat(
            at(
                body("anthropic-messages", ask().reasoning(Reasoning.budget(0)).build()),
                "thinking"))
        .isEqualTo("{\"type\":\"disabled\"}");
    assertThat(at(body("ollama-chat", ask().reasoning(Reasoning.budget(0)).build()), "think"))
        .isEqualTo("false");
  }

  @Test
  void settingsHaveTheirNames() {
    var request =
        ask().topK(40).frequencyPenalty(0.5).presencePenalty(-0.5).seed(7).stop("A", "B").build();
    assertThat(at(body("gemini-sse", request), "generationConfig"))
        .isEqualTo(
            "{\"topK\":40,\"seed\":7,\"stopSequences\":[\"A\",\"B\"],\"frequencyPenalty\":0.5,"
                + "\"presencePenalty\":-0.5}");
    assertThat(at(body("ollama-chat", request), "options"))
        .isEqualTo(
            "{\"top_k\":40,\"seed\":7,\"stop\":[\"A\",\"B\"],\"frequency_penalty\":0.5,"
                + "\"presence_penalty\":-0.5}");
    assertThat(at(body("anthropic-messages", ask().topK(40).build()), "top_k")).isEqualTo("40");
    assertThat(at(body("openai-chat", ask().frequencyPenalty(0.5).build()), "frequency_penalty"))
        .isEqualTo("0.5");
  }

  @Test
  void callersAreNamed() {
    var request = ask().metadata("team", "search").userId("u-1").serviceTier("flex").build();
    for (String dialect : List.of("openai-chat", "openai-responses")) {
      var body = body(dialect, request);
      assertThat(at(body, "metadata")).isEqualTo("{\"team\":\"search\"}");
      assertThat(at(body, "user")).isEqualTo("\"u-1\"");
      assertThat(at(body, "service_tier")).isEqualTo("\"flex\"");
    }
    var body = body("anthropic-messages", ask().userId("u-1").serviceTier("auto").build());
    assertThat(at(body, "metadata")).isEqualTo("{\"user_id\":\"u-1\"}");
    assertThat(at(body, "service_tier")).isEqualTo("\"auto\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai-chat topK reasoning-budget",
        "openai-responses topK reasoning-budget seed stop frequencyPenalty presencePenalty",
        "anthropic-messages seed frequencyPenalty presencePenalty responseFormat-json metadata",
        "gemini-sse metadata userId serviceTier",
        "gemini-interactions topK reasoning-budget frequencyPenalty presencePenalty metadata userId"
            + " serviceTier",
        "ollama-chat toolChoice metadata userId serviceTier",
        "llama-completion tools toolChoice parallelToolCalls responseFormat-json reasoning"
            + " reasoning-budget metadata userId serviceTier"
      })
  void whatAProtocolLacksIsRefusedByName(String line) {
    var words = line.split(" ", -1);
    for (int i = 1; i < words.length; i++) {
      String setting = words[i];
      var request = with(setting);
      assertThatThrownBy(() -> body(words[0], request))
          .as(setting)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              setting.replaceAll("-.*", "")
                  + ": must be absent for "
                  + words[0]
                  + ", where it cannot be written, was ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ollama-chat        | toolChoice          | was auto
          openai-chat        | reasoning-budget    | was a budget of 1000 tokens
          llama-completion   | reasoning           | was the effort low
          anthropic-messages | responseFormat-json | was any JSON
          ollama-chat        | metadata            | was 1 member
          """)
  void theRefusedValueIsInPlainWords(String dialect, String setting, String words) {
    var request = with(setting);
    assertThatThrownBy(() -> body(dialect, request)).hasMessageEndingWith(words);
  }

  private static ChatRequest with(String setting) {
    return (switch (setting) {
          case "topK" -> ask().topK(40);
          case "reasoning" -> ask().reasoning(Reasoning.effort("low"));
          case "reasoning-budget" -> ask().reasoning(Reasoning.budget(1000));
          case "seed" -> ask().seed(1);
          case "stop" -> ask().stop("END");
          case "frequencyPenalty" -> ask().frequencyPenalty(1);
          case "presencePenalty" -> ask().presencePenalty(1);
          case "responseFormat-json" -> ask().responseFormat(ResponseFormat.json());
          case "metadata" -> ask().metadata("a", "b");
          case "userId" -> ask().userId("u");
          case "serviceTier" -> ask().serviceTier("flex");
          case "tools" -> ask().tool("f", "F", SCHEMA);
          case "toolChoice" -> ask().toolChoice(ToolChoice.auto());
          case "parallelToolCalls" -> ask().parallelToolCalls(true);
          default -> throw new AssertionError(setting);
        })
        .build();
  }

  @Test
  void boundsAreNamed() {
    assertThatThrownBy(() -> ask().temperature(2.5))
        .hasMessage("temperature: must be from 0 to 2, was 2.5");
    assertThatThrownBy(() -> ask().temperature(Double.NaN))
        .hasMessage("temperature: must be from 0 to 2, was NaN");
    assertThatThrownBy(() -> ask().topP(0))
        .hasMessage("topP: must be above 0 and at most 1, was 0.0");
    assertThatThrownBy(() -> ask().maxTokens(0)).hasMessage("maxTokens: must be positive, was 0");
    assertThatThrownBy(() -> ResponseFormat.schema("two words", SCHEMA))
        .hasMessage("schema name: must be 1 to 64 letters, digits, _ or -, was 'two words'");
    assertThatThrownBy(() ->
            body("openai-chat", ask().responseFormat(ResponseFormat.schema("w", "{oops")).build()))
        .hasMessageStartingWith("schemaJson: must be JSON, was not: ");
  }

  @Test
  void aCopyIsEqualInAll() {
    var request =
        ask()
            .system("S")
            .tool("f", "F", SCHEMA)
            .maxTokens(5)
            .temperature(1)
            .topP(0.5)
            .seed(1)
            .stop("E")
            .frequencyPenalty(1)
            .presencePenalty(1)
            .toolChoice(ToolChoice.required())
            .parallelToolCalls(true)
            .responseFormat(ResponseFormat.json())
            .reasoning(Reasoning.effort("low"))
            .metadata("a", "b")
            .userId("u")
            .serviceTier("flex")
            .with("n", "1")
            .header("X-A", "b")
            .build();
    var copy = request.toBuilder().build();
    var chat = Dialects.chat("openai-chat");
    assertThat(chat.body(copy)).isEqualTo(chat.body(request));
    assertThat(copy.headers()).isEqualTo(request.headers());
    assertThat(chat.body(request.withModel("n")))
        .isEqualTo(chat.body(request).replace("\"model\":\"m\"", "\"model\":\"n\""));
  }
}
