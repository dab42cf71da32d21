package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.verdict.BodyJudge;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model signed before it called a tool goes back with the result, to its provider only. */
class SignedReasoningTest {
  private static final String MESSAGES = "anthropic-messages";
  private static final String RESPONSES = "openai-responses";

  private static final String[] THOUGHT = {
    "{'type':'message_start','message':{'id':'m1'}}",
    "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':''}}",
    "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'Oslo '}}",
    "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'is '}}",
    "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'cold.'}}",
    "{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta','signature':'c2'}}",
    "{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta','signature':'ln'}}",
    "{'type':'content_block_stop','index':0}",
    "{'type':'content_block_start','index':1,'content_block':"
        + "{'type':'redacted_thinking','data':'aGlk'}}",
    "{'type':'content_block_stop','index':1}"
  };
  private static final String[] CALLS = {
    "{'type':'content_block_start','index':2,'content_block':"
        + "{'type':'tool_use','id':'t1','name':'weather','input':{}}}",
    "{'type':'content_block_delta','index':2,'delta':"
        + "{'type':'input_json_delta','partial_json':'{}'}}",
    "{'type':'content_block_stop','index':2}",
    "{'type':'content_block_start','index':3,'content_block':"
        + "{'type':'tool_use','id':'t2','name':'clock','input':{}}}",
    "{'type':'content_block_stop','index':3}",
    "{'type':'message_delta','delta':{'stop_reason':'tool_use'}}",
    "{'type':'message_stop'}"
  };
  private static final String BLOCKS =
      json(
          "[{'type':'thinking','thinking':'Oslo is cold.','signature':'c2ln'},"
              + "{'type':'redacted_thinking','data':'aGlk'}]");
  private static final String ITEM =
      "{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text','text':'Cold.'}],"
          + "'encrypted_content':'ZW5j'}";

  private static String json(String quoted) {
    return quoted.replace('\'', '"');
  }

  private static List<ToolCall> calls(String dialect, String body) {
    var judge = new BodyJudge(Dialects.byId(dialect), FrameLimits.DEFAULT, CompletionPolicy.STRICT);
    BodyJudge.Visitor none = (event, counts) -> {};
    judge.feed(ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)), none);
    judge.end(none);
    assertThat(judge.verdict().isComplete()).as(String.valueOf(judge.failure())).isTrue();
    return judge.toolCalls();
  }

  private static String stream(String[]... parts) {
    var body = new StringBuilder();
    for (String[] part : parts) {
      for (String event : part) {
        body.append("data: ").append(json(event)).append("\n\n");
      }
    }
    return body.toString();
  }

  private static ChatRequest.Builder answered(String text, List<ToolCall> calls) {
    var next = ChatRequest.to("m").user("How warm?").assistant(text, calls);
    calls.forEach(call -> next.toolResult(call, "7"));
    return next;
  }

  private static String body(String dialect, ChatRequest request) {
    return Dialects.chat(dialect).body(request);
  }

  @Test
  void theThinkingBeforeACallPrecedesItInTheNextRequest() {
    var calls = calls(MESSAGES, stream(THOUGHT, CALLS));
    assertThat(calls).extracting(ToolCall::signature).containsExactly(BLOCKS, "");
    String body = body(MESSAGES, answered("So:", calls).reasoning(Reasoning.budget(2000)).build());
    assertThat(body)
        .contains(
            "\"content\":"
                + BLOCKS.substring(0, BLOCKS.length() - 1)
                + json(",{'type':'text','text':'So:'},{'type':'tool_use','id':'t1'"))
        .contains("budget_tokens");
  }

  @Test
  void thinkingBetweenCallsStaysBetweenThem() {
    String[] between = {
      "{'type':'content_block_start','index':4,'content_block':"
          + "{'type':'thinking','thinking':'And?','signature':'czI='}}",
      "{'type':'content_block_stop','index':4}",
      "{'type':'content_block_start','index':5,'content_block':"
          + "{'type':'tool_use','id':'t3','name':'clock','input':{}}}",
      "{'type':'content_block_stop','index':5}"
    };
    String[] opened = {CALLS[0], CALLS[1], CALLS[2]};
    String[] ended = {CALLS[5], CALLS[6]};
    var calls = calls(MESSAGES, stream(THOUGHT, opened, between, ended));
    assertThat(body(MESSAGES, answered("", calls).build()))
        .contains(
            json(
                "'input':{}},{'type':'thinking','thinking':'And?','signature':'czI='},"
                    + "{'type':'tool_use','id':'t3'"));
  }

  @Test
  void anAnswerThatCameAsOneDocumentIsReadTheSame() {
    var calls =
        calls(
            MESSAGES,
            json("{'type':'message','id':'m1','role':'assistant','content':")
                + BLOCKS.substring(0, BLOCKS.length() - 1)
                + json(
                    ",{'type':'tool_use','id':'t1','name':'weather','input':{}}],"
                        + "'stop_reason':'tool_use'}"));
    assertThat(calls).extracting(ToolCall::signature).containsExactly(BLOCKS);
  }

  @Test
  void unsignedThinkingIsNotSentBack() {
    String[] clone = {
      THOUGHT[0], THOUGHT[1], THOUGHT[2], "{'type':'content_block_stop','index':0}"
    };
    var calls = calls(MESSAGES, stream(clone, CALLS));
    assertThat(calls).extracting(ToolCall::signature).containsExactly("", "");
    assertThatThrownBy(
            () -> body(MESSAGES, answered("", calls).reasoning(Reasoning.budget(2000)).build()))
        .hasMessageStartingWith("reasoning: must not have a budget where the tool calls since");
  }

  /** The rule concerns the turn that is under way; the provider drops the reasoning of others. */
  @Test
  void unsignedCallsOfAnEarlierTurnDoNotForbidABudget() {
    var call = new ToolCall(0, "t0", "weather", "{}");
    var request =
        answered("", List.of(call))
            .assistant("7 degrees.")
            .user("And now?")
            .reasoning(Reasoning.budget(2000))
            .build();
    assertThat(body(MESSAGES, request)).contains("budget_tokens");
  }

  /** Half of it would not match the signature. */
  @Test
  void thinkingWithoutEndIsNotKept() {
    String piece = "x".repeat(100_000);
    var body = new StringBuilder(stream(new String[] {THOUGHT[0], THOUGHT[1]}));
    for (int i = 0; i < 11; i++) {
      body.append(
          stream(
              new String[] {
                "{'type':'content_block_delta','index':0,'delta':"
                    + "{'type':'thinking_delta','thinking':'"
                    + piece
                    + "'}}"
              }));
    }
    body.append(stream(new String[] {THOUGHT[5], THOUGHT[7]}, CALLS));
    assertThat(calls(MESSAGES, body.toString()))
        .extracting(ToolCall::signature)
        .containsExactly("", "");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void encryptedReasoningPrecedesItsCallInResponses(boolean streamed) {
    String call = "{'type':'function_call','call_id':'c1','name':'weather','arguments':'{}'}";
    String end =
        "{'id':'r1','object':'response','status':'completed','output':[" + ITEM + "," + call + "]}";
    String body =
        streamed
            ? stream(
                new String[] {
                  "{'type':'response.created','response':{'id':'r1'}}",
                  "{'type':'response.output_item.done','output_index':0,'item':" + ITEM + "}",
                  "{'type':'response.output_item.done','output_index':1,'item':" + call + "}",
                  "{'type':'response.completed','response':" + end + "}"
                })
            : json(end);
    var calls = calls(RESPONSES, body);
    assertThat(calls).extracting(ToolCall::signature).containsExactly(json("[" + ITEM + "]"));
    assertThat(body(RESPONSES, answered("", calls).build()))
        .contains(json(ITEM + ",{'type':'function_call','call_id':'c1'"));
  }

  /** The server may not have kept what has only an id. */
  @Test
  void reasoningThatCannotBeSentBackIsNot() {
    String item = "{'type':'reasoning','id':'rs_1','summary':[]}";
    var calls =
        calls(
            RESPONSES,
            stream(
                new String[] {
                  "{'type':'response.created','response':{'id':'r1'}}",
                  "{'type':'response.output_item.done','output_index':0,'item':" + item + "}",
                  "{'type':'response.output_item.done','output_index':1,'item':"
                      + "{'type':'function_call','call_id':'c1','name':'w','arguments':'{}'}}",
                  "{'type':'response.completed','response':{'status':'completed'}}"
                }));
    assertThat(calls).extracting(ToolCall::signature).containsExactly("");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai-chat",
        "openai-responses",
        "anthropic-messages",
        "gemini-sse",
        "gemini-interactions",
        "ollama-chat"
      })
  void noOtherProviderReceivesASignature(String dialect) {
    for (String signature :
        List.of(BLOCKS, json("[" + ITEM + "]"), "c2ln", "[", "[7]", json("[{'type':'text'}]"))) {
      var call = new ToolCall(0, "c1", "weather", "{}", signature);
      String body = body(dialect, answered("So:", List.of(call)).build());
      boolean own =
          switch (dialect) {
            case MESSAGES -> signature.equals(BLOCKS);
            case RESPONSES -> signature.contains("ZW5j");
            case "gemini-sse" -> signature.equals("c2ln");
            default -> false;
          };
      assertThat(Json.isValid(body)).isTrue();
      assertThat(body.contains("c2ln") || body.contains("aGlk") || body.contains("ZW5j"))
          .as(body)
          .isEqualTo(own);
    }
  }
}
