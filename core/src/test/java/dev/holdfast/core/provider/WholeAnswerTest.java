package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Transcript;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An answer that is one document says what a stream of it would have said. */
class WholeAnswerTest {
  private record Read(List<StreamEvent> events, Proof proof) {
    String text() {
      var text = new StringBuilder();
      for (var event : events) {
        if (event instanceof StreamEvent.TextDelta delta) {
          text.append(delta.text());
        }
      }
      return text.toString();
    }

    String causes() {
      var causes = new ArrayList<String>();
      for (var event : events) {
        switch (event) {
          case StreamEvent.ErrorReported(var failure) -> causes.add(failure.cause().id());
          case StreamEvent.FrameRejected(var failure) -> causes.add(failure.cause().id());
          default -> {}
        }
      }
      return String.join(" ", causes);
    }
  }

  private static Read read(String dialect, String body, int chunk) {
    var whole = Dialects.chat(dialect).whole();
    var decoder = whole.newDecoder(FrameLimits.DEFAULT);
    var reader = whole.newReader(CompletionPolicy.STRICT);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    var events = new ArrayList<StreamEvent>();
    for (int at = 0; at < bytes.length; at += chunk) {
      decoder.feed(ByteBuffer.wrap(bytes, at, Math.min(chunk, bytes.length - at)));
      assertThat(decoder.poll()).isNull();
    }
    decoder.endOfInput();
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      reader.read(frame, events::add);
    }
    return new Read(events, reader.end(events::add));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | {"id":"a","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hé 👋"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}
          anthropic-messages  | {"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hé "},{"type":"text","text":"👋"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}
          openai-responses    | {"id":"a","object":"response","status":"completed","model":"m","output":[{"type":"message","content":[{"type":"output_text","text":"Hé 👋"}]}],"usage":{"input_tokens":1,"output_tokens":2}}
          gemini-sse          | {"candidates":[{"content":{"parts":[{"text":"Hé 👋"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}
          gemini-interactions | {"id":"a","model":"m","status":"completed","steps":[{"type":"model_output","content":[{"type":"text","text":"Hé 👋"}]}],"usage":{"total_input_tokens":1,"total_output_tokens":2}}
          gemini-interactions | {"id":"a","model":"m","status":"completed","outputs":[{"type":"text","text":"Hé 👋"}],"usage":{"total_input_tokens":1,"total_output_tokens":2}}
          ollama-chat         | {"model":"m","message":{"role":"assistant","content":"Hé 👋"},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}
          """)
  void isReadWithItsTextFinishAndUsage(String dialect, String body) {
    for (int chunk : new int[] {1, 7, 10_000}) {
      var read = read(dialect, body, chunk);
      assertThat(read.proof()).isEqualTo(Proof.CLOSED);
      assertThat(read.text()).isEqualTo("Hé 👋");
      assertThat(read.causes()).isEmpty();
      var transcript = new Transcript();
      read.events().forEach(transcript);
      assertThat(transcript.finishes()).containsOnlyKeys(0);
      assertThat(transcript.usage())
          .extracting(TokenUsage::input, TokenUsage::output)
          .containsExactly(OptionalLong.of(1), OptionalLong.of(2));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat         | {"choices":[{"message":{"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}
          anthropic-messages  | {"id":"a","type":"message","content":[{"type":"tool_use","id":"1","name":"f","input":{}},{"type":"tool_use","id":"2","name":"g","input":{}}],"stop_reason":"tool_use"}
          openai-responses    | {"id":"a","status":"completed","output":[{"type":"function_call","call_id":"1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"2","name":"g","arguments":"{}"}]}
          gemini-interactions | {"id":"a","status":"requires_action","steps":[{"type":"function_call","id":"1","name":"f","arguments":{"a":1}},{"type":"function_call","id":"2","name":"g","arguments":{"a":1}}]}
          """)
  void isReadWithItsToolCalls(String dialect, String body) {
    var transcript = new Transcript();
    read(dialect, body, 100).events().forEach(transcript);
    assertThat(transcript.toolCalls()).extracting(call -> call.name()).containsExactly("f", "g");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat      | {"error":{"message":"no","type":"invalid_request_error"}}       | rejected
          openai-chat      | {"type":"message","content":[]}                                 | protocol-violation
          openai-chat      | [1,2]                                                           | protocol-violation
          openai-chat      | {"choices":[{"message":{"content":"Hel                          | malformed-json
          openai-responses | {"id":"a","status":"failed","output":[],"error":{"code":"server_error"}} | provider-error
          openai-responses | {"id":"a","status":"in_progress","output":[]}                   | ~~
          openai-responses | {"id":"a","status":"cancelled","output":[]}                     | provider-error
          anthropic-messages | {"type":"error","error":{"type":"overloaded_error"}}          | overloaded
          gemini-sse       | {"candidates":[{"content":{"parts":[{"text":"x"}]}}]}           | ~~
          """)
  void thatIsNoneIsNotProven(String dialect, String body, String causes) {
    var read = read(dialect, body.strip(), 100);
    assertThat(read.proof().isProven()).isFalse();
    assertThat(read.causes()).isEqualTo(causes);
  }
}
