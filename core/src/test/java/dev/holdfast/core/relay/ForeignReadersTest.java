package dev.holdfast.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.relay.Relayed.Answer;
import org.junit.jupiter.api.Test;

/** Whole bodies that SDKs misread leave in the form that every SDK reads alike. */
class ForeignReadersTest {
  private static final String CALL_AT_LIMIT =
      """
      {"candidates":[{"content":{"role":"model","parts":[{"text":"I see to it."}]}}],"responseId":"r","modelVersion":"m"}
      {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"tow","args":{"ship":"Al"}%s}}]},"finishReason":"%s"}],"responseId":"r","modelVersion":"m"}
      """;

  private static String read(String dialect, String body) {
    var plan = Relayed.plan(dialect, Bodies.request(dialect));
    var relayed =
        new Relayed(plan, new Front(dialect, Relayed.HEAD))
            .run((attempt, upstream, request) -> Answer.whole(body), 64);
    assertThat(relayed.ending().verdict().isComplete()).isTrue();
    return relayed.text();
  }

  private static String events(String lines) {
    return "data: " + lines.strip().replace("\n", "\n\ndata: ") + "\n\n";
  }

  /** LangChain4j and google-genai act upon every function call that they see. */
  @Test
  void aCallOfGeminisThatTheLimitHasCutDoesNotLeave() {
    String cut =
        read("gemini-sse", events(CALL_AT_LIMIT.formatted(",\"willContinue\":true", "MAX_TOKENS")));
    assertThat(cut).contains("I see to it.", "MAX_TOKENS").doesNotContain("functionCall");
    String whole = events(CALL_AT_LIMIT.formatted("", "STOP"));
    assertThat(read("gemini-sse", whole)).isEqualTo(whole);
  }

  /** LangChain4j's Ollama model reads the first document of a line. */
  @Test
  void ollamasDocumentsOnOneLineLeaveOnLinesOfTheirOwn() {
    String glued =
        """
        {"model":"m","message":{"role":"assistant","content":"Tow "},"done":false}{"model":"m","message":{"role":"assistant","content":"her }{ home."},"done":false}
        {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
        """;
    String read = read("ollama-chat", glued);
    assertThat(read).contains("Tow ", "her }{ home.").doesNotContain("}{\"");
    String plain = glued.replace("}{\"", "}\n{\"");
    assertThat(read("ollama-chat", plain)).isEqualTo(plain);
  }

  /** LangChain4j's Anthropic model takes arguments from deltas alone. */
  @Test
  void argumentsThatOpenABlockLeaveAsADelta() {
    String body =
        """
        event: message_start
        data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"call_1","name":"tow","input":{"ship":"Alma"}}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}

        event: message_stop
        data: {"type":"message_stop"}

        """;
    assertThat(read("anthropic-messages", body))
        .contains("input_json_delta")
        .containsPattern("\"input\": ?\\{\\}");
  }
}
