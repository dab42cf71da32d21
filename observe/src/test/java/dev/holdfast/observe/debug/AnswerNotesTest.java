package dev.holdfast.observe.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.report.HtmlReport;
import dev.holdfast.observe.debug.rules.Finding;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of answers that ended, and are not what was asked for. */
class AnswerNotesTest {
  private static final String CHUNK =
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n";

  private static String chunk(String delta) {
    return String.format(Locale.ROOT, CHUNK, delta, "null");
  }

  private static String finish(String reason) {
    return String.format(Locale.ROOT, CHUNK, "{}", '"' + reason + '"');
  }

  private static String call(int index, String id, String name, String arguments) {
    String quoted = arguments.replace("\\", "\\\\").replace("\"", "\\\"");
    return chunk(
        "{\"tool_calls\":[{\"index\":"
            + index
            + (id.isEmpty() ? "" : ",\"id\":\"" + id + "\",\"type\":\"function\"")
            + ",\"function\":{"
            + (name.isEmpty() ? "" : "\"name\":\"" + name + "\",")
            + "\"arguments\":\""
            + quoted
            + "\"}}]}");
  }

  private static DebugReport debug(String body) {
    var played = new Played(Redactor.SHAPES, HttpDecoder.Input.BODY);
    played.wire(body.getBytes(StandardCharsets.UTF_8));
    played.session.end(WireEnd.UNKNOWN, "", 0);
    return played.session.report();
  }

  private static Finding found(DebugReport report, String name) {
    return Stream.concat(Stream.of(report.diagnosis().main()), report.diagnosis().notes().stream())
        .filter(finding -> finding.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " in " + report.diagnosis()));
  }

  private static boolean has(DebugReport report, String name) {
    return Stream.concat(Stream.of(report.diagnosis().main()), report.diagnosis().notes().stream())
        .anyMatch(finding -> finding.name().equals(name));
  }

  private static final String ROLE = chunk("{\"role\":\"assistant\",\"content\":\"\"}");

  @Nested
  class AnEmptyAnswer {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            chat                  | data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}#data: [DONE]
            chat, white space     | data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"\\n\\n"},"finish_reason":"stop"}]}#data: [DONE]
            chat, reasoning       | data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Hm."},"finish_reason":"stop"}]}#data: [DONE]
            chat, calls announced | data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":"tool_calls"}]}#data: [DONE]
            messages              | event: message_start@data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}#event: message_delta@data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}#event: message_stop@data: {"type":"message_stop"}
            messages, thinking    | event: message_start@data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}#event: content_block_start@data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}#event: content_block_delta@data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}#event: content_block_stop@data: {"type":"content_block_stop","index":0}#event: message_delta@data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}#event: message_stop@data: {"type":"message_stop"}
            responses             | event: response.created@data: {"type":"response.created","sequence_number":0,"response":{"id":"r","object":"response","created_at":1,"model":"m","status":"in_progress","output":[]}}#event: response.completed@data: {"type":"response.completed","sequence_number":1,"response":{"id":"r","object":"response","created_at":1,"model":"m","status":"completed","output":[]}}
            gemini                | data: {"candidates":[{"content":{"role":"model"},"finishReason":"STOP","index":0}],"modelVersion":"m","responseId":"r"}
            gemini, no content    | data: {"candidates":[{"finishReason":"STOP","index":0}],"modelVersion":"m","responseId":"r"}
            gemini, thought       | data: {"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true}],"role":"model"},"finishReason":"STOP","index":0}],"modelVersion":"m","responseId":"r"}
            ollama                | {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
            """)
    void isReportedAsEmpty(String name, String body) {
      var report = debug(body.replace("#", "\n\n").replace("@", "\n") + "\n\n");
      assertThat(report.verdict()).isNotNull();
      assertThat(Objects.requireNonNull(report.verdict()).isComplete())
          .as("%s", report.cause())
          .isTrue();
      assertThat(report.diagnosis().main().name())
          .as("%s", report.diagnosis())
          .isEqualTo("empty-answer");
      boolean reasoned =
          name.contains("reasoning") || name.contains("thought") || name.contains("thinking");
      assertThat(report.diagnosis().main().summary().contains("reasoned")).isEqualTo(reasoned);
    }

    @Test
    void isNoneWithOneCharacterACallARefusalOrSound() {
      assertThat(has(debug(ROLE + chunk("{\"content\":\"!\"}") + finish("stop")), "empty-answer"))
          .isFalse();
      assertThat(
              has(debug(ROLE + call(0, "a", "ping", "{}") + finish("tool_calls")), "empty-answer"))
          .isFalse();
      assertThat(has(debug(ROLE + chunk("{\"refusal\":\"No.\"}") + finish("stop")), "empty-answer"))
          .isFalse();
      assertThat(
              has(
                  debug(ROLE + chunk("{\"audio\":{\"data\":\"AA\"}}") + finish("stop")),
                  "empty-answer"))
          .isFalse();
    }

    @Test
    void whereALimitOrAFilterEndedItIsTheirs() {
      assertThat(has(debug(ROLE + finish("length")), "empty-answer")).isFalse();
      assertThat(has(debug(ROLE + finish("length")), "token-limit")).isTrue();
      assertThat(has(debug(ROLE + finish("content_filter")), "empty-answer")).isFalse();
    }

    @Test
    void mayBeOneOfSeveralChoices() {
      String other = ROLE.replace("\"index\":0", "\"index\":1");
      String body =
          ROLE
              + other
              + chunk("{\"content\":\"Yes.\"}")
              + finish("stop")
              + finish("stop").replace("\"index\":0", "\"index\":1");
      var finding = found(debug(body), "empty-answer");
      assertThat(finding.evidence()).anyMatch(line -> line.contains("[1]"));
    }
  }

  @Nested
  class ACallThatIsNotWhole {
    private Finding of(String body, String name) {
      var finding = found(debug(body + Played.DONE), name);
      assertThat(finding.advice()).anyMatch(line -> line.contains("never run a call"));
      assertThat(String.join(" ", finding.advice()).contains("stricter schema"))
          .isEqualTo(name.equals("broken-tool-call"));
      return finding;
    }

    @Test
    void wasCutByTheTokenLimit() {
      var finding =
          of(
              ROLE
                  + call(0, "a", "save", "")
                  + call(0, "", "", "{\"title\":\"Long")
                  + finish("length"),
              "tool-call-cut-by-limit");
      assertThat(finding.advice().getFirst()).contains("max_tokens");
      assertThat(finding.evidence()).anyMatch(line -> line.contains("'save'"));
    }

    @Test
    void wasCutByTheTokenLimitBeforeItsArguments() {
      of(ROLE + call(0, "a", "delete_all", "") + finish("length"), "tool-call-cut-by-limit");
    }

    @Test
    void wasCutThoughTheAnswerHasItsEnd() {
      var finding =
          of(
              ROLE
                  + call(0, "call_t", "save", "")
                  + call(0, "", "", "{\"title\":\"Long")
                  + finish("tool_calls"),
              "tool-call-cut");
      assertThat(finding.summary()).contains("stops before its own");
    }

    @Test
    void isWrongInTheMiddle() {
      of(
          ROLE + call(0, "a", "save", "{\"title\": Long}") + finish("tool_calls"),
          "broken-tool-call");
    }

    @Test
    void isSeveralInOne() {
      of(
          ROLE + call(0, "a", "look", "{\"a\":1}{\"b\":2}") + finish("tool_calls"),
          "tool-calls-share-an-index");
    }

    @Test
    void repeatsItselfInEachPiece() {
      String body = ROLE + call(0, "a", "find", "{\"q\":") + call(0, "", "", "{\"q\":\"tide\",");
      of(body + finish("tool_calls"), "cumulative-arguments");
    }

    @Test
    void neverGotAName() {
      of(ROLE + call(0, "a", "", "{\"a\":1}") + finish("tool_calls"), "nameless-tool-call");
    }

    @Test
    void ofAStreamThatBrokeOffIsNotTheReason() {
      var report = debug(ROLE + call(0, "a", "save", "{\"title\":\"Lo"));
      assertThat(report.diagnosis().main().name()).isEqualTo("truncated");
    }
  }

  @Test
  void aFullContextWindowIsNoTokenLimit() {
    String body =
        """
        event: message_start
        data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"The"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"},"usage":{"output_tokens":2}}

        event: message_stop
        data: {"type":"message_stop"}

        """;
    var report = debug(body);
    var finding = found(report, "context-window");
    assertThat(has(report, "token-limit")).isFalse();
    assertThat(finding.advice()).anyMatch(line -> line.startsWith("shorten or compact"));
    assertThat(finding.advice()).anyMatch(line -> line.contains("max_tokens does nothing"));

    var paused =
        found(debug(body.replace("model_context_window_exceeded", "pause_turn")), "paused");
    assertThat(paused.advice()).anyMatch(line -> line.startsWith("send the content back as it is"));
  }

  @ParameterizedTest
  @CsvSource({
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE"
  })
  void aMalformedCallIsShownWithTheProvidersOwnMessage(String finish) {
    String said = "Malformed function call: look(<b>x</b>" + "y".repeat(500);
    var report =
        debug(
            "data: {\"candidates\":[{\"finishReason\":\""
                + finish
                + "\",\"finishMessage\":\""
                + said
                + "\",\"index\":0}],\"modelVersion\":\"m\",\"responseId\":\"r\"}\n\n");
    var finding = found(report, "malformed-call");
    assertThat(finding.advice()).anyMatch(line -> line.startsWith("ask again"));
    assertThat(finding.evidence())
        .anyMatch(line -> line.startsWith("its words: Malformed function"));
    assertThat(finding.evidence()).allMatch(line -> line.length() < 200);
    assertThat(HtmlReport.of(report, "")).contains("look(&lt;b&gt;").doesNotContain("<b>x");
    assertThat(has(report, "empty-answer")).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"detail":"upstream timed out"}
          {"status":"failed","info":"worker died"}
          {"type":"error","info":"worker died"}
          {"success":false,"code":5000}
          {"statusCode":502,"body":"bad"}
          {"id":"c","choices":[],"usage":null,"vendor":{"exception":{"name":"WorkerDied"}}}
          {"message":"The engine is gone."}
          """)
  void doneAfterAnErrorOfAnotherShapeIsNoProof(String event) {
    var report = debug(ROLE + Played.TOKEN + "data: " + event + "\n\n" + Played.DONE);
    var main = report.diagnosis().main();
    assertThat(Objects.requireNonNull(report.verdict()).isComplete()).isFalse();
    assertThat(main.advice()).noneMatch(line -> line.contains("DONE_MARKER"));
    if (main.name().equals("done-without-finish")) {
      assertThat(main.evidence())
          .anyMatch(line -> line.startsWith("an event before the marker: {"));
    }
  }

  @Test
  void doneAfterNothingOddMayBeAServersWay() {
    var main = debug(ROLE + Played.TOKEN + Played.DONE).diagnosis().main();
    assertThat(main.name()).isEqualTo("done-without-finish");
    assertThat(main.advice()).anyMatch(line -> line.contains("DONE_MARKER"));
  }

  @Test
  void aRequestLargerThanItsRateLimitIsNotToBeSentAgain() {
    String error =
        "{\"error\":{\"message\":\"Request too large for toy-4 on tokens per min (TPM): Limit"
            + " 30000, Requested 45000.\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}";
    var inStream =
        debug(ROLE.replace("\"\"", "null") + "data: " + error + "\n\n").diagnosis().main();
    assertThat(inStream.name()).isEqualTo("request-over-rate-limit");
    var played = new Played().asked();
    played.wire(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: " + error.length() + "\r\n\r\n" + error);
    played.session.end(played.session.doneEnd(), "", 0);
    var answered = played.session.report().diagnosis().main();
    assertThat(answered.name()).isEqualTo("request-over-rate-limit");
    assertThat(answered.advice()).anyMatch(line -> line.startsWith("make the request smaller"));
  }
}
