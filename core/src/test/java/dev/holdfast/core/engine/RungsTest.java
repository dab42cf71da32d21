package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rungs that are more than one new request, each in its provider's own protocol. */
class RungsTest {
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final String START = "Once upon a time there was a small stream that ran down";

  private static Driven begun(String dialect, String body, Rung... rungs) {
    return begun(StreamPolicy.DEFAULT, dialect, body, rungs);
  }

  private static Driven begun(StreamPolicy policy, String dialect, String body, Rung... rungs) {
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat(dialect),
                body,
                new Capability(List.of(rungs), Prefill.PLAIN),
                policy));
    driven.signal(new Signal.Begin());
    return driven;
  }

  private static ProviderRequest last(Driven driven) {
    return driven.calls.getLast();
  }

  /** OpenAI Responses. */
  @Nested
  class Cursor {
    private static final String KEPT = "{\"model\":\"m\",\"background\":true,\"input\":\"Tell\"}";

    private Driven cut() {
      return begun("openai-responses", KEPT, Rung.CURSOR, Rung.ANCHOR)
          .head(200)
          .bytes(event(0, "response.created", "\"response\":{\"id\":\"resp_7\",\"model\":\"m\"}"))
          .bytes(text(1, START))
          .bytes(text(2, " the"))
          .fail(RESET);
    }

    private String event(int number, String type, String rest) {
      return "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%d,%s}\n\n"
          .formatted(type, type, number, rest);
    }

    private String text(int number, String delta) {
      return event(number, "response.output_text.delta", "\"delta\":\"" + delta + "\"");
    }

    private String completed(int number, String text) {
      return event(
          number, "response.completed", "\"response\":" + document("completed", text).strip());
    }

    private String document(String status, String text) {
      return """
      {"id":"resp_7","object":"response","status":"%s","output":[{"type":"message","content":\
      [{"type":"output_text","text":"%s"}]}]}\
      """
          .formatted(status, text);
    }

    @Test
    void theSameGenerationContinuesAfterTheLastEvent() {
      var driven = cut();
      assertThat(last(driven).method()).isEqualTo(ProviderRequest.Method.GET);
      assertThat(last(driven).path()).isEqualTo("responses/resp_7?stream=true&starting_after=2");

      driven.head(200).bytes(text(3, " hill.")).bytes(completed(4, START + " the hill."));

      assertThat(driven.text).hasToString(START + " the hill.");
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
      assertThat(driven.ending().seams())
          .containsExactly(new Seam(START.length() + 4, Rung.CURSOR, 2, 0));
      assertThat(driven.ending().warnings()).isEmpty();
    }

    @Test
    void eventsThatComeAgainAreSkippedByNumber() {
      var driven = cut().head(200).bytes(text(1, START)).bytes(text(2, " the"));
      driven.bytes(text(3, " the")).bytes(text(4, " end."));
      driven.bytes(completed(5, START + " the the end."));

      assertThat(driven.text).hasToString(START + " the the end.");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
    }

    @Test
    void itContinuesAsOftenAsItBreaks() {
      var driven = cut().head(200).bytes(text(3, " hill")).fail(RESET);
      assertThat(last(driven).path()).endsWith("starting_after=3");
      driven.head(200).bytes(text(4, ".")).end();
      assertThat(last(driven).path()).endsWith("starting_after=4");
      driven.head(200).bytes(completed(5, START + " the hill."));

      assertThat(driven.text).hasToString(START + " the hill.");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
      assertThat(driven.ending().seams()).hasSize(3);
    }

    @Test
    void aToolCallContinuesInTheMiddleOfItsArguments() {
      var driven =
          begun("openai-responses", KEPT, Rung.CURSOR)
              .head(200)
              .bytes(event(0, "response.created", "\"response\":{\"id\":\"resp_7\"}"))
              .bytes(
                  event(
                      1,
                      "response.output_item.added",
                      """
                      "output_index":0,"item":{"type":"function_call","call_id":"c","name":"f"}\
                      """))
              .bytes(arguments(2, "{\\\"a\\\":"))
              .fail(RESET)
              .pass(Duration.ofSeconds(30))
              .head(200)
              .bytes(arguments(3, "1}"))
              .bytes(
                  event(
                      4,
                      "response.output_item.done",
                      """
                      "output_index":0,"item":{"type":"function_call","call_id":"c","name":"f",\
                      "arguments":"{\\"a\\":1}"}\
                      """))
              .bytes(event(5, "response.completed", "\"response\":{\"status\":\"completed\"}"));

      assertThat(driven.ending().toolCalls())
          .singleElement()
          .matches(call -> call.arguments().equals("{\"a\":1}"));
    }

    private String arguments(int number, String delta) {
      return event(
          number,
          "response.function_call_arguments.delta",
          "\"output_index\":0,\"delta\":\"" + delta + "\"");
    }

    @Test
    void withoutOutputItIsNotAskedForAgainEither() {
      var driven =
          begun("openai-responses", KEPT, Rung.CURSOR, Rung.ANCHOR)
              .head(200)
              .bytes(event(0, "response.created", "\"response\":{\"id\":\"resp_7\"}"))
              .fail(RESET);
      driven.pass(Duration.ofSeconds(30));
      assertThat(last(driven).path()).isEqualTo("responses/resp_7?stream=true&starting_after=0");
    }

    @Test
    void aRequestThatIsNotKeptHasNoCursor() {
      var driven =
          begun("openai-responses", "{\"input\":\"Tell\"}", Rung.CURSOR, Rung.ANCHOR)
              .head(200)
              .bytes(event(0, "response.created", "\"response\":{\"id\":\"resp_7\"}"))
              .bytes(text(1, START))
              .fail(RESET);
      assertThat(last(driven).method()).isEqualTo(ProviderRequest.Method.POST);
      assertThat(last(driven).body()).contains("repeat its last characters");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 410})
    void anExpiredCursorIsPolled(int status) {
      var driven = cut().head(status).end();
      assertThat(last(driven).path()).isEqualTo("responses/resp_7");
      assertThat(driven.log).doesNotContain(new Action.DisableRung(0, Rung.CURSOR));

      driven.head(200).bytes(document("completed", START + " the hill.")).end();

      assertThat(driven.text).hasToString(START + " the hill.");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    }

    @Test
    void aGenerationUnderWayIsPolledUntilItEnds() {
      var driven = cut().head(404).end();
      for (int i = 0; i < 10; i++) {
        driven.head(200).bytes(document("in_progress", START)).end().pass(Duration.ofSeconds(11));
        assertThat(last(driven).path()).isEqualTo("responses/resp_7");
      }
      driven.head(200).bytes(document("completed", START + " the hill.")).end();

      assertThat(driven.text).hasToString(START + " the hill.");
      assertThat(driven.ending().attempts()).hasSize(13);
    }

    @Test
    void pollingEnds() {
      var driven = cut().head(404).end();
      for (int i = 0; i < 200 && driven.ending == null; i++) {
        driven.head(200).bytes(document("queued", "")).end().pass(Duration.ofSeconds(11));
      }
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
      assertThat(driven.ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
    }

    @Test
    void aDocumentWithAnotherTextIsNeverJoined() {
      var driven = cut().head(404).end().head(200).bytes(document("completed", "Bananas")).end();

      assertThat(driven.text).hasToString(START + " the");
      assertThat(last(driven).body()).contains("repeat its last characters");
    }

    @Test
    void whenNothingIsKeptTheNextRungIsTaken() {
      var driven = cut().head(404).end().head(404).end();

      assertThat(last(driven).path()).isEqualTo("responses");
      assertThat(last(driven).body()).contains("repeat its last characters");
    }

    @Test
    void aGenerationThatFailedIsNotPickedUpAgain() {
      var driven = cut().head(200).bytes(text(3, " hill"));
      driven.bytes(
          event(
              4,
              "response.failed",
              "\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\"}}"));

      assertThat(last(driven).method()).isEqualTo(ProviderRequest.Method.POST);
    }

    @Test
    void moreTextThanIsKeptIsNoObstacle() {
      var policy =
          StreamPolicy.DEFAULT.withRecovery(
              new RecoveryPolicy(
                  RecoveryPolicy.Malformed.RECOVER,
                  RecoveryPolicy.Tools.LIVE,
                  true,
                  10,
                  240,
                  Duration.ofMillis(300)));
      var driven =
          begun(policy, "openai-responses", KEPT, Rung.CURSOR)
              .head(200)
              .bytes(event(0, "response.created", "\"response\":{\"id\":\"resp_7\"}"))
              .bytes(text(1, START))
              .fail(RESET)
              .head(200)
              .bytes(text(2, " the hill."))
              .bytes(event(3, "response.completed", "\"response\":{\"status\":\"completed\"}"));
      assertThat(driven.text).hasToString(START + " the hill.");
    }
  }

  /** Gemini's Interactions. */
  @Nested
  class LastEventId {
    private String event(String id, String type, String rest) {
      return "data: {\"event_type\":\"%s\",\"event_id\":\"%s\",%s}\n\n".formatted(type, id, rest);
    }

    private String text(String id, String text) {
      return event(
          id, "step.delta", "\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"" + text + "\"}");
    }

    @Test
    void theSameInteractionContinuesAfterTheLastEvent() {
      var driven =
          begun("gemini-interactions", "{\"model\":\"m\",\"input\":\"x\"}", Rung.CURSOR)
              .head(200)
              .bytes(event("e0", "interaction.created", "\"interaction\":{\"id\":\"v1_x\"}"))
              .bytes(text("e1", "Hello "))
              .end();
      assertThat(last(driven).path()).isEqualTo("interactions/v1_x?stream=true&last_event_id=e1");

      driven
          .head(200)
          .bytes(text("e1", "Hello "))
          .bytes(text("e2", "there"))
          .bytes(
              event(
                  "e3",
                  "interaction.completed",
                  "\"interaction\":{\"id\":\"v1_x\",\"status\":\"completed\"}"))
          .end();
      assertThat(last(driven).path()).isEqualTo("interactions/v1_x");
      driven
          .head(200)
          .bytes(
              """
              {"id":"v1_x","status":"completed","outputs":[{"type":"text","text":"Hello there"}]}\
              """)
          .end();

      assertThat(driven.text).hasToString("Hello there");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
    }
  }

  /** vLLM and SGLang. */
  @Nested
  class Tokens {
    private static final String BODY =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell\"}]}";
    private static final String TOLD = "{\"tokens\":[1,2,3],\"max_model_len\":4096}";

    private Driven cut(StreamPolicy policy) {
      return begun(policy, "openai-chat", BODY, Rung.TOKEN_IDS, Rung.CONTINUE)
          .head(200)
          .bytes(
              "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + START + "\"}}]}\n\n")
          .fail(RESET);
    }

    private Driven cut() {
      return cut(StreamPolicy.DEFAULT);
    }

    private String completion(String text) {
      return """
      data: {"choices":[{"index":0,"text":"%s","finish_reason":"stop"}]}

      data: [DONE]

      """
          .formatted(text);
    }

    private String asked(Driven driven) {
      String body = last(driven).body();
      int from = body.indexOf("Once upon");
      return body.substring(from, body.indexOf('"', from));
    }

    @Test
    void thePromptIsTheTokensOfConversationAndAnswer() {
      var driven =
          cut(StreamPolicy.DEFAULT.withRecovery(RecoveryPolicy.DEFAULT.withRequireExact(true)));
      assertThat(last(driven).path()).isEqualTo("/tokenize");
      String repeated = START.substring(asked(driven).length());

      driven.head(200).bytes(TOLD.substring(0, 9)).bytes(TOLD.substring(9)).end();
      assertThat(last(driven).path()).isEqualTo("completions");
      assertThat(last(driven).body()).contains("\"prompt\":[1,2,3]");
      driven.head(200).bytes(completion(repeated + " the hill."));

      assertThat(driven.text).hasToString(START + " the hill.");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
      assertThat(driven.ending().seams())
          .containsExactly(new Seam(START.length(), Rung.TOKEN_IDS, 3, repeated.length()));
      assertThat(driven.ending().attempts()).hasSize(3);
    }

    @Test
    void whatDoesNotRepeatToTheLetterIsNotJoined() {
      var driven = cut();
      String repeated = START.substring(asked(driven).length());
      driven.head(200).bytes(TOLD).end();
      driven.head(200).bytes(completion("  " + repeated + " the hill."));

      assertThat(driven.text).hasToString(START);
      assertThat(last(driven).body()).contains("continue_final_message");
    }

    @Test
    void aServerWithoutTokenizerIsRememberedAndTheNextRungTaken() {
      var driven = cut().head(404).end();
      assertThat(driven.log).contains(new Action.DisableRung(0, Rung.TOKEN_IDS));
      assertThat(last(driven).path()).isEqualTo("chat/completions");
      assertThat(last(driven).body()).contains("\"continue_final_message\":true");
    }

    @Test
    void anAnswerWithoutTokensLeavesTheNextRung() {
      var driven = cut().head(200).bytes("<html>").end();
      assertThat(last(driven).body()).contains("\"continue_final_message\":true");
    }

    @Test
    void aTokenizerThatBreaksIsAskedAgain() {
      var driven = cut().head(200).bytes("{\"tok").fail(RESET).pass(Duration.ofSeconds(30));
      assertThat(last(driven).path()).isEqualTo("/tokenize");
    }

    @Test
    void aSilentTokenizerIsGivenUp() {
      var driven = cut().head(200).pass(Duration.ofMinutes(6));
      assertThat(driven.delivered)
          .anyMatch(event ->
              event instanceof StreamEvent.AttemptFailed(int attempt, var failure)
                  && failure.cause() == Cause.FIRST_TOKEN_TIMEOUT);
    }
  }

  /** Gemini says STOP and goes on. */
  @Nested
  class TakenBack {
    private static final String BODY = "{\"model\":\"m\",\"contents\":[]}";

    private String chunk(String text, String more) {
      return "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}]}%s}]}\r\n\r\n"
          .formatted(text, more);
    }

    @Test
    void aFinishIsProofOnlyOnceTheBodyHasEnded() {
      var driven = begun("gemini-sse", BODY, Rung.ANCHOR).head(200);
      driven.bytes(chunk("Hello", ",\"finishReason\":\"STOP\"")).pass(Duration.ofSeconds(60));
      assertThat(driven.ending).isNull();
      driven.bytes(chunk(" there", ",\"finishReason\":\"STOP\"")).end();

      assertThat(driven.text).hasToString("Hello there");
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().warnings()).isEmpty();
    }

    @Test
    void aResetBehindAFinishProvesNothing() {
      var driven = begun("gemini-sse", BODY, Rung.ANCHOR).head(200);
      driven.bytes(chunk(START, ",\"finishReason\":\"STOP\"")).fail(RESET);

      assertThat(driven.ending).isNull();
      assertThat(last(driven).body()).contains("repeat its last characters");
    }
  }

  /** Servers that do something else than what they were asked for. */
  @Nested
  class Liars {
    @Test
    void aWholeAnswerIsTakenWithAWarning() {
      var driven =
          begun("openai-chat", "{\"messages\":[]}", Rung.ANCHOR)
              .head(200)
              .bytes("\n {\"choices\":[{\"message\":{\"content\":\"Hi\"},")
              .bytes("\"finish_reason\":\"stop\"}]}")
              .end();
      assertThat(driven.text).hasToString("Hi");
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().warnings()).containsExactly(Cause.PROTOCOL_VIOLATION);
    }

    @Test
    void aWholeAnswerCanBeCutToo() {
      var driven =
          begun("openai-chat", "{\"messages\":[]}", Rung.ANCHOR)
              .head(200)
              .bytes("{\"choices\":[{\"message\":{\"content\":\"Hi\"},")
              .end();
      assertThat(driven.delivered)
          .anyMatch(event ->
              event instanceof StreamEvent.AttemptFailed(int attempt, var failure)
                  && failure.cause() == Cause.MALFORMED_JSON);
      assertThat(driven.text).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        textBlock =
            """
            openai-chat        | <html><body>Service busy</body></html>                        | malformed-frame
            openai-chat        | {"error":{"message":"no","code":"invalid_api_key"}}           | rejected
            openai-chat        | {"id":"a","type":"message","content":[],"stop_reason":"end_turn"} | protocol-violation
            openai-chat        | {"message":"hello"}                                           | protocol-violation
            anthropic-messages | {"choices":[]}                                                | protocol-violation
            gemini-sse         | {"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}   | overloaded
            ollama-chat        | {"error":"model not found"}                                   | provider-error
            """)
    void aPageInsteadOfAStreamHasItsOwnCause(String dialect, String page, String cause) {
      var driven =
          begun(dialect, "{\"model\":\"m\",\"messages\":[],\"contents\":[]}", Rung.ANCHOR)
              .head(200)
              .bytes(page.strip() + "\n")
              .end();
      assertThat(driven.delivered)
          .filteredOn(StreamEvent.AttemptFailed.class::isInstance)
          .first()
          .matches(
              event ->
                  event instanceof StreamEvent.AttemptFailed(int attempt, var failure)
                      && failure.cause().id().equals(cause),
              cause);
    }
  }
}
