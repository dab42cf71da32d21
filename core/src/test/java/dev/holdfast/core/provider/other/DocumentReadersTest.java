package dev.holdfast.core.provider.other;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Transcript;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the fixtures cannot say: single events, proof step by step, bounds. */
class DocumentReadersTest {
  private static List<StreamEvent> read(DialectReader reader, String data) {
    var events = new ArrayList<StreamEvent>();
    reader.read(Frame.event("message", data), events::add);
    return events;
  }

  private static StreamEvent.FrameRejected onlyRejection(List<StreamEvent> events) {
    assertThat(events).hasSize(1);
    return (StreamEvent.FrameRejected) events.getFirst();
  }

  private static DialectReader reader(String id) {
    return Wire.reader(id);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ollama-chat           | {'message':'x','done':true}",
        "ollama-chat           | {'message':{'content':5},'done':true}",
        "ollama-chat           | {'message':{'tool_calls':{'a':1}},'done':true}",
        "ollama-generate       | {'response':['x'],'done':true}",
        "ollama-generate       | {'response':'x','thinking':7,'done':true}",
        "llama-completion      | {'content':5,'stop':true}",
        "llama-completion      | {'content':'x','stop':'yes'}",
        "llama-completion      | {'index':-1,'content':'x','stop':true}",
        "llama-completion      | {'index':4096,'content':'x','stop':true}",
        "cohere-v2             | {'type':'message-end','delta':'x'}",
        "cohere-v2             | {'type':'content-delta','delta':{'message':{'content':'x'}}}",
        "cohere-v2             | {'type':'tool-plan-delta','delta':{'message':{'tool_plan':[1]}}}",
        "cohere-v2             | {'type':'tool-call-delta','delta':{'message':{'tool_calls':[1]}}}",
        "tgi-native            | {'token':'x','generated_text':'x'}",
        "tgi-native            | {'token':{'text':5},'generated_text':'x'}",
        "dashscope-cumulative  | {'output':{'choices':{'a':1}}}",
        "dashscope-cumulative  | {'output':{'text':5,'finish_reason':'stop'}}",
        "dashscope-incremental | {'output':'x'}",
        "dashscope-incremental | {'output':{'choices':['x']}}",
        "dashscope-incremental | {'output':{'choices':[{'index':-1,'finish_reason':'stop'}]}}",
        "dashscope-incremental | {'output':{'choices':[{'index':4096,'finish_reason':'stop'}]}}",
        "dashscope-incremental | {'output':{'choices':[{'message':{'content':5}}]}}"
      })
  void whatHasTheWrongShapeIsRefusedWholeAndProvesNothing(String id, String json) {
    var reader = reader(id);
    var events = read(reader, json.replace('\'', '"'));
    events.removeIf(event -> event instanceof StreamEvent.Started);
    assertThat(onlyRejection(events).failure().cause()).isEqualTo(Cause.PROTOCOL_VIOLATION);
    assertThat(reader.end(event -> {})).isEqualTo(Proof.OPEN);
  }

  @ParameterizedTest
  @CsvSource({
    "ollama-chat",
    "ollama-generate",
    "tgi-native",
    "cohere-v2",
    "dashscope-cumulative",
    "dashscope-incremental"
  })
  void whatIsNoObjectIsRefused(String id) {
    for (var data : List.of("5", "\"x\"", "null", "[1]", "true")) {
      assertThat(onlyRejection(read(reader(id), data)).failure().cause())
          .isEqualTo(Cause.MALFORMED_JSON);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ollama-chat",
    "ollama-generate",
    "llama-completion",
    "tgi-native",
    "cohere-v2",
    "dashscope-cumulative",
    "dashscope-incremental"
  })
  void aCleanEndProvesOnlyWhereTheOperatorDecidesSo(String id) {
    var strict = reader(id);
    read(strict, first(id));
    assertThat(strict.end(event -> {})).isEqualTo(Proof.OPEN);
    var trusting = Dialects.byId(id).newReader(CompletionPolicy.EOF);
    read(trusting, first(id));
    assertThat(trusting.proof()).isEqualTo(Proof.OPEN);
    assertThat(trusting.end(event -> {})).isEqualTo(Proof.CLOSED);
    var silent = Dialects.byId(id).newReader(CompletionPolicy.EOF);
    assertThat(silent.end(event -> {})).as("nothing is no answer").isEqualTo(Proof.OPEN);
    var cut = Dialects.byId(id).newReader(CompletionPolicy.EOF);
    read(cut, first(id));
    String half = id.startsWith("ollama") ? "{\"mess" : "data: {\"mess";
    byte[] bytes = half.getBytes(StandardCharsets.UTF_8);
    assertThat(Wire.read(id, cut, bytes, bytes.length, bytes.length).proof()).isEqualTo(Proof.OPEN);
  }

  @ParameterizedTest
  @CsvSource({
    "llama-completion",
    "tgi-native",
    "cohere-v2",
    "dashscope-cumulative",
    "dashscope-incremental"
  })
  void theMarkerAloneProvesOnlyWhereTheOperatorDecidesSo(String id) {
    var strict = reader(id);
    read(strict, first(id));
    assertThat(read(strict, "[DONE]")).containsExactly(new StreamEvent.DoneMarker());
    assertThat(strict.proof()).isEqualTo(Proof.CLOSED_UNPROVEN);
    var trusting = Dialects.byId(id).newReader(CompletionPolicy.DONE_MARKER);
    read(trusting, first(id));
    read(trusting, "[DONE]");
    assertThat(trusting.proof()).isEqualTo(Proof.CLOSED);
    var silent = Dialects.byId(id).newReader(CompletionPolicy.DONE_MARKER);
    read(silent, "[DONE]");
    assertThat(silent.proof()).as("nothing is no answer").isEqualTo(Proof.CLOSED_UNPROVEN);
  }

  /** {@return a document that begins an answer} */
  private static String first(String id) {
    return switch (id) {
      case "ollama-chat" -> "{\"message\":{\"content\":\"Hi\"},\"done\":false}";
      case "ollama-generate" -> "{\"response\":\"Hi\",\"done\":false}";
      case "llama-completion" -> "{\"content\":\"Hi\",\"stop\":false}";
      case "tgi-native" -> "{\"token\":{\"text\":\"Hi\"},\"generated_text\":null}";
      case "cohere-v2" ->
          "{\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"Hi\"}}}}";
      default -> "{\"output\":{\"text\":\"Hi\",\"finish_reason\":\"null\"}}";
    };
  }

  @Nested
  class OfOllama {
    private final DialectReader reader = reader("ollama-chat");

    @Test
    void beginsWithTheModelAndEndsWithReasonAndCounts() {
      assertThat(read(reader, "{\"model\":\"toy\",\"message\":{\"content\":\"Hi\"}}"))
          .containsExactly(new StreamEvent.Started("", "toy"), new StreamEvent.TextDelta(0, "Hi"));
      assertThat(reader.proof()).isEqualTo(Proof.OPEN);
      assertThat(
              read(
                  reader,
                  "{\"model\":\"toy\",\"done\":true,\"done_reason\":\"length\","
                      + "\"prompt_eval_count\":-7,\"eval_count\":3}"))
          .containsExactly(
              new StreamEvent.Usage(
                  TokenUsage.of(-1, 3, "{\"prompt_eval_count\":-7,\"eval_count\":3}")),
              new StreamEvent.Finished(0, new Finish(Finish.Reason.LENGTH, "length")));
      assertThat(reader.proof()).isEqualTo(Proof.CLOSED);
    }

    @Test
    void theMarkerOfAnotherProtocolIsNoDocument() {
      assertThat(onlyRejection(read(reader, "[DONE]")).failure().cause())
          .isEqualTo(Cause.MALFORMED_JSON);
      assertThat(onlyRejection(read(reader, ": ping")).failure().cause())
          .isEqualTo(Cause.MALFORMED_JSON);
    }

    @Test
    void toolCallsAreBounded() {
      var transcript = new Transcript();
      String call = "{\"function\":{\"name\":\"f\",\"arguments\":{}}}";
      for (int i = 0; i < 600; i++) {
        reader.read(
            Frame.event("message", "{\"message\":{\"tool_calls\":[" + call + "]}}"), transcript);
      }
      assertThat(transcript.toolCalls()).hasSize(ToolCalls.MAX_CALLS);
      assertThat(transcript.rejection()).isNotNull();
      assertThat(transcript.rejection().cause()).isEqualTo(Cause.LIMIT_EXCEEDED);
    }
  }

  @Nested
  class OfCohere {
    private final DialectReader reader = reader("cohere-v2");

    @Test
    void isProvenByTheEndAndClosedByTheMarker() {
      assertThat(read(reader, "{\"type\":\"message-start\",\"id\":\"m1\"}"))
          .containsExactly(new StreamEvent.Started("m1", ""));
      assertThat(read(reader, "{\"type\":\"message-start\",\"id\":\"m1\"}")).isEmpty();
      read(reader, "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}");
      assertThat(reader.proof()).isEqualTo(Proof.PROVEN);
      read(reader, "[DONE]");
      assertThat(reader.proof()).isEqualTo(Proof.CLOSED);
    }

    @Test
    void nothingOfASecondAnswerIsReadUnderAnyPolicy() {
      for (var policy : CompletionPolicy.values()) {
        var spliced = new CohereV2Reader(policy);
        read(spliced, "{\"type\":\"message-start\",\"id\":\"m1\"}");
        read(
            spliced,
            "{\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"a\"}}}}");
        var events = read(spliced, "{\"type\":\"message-start\",\"id\":\"m2\"}");
        assertThat(((StreamEvent.ErrorReported) events.getFirst()).failure().cause())
            .isEqualTo(Cause.PROTOCOL_VIOLATION);
        assertThat(read(spliced, "{\"type\":\"message-end\",\"delta\":{}}")).isEmpty();
        assertThat(read(spliced, "[DONE]")).isEmpty();
        assertThat(spliced.end(event -> {})).isEqualTo(Proof.OPEN);
      }
    }

    @Test
    void whatHoldfastDoesNotReadIsOpaque() {
      assertThat(read(reader, "{\"type\":\"citation-start\",\"index\":0,\"delta\":{}}"))
          .containsExactly(new StreamEvent.Opaque("citation-start"));
    }
  }

  @Nested
  class OfTgi {
    private final DialectReader reader = reader("tgi-native");

    @Test
    void isProvenAndClosedByTheWholeText() {
      read(reader, "{\"token\":{\"text\":\"Hi\"},\"generated_text\":null}");
      assertThat(reader.proof()).isEqualTo(Proof.OPEN);
      assertThat(
              read(
                  reader,
                  "{\"token\":{\"text\":\"</s>\",\"special\":true},\"generated_text\":\"Hi\","
                      + "\"details\":{\"finish_reason\":\"eos_token\",\"generated_tokens\":2}}"))
          .containsExactly(
              new StreamEvent.Usage(TokenUsage.of(-1, 2, "{\"generated_tokens\":2}")),
              new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "eos_token")));
      assertThat(reader.proof()).isEqualTo(Proof.CLOSED);
    }
  }

  @Nested
  class OfDashScope {
    private final DialectReader reader = reader("dashscope-cumulative");

    private static String said(int index, String text, String finish) {
      return """
      {"output":{"choices":[{"index":%d,"message":{"content":"%s"},"finish_reason":"%s"}]}}\
      """
          .formatted(index, text, finish);
    }

    @Test
    void onlyWhatIsNewIsHandedOn() {
      read(reader, said(0, "Hi", "null"));
      assertThat(read(reader, said(0, "Hi", "null"))).isEmpty();
      assertThat(read(reader, said(0, "Hi there", "null")))
          .containsExactly(new StreamEvent.TextDelta(0, " there"));
    }

    @Test
    void everyChoiceMustFinishAndTheBodysEndCloses() {
      read(reader, said(0, "a", "stop"));
      assertThat(reader.proof()).isEqualTo(Proof.PROVEN);
      read(reader, said(1, "b", "null"));
      assertThat(reader.proof()).isEqualTo(Proof.OPEN);
      read(reader, said(1, "bc", "stop"));
      assertThat(reader.proof()).isEqualTo(Proof.PROVEN);
      assertThat(reader.end(event -> {})).isEqualTo(Proof.CLOSED);
    }

    @Test
    void aCharacterWrittenHalfWaitsForItsOtherHalf() {
      read(reader, said(0, "a", "null"));
      assertThat(read(reader, said(0, "a\uFFFD\uFFFD", "null"))).isEmpty();
      assertThat(read(reader, said(0, "a漢", "null")))
          .containsExactly(new StreamEvent.TextDelta(0, "漢"));
      assertThat(read(reader, said(0, "a漢\uFFFD", "stop")))
          .containsExactly(
              new StreamEvent.TextDelta(0, "\uFFFD"),
              new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "stop")));
    }

    @Test
    void whatMustBeRememberedIsBounded() {
      String large = "x".repeat(1 << 20);
      for (int i = 0; i < 4; i++) {
        assertThat(read(reader, said(i, large, "null")))
            .contains(new StreamEvent.TextDelta(i, large));
      }
      var refused = onlyRejection(read(reader, said(5, "y", "stop")));
      assertThat(refused.failure().cause()).isEqualTo(Cause.LIMIT_EXCEEDED);
      assertThat(refused.failure().isRetryable()).isFalse();
      assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    }

    @Test
    void argumentsThatAreTakenBackAreRefused() {
      String calls =
          """
          {"output":{"choices":[{"message":{"tool_calls":[{"index":0,"id":"c","function":\
          {"name":"f","arguments":"%s"}}]},"finish_reason":"%s"}]}}\
          """;
      assertThat(read(reader, calls.formatted("[1", "null")))
          .contains(new StreamEvent.ToolCallDelta(0, 0, "c", "f", "[1"));
      assertThat(
              onlyRejection(read(reader, calls.formatted("[2]", "tool_calls"))).failure().cause())
          .isEqualTo(Cause.PROTOCOL_VIOLATION);
      assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    }

    @ParameterizedTest
    @CsvSource({
      "InvalidParameter, REJECTED, false",
      "InvalidApiKey, REJECTED, false",
      "Arrearage, REJECTED, false",
      "DataInspectionFailed, REJECTED, false",
      "Throttling.RateQuota, RATE_LIMITED, true",
      "ServiceUnavailable, OVERLOADED, true",
      "InternalError.Timeout, PROVIDER_ERROR, true"
    })
    void codesShowWhoseFaultItIs(String code, Cause cause, boolean heals) {
      var events = read(reader, "{\"code\":\"%s\",\"message\":\"m\"}".formatted(code));
      var failure = ((StreamEvent.ErrorReported) events.getFirst()).failure();
      assertThat(failure.cause()).isEqualTo(cause);
      assertThat(failure.isRetryable()).isEqualTo(heals);
    }
  }
}
