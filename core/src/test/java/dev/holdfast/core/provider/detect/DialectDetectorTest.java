package dev.holdfast.core.provider.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who sent a body, told from its first bytes. */
class DialectDetectorTest {
  private static DialectDetector.Detection told(String body) {
    return DialectDetector.detect(body.getBytes(StandardCharsets.UTF_8), null);
  }

  @Test
  void everyRecordingIsDetectedFromItsBytes() throws Exception {
    var root = Wire.recordings();
    assumeTrue(Files.isDirectory(root), "no recordings beside the project: skipped");
    var index = (Json.Arr) Json.parse(Files.readString(root.resolve("index.json")));
    var wrong = new ArrayList<String>();
    for (var item : index.items()) {
      var entry = (Json.Obj) item;
      byte[] bytes = Files.readAllBytes(root.resolve(entry.text("path")));
      var told = DialectDetector.detect(bytes, null);
      if (!told.dialect().equals(entry.text("protocol"))) {
        wrong.add(entry.text("path") + " is told as " + told);
      }
    }
    // One JSON object without a single name that any provider uses.
    assertThat(wrong)
        .containsExactly(
            "vertex/streaming-failure-invalid-json.sse is told as "
                + "Detection[dialect=unknown, reason=assumed: one event, and it has no name]");
    assertThat(index.items()).hasSize(263);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
"""
openai-chat            | data: {"object":"chat.completion.chunk","choices":[{"text":"a","delta":{"content":"a"}}]}
openai-chat            | data: {"choices":[],"prompt_filter_results":[]}
openai-chat            | data: {"choices":[{"index":0,"delta":{"content":"cut in its fi
openai-chat            | error: {"code":500}
openai-chat            | {"error":{"message":"no","type":"x","code":null}}
openai-completions     | data: {"object":"text_completion","choices":[{"text":"a"}]}
openai-completions     | data: {"choices":[{"text":"a"}]}
openai-completions     | data: {"object":"text_completion","choices":[{"te
openai-responses       | data: {"type":"response.created","response":{}}
openai-responses       | data: {"type":"keepalive","sequence_number":0}
openai-responses       | data: {"type":"error","sequence_number":0,"error":{"code":"x"}}
anthropic-messages     | data: {"type":"message_start","message":{}}
anthropic-messages     | data: {"type":"error","error":{"type":"overloaded_error"}}
anthropic-messages     | data: {"type":"ping"}
gemini-sse             | data: {"candidates":[{"content":{"parts":[{"inlineData":{"data":"iVBOR
gemini-sse             | data: {"response":{"candidates":[]}}
gemini-sse             | data: {"promptFeedback":{"blockReason":"SAFETY"}}
gemini-sse             | {"error":{"code":503,"status":"UNAVAILABLE","message":"m"}}
gemini-json-array      | [{"candidates":[]}
gemini-json-array      | [{"error":{"code":503}}]
gemini-interactions    | data: {"event_type":"interaction.created"}
cohere-v2              | data: {"type":"message-start","id":"1"}
cohere-v2              | data: {"type":"tool-plan-delta"}
ollama-chat            | {"model":"m","created_at":"t","message":{"content":"a"},"done":false}
ollama-chat            | {"model":"m","created_at":"t","message":{"content":"a
ollama-generate        | {"model":"m","created_at":"t","response":"a","done":false}
llama-completion       | data: {"index":0,"content":"a","tokens":[1],"stop":false,"id_slot":0}
llama-completion       | {"index":0,"content":"ab","stop":true,"stop_type":"eos","model":"m"}
openai-responses       | {"id":"r","object":"response","created_at":17,"status":"completed","output":[]}
dashscope-cumulative   | data:{"output":{"choices":[{"message":{"content":"a"}}]},"request_id":"r"}
dashscope-cumulative   | data:{"code":"InvalidApiKey","message":"m","request_id":"r"}
tgi-native             | data:{"token":{"id":1,"text":"a"},"generated_text":null}
tgi-native             | data:{"error":"m","error_type":"overloaded"}
""")
  void theFirstEventDecides(String dialect, String body) {
    assertThat(told(body).dialect()).isEqualTo(dialect);
    assertThat(told("\uFEFF" + body + "\r\n\r\n").dialect()).isEqualTo(dialect);
  }

  @Test
  void dashScopeIsIncrementalOnceAnEventDoesNotRepeatTheTextSoFar() {
    String event = "data:{\"output\":{\"text\":\"%s\",\"finish_reason\":\"null\"}}\n\n";
    assertThat(told(event.formatted("a") + event.formatted("ab")))
        .isEqualTo(
            new DialectDetector.Detection(
                "dashscope-cumulative", "events that repeat the text so far"));
    assertThat(told(event.formatted("a") + event.formatted("b")))
        .isEqualTo(
            new DialectDetector.Detection(
                "dashscope-incremental", "an event that does not repeat the text so far"));
    assertThat(told(event.formatted("a") + event.formatted("aa") + event.formatted("b")).dialect())
        .isEqualTo("dashscope-incremental");
    assertThat(told(event.formatted("a") + event.formatted("")).reason()).startsWith("assumed");
    assertThat(told(event.formatted("a\uFFFD") + event.formatted("a\u00e9")).dialect())
        .as("a character written half")
        .isEqualTo("dashscope-cumulative");
  }

  @Test
  void dashScopeIsIncrementalOnceArgumentsComeInPieces() {
    String event =
        "data:{\"output\":{\"choices\":[{\"message\":{\"content\":\"\",\"tool_calls\":"
            + "[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"%s\"}}]}}]}}\n\n";
    assertThat(told(event.formatted("{") + event.formatted("}")).dialect())
        .isEqualTo("dashscope-incremental");
    assertThat(told(event.formatted("{") + event.formatted("{}")).dialect())
        .isEqualTo("dashscope-cumulative");
  }

  @Test
  void aLaterEventBeatsAGuess() {
    assertThat(told("data: {\"type\":\"ping\"}\n\ndata: {\"type\":\"content-start\"}\n\n"))
        .isEqualTo(new DialectDetector.Detection("cohere-v2", "an event of type content-start"));
    String body =
        """
        data: {"choices":[]}

        data: {"object":"text_completion","choices":[{"text":"a"}]}

        """;
    assertThat(told(body).dialect()).isEqualTo("openai-completions");
  }

  @Test
  void commentsAndWhatIsBehindTheLookAheadDecideNothing() {
    String late = ": wait\n\n".repeat(9000) + "data: {\"type\":\"message_start\"}\n\n";
    assertThat(told(late).reason()).startsWith("assumed");
    assertThat(told(late.substring(8000 * 8)).dialect()).isEqualTo("anthropic-messages");
  }

  @Test
  void theMediaTypeDecidesWhereBytesDoNot() {
    byte[] error = "{\"error\":\"no\"}".getBytes(StandardCharsets.UTF_8);
    assertThat(DialectDetector.detect(error, "Application/X-NDJSON; charset=utf-8").dialect())
        .isEqualTo("ollama-chat");
    assertThat(DialectDetector.detect(error, "text/event-stream").dialect())
        .isEqualTo("openai-chat");
    assertThat(DialectDetector.detect(new byte[0], "application/vnd.amazon.eventstream").dialect())
        .isEqualTo("bedrock-converse");
  }

  @Test
  void binaryFramesAreDetectedByTheirPreludeAndType() {
    assertThat(DialectDetector.detect(frame("chunk", 0), null))
        .isEqualTo(new DialectDetector.Detection("bedrock-invoke", "an AWS frame of type chunk"));
    assertThat(DialectDetector.detect(frame("messageStart", 0), null).dialect())
        .isEqualTo("bedrock-converse");
    assertThat(DialectDetector.detect(frame("chunk", 1), null).dialect())
        .as("a broken checksum")
        .isEqualTo(DialectDetector.UNKNOWN);
  }

  private static byte[] frame(String type, int damage) {
    byte[] name = ":event-type".getBytes(StandardCharsets.US_ASCII);
    byte[] value = type.getBytes(StandardCharsets.US_ASCII);
    var out = new ByteArrayOutputStream();
    int headers = 1 + name.length + 1 + 2 + value.length;
    var prelude = ByteBuffer.allocate(12).putInt(12 + headers + 2 + 4).putInt(headers);
    var crc = new CRC32();
    crc.update(prelude.array(), 0, 8);
    out.writeBytes(prelude.putInt((int) crc.getValue() + damage).array());
    out.write(name.length);
    out.writeBytes(name);
    out.write(7);
    out.write(0);
    out.write(value.length);
    out.writeBytes(value);
    out.writeBytes("{}".getBytes(StandardCharsets.US_ASCII));
    return out.toByteArray(); // The last checksum is cut off: nobody needs it to tell.
  }

  @Test
  void noPrefixAndNoDamageMakesItThrow() {
    var body =
        "\uFEFFdata: {\"a\":{\"b\":[\"\\\"]}\",{}]},\"choices\":[{\"text\":1}]}\n\n{\"x\":\\"
            .getBytes(StandardCharsets.UTF_8);
    byte[] binary = frame("chunk", 0);
    for (byte[] whole : new byte[][] {body, binary}) {
      for (int length = 0; length <= whole.length; length++) {
        for (int at = 0; at < length; at++) {
          byte[] bytes = Arrays.copyOf(whole, length);
          bytes[at] ^= (byte) 0xFF;
          assertThat(DialectDetector.detect(bytes, null).dialect()).isNotEmpty();
        }
      }
    }
  }

  /** Found by fuzzing. */
  @Test
  void aLongNameOfAMemberIsCutInTheReason() {
    byte[] body = "[{\"%s\":1}]".formatted("n".repeat(5000)).getBytes(StandardCharsets.UTF_8);

    assertThat(DialectDetector.detect(body, "").reason())
        .startsWith("an array of objects with a member named nnn")
        .hasSizeLessThan(200);
  }
}
