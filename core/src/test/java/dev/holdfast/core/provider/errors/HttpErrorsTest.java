package dev.holdfast.core.provider.errors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Error answers in all the shapes that providers give them. */
class HttpErrorsTest {
  private static Failure classify(int status, Map<String, List<String>> headers, String body) {
    return HttpErrors.classify(
        new ResponseHead(status, headers), body.getBytes(StandardCharsets.UTF_8), 0);
  }

  /** The code is that of a pause in all of them; only the sentence differs. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          Request too large for toy-4 in organization org-x on tokens per min (TPM): Limit 30000, Requested 45000. The input or output tokens must be reduced in order to run successfully.        | rejected
          Request too large for model `toy-8b` in organization `org_x` on tokens per minute (TPM): Limit 6000, Requested 10025, please reduce your message size and try again.                   | rejected
          Rate limit reached for toy-4 in organization org-x on tokens per min (TPM): Limit 10000, Used 0, Requested 12000. Please try again in 1m12s.                                           | rejected
          This request would exceed your organization's rate limit of 40,000 input tokens per minute. Please reduce the prompt length or the maximum tokens requested.                           | rejected
          Request body too large for toy-4 model. Max size: 8000 tokens.                                                                                                                        | rejected
          Prompt tokens limit exceeded: 4223 > 3145.                                                                                                                                            | rejected
          Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: toy-pro                                                                                              | rejected
          Rate limit reached for toy-4 in organization org-x on tokens per min (TPM): Limit 30000, Used 28000, Requested 4500. Please try again in 5s.                                           | rate-limited
          This request would exceed your organization's rate limit of 40,000 input tokens per minute. Please reduce the prompt length or the maximum tokens requested, or try again later.        | rate-limited
          Rate limit reached for requests. Limit: 3 / min. Please try again in 20s.                                                                                                             | rate-limited
          Too many tokens, please wait before trying again.                                                                                                                                     | rate-limited
          Quota exceeded for metric: generate_content_requests, limit: 10, model: toy-pro. Please retry in 36s.                                                                                  | rate-limited
          Requests rate limit exceeded                                                                                                                                                          | rate-limited
          """)
  void aRequestThatIsLargerThanTheLimitWillNotHeal(String message, String cause) {
    var error = new Json.Obj(Map.of("message", new Json.Str(message)));
    String body =
        new Json.Obj(
                Map.of(
                    "error",
                    error
                        .with("type", new Json.Str("tokens"))
                        .with("code", new Json.Str("rate_limit_exceeded"))))
            .write();
    boolean heals = cause.equals("rate-limited");
    var answered = classify(429, Map.of(), body);
    assertThat(answered.cause().id()).isEqualTo(cause);
    assertThat(answered.isRetryable()).isEqualTo(heals);
    var told = HttpErrors.inStream(new ProviderError("rate_limit_error", "", message, ""));
    assertThat(told.cause().id()).isEqualTo(cause);
    assertThat(told.isRetryable()).isEqualTo(heals);
    // Groq answers so with 413.
    assertThat(classify(413, Map.of(), body).isRetryable()).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          # case                 | status | body                                                                 | cause          | heals
          bad request            | 400 | {"error":{"type":"invalid_request_error","message":"x"}}                | rejected       | false
          bad key                | 401 | {"type":"error","error":{"type":"authentication_error"}}                | rejected       | false
          purse, by status       | 402 | {"error":{"message":"pay"}}                                             | rejected       | false
          forbidden              | 403 | {"message":"no"}                                                        | rejected       | false
          not found              | 404 | {"detail":"Not Found"}                                                  | rejected       | false
          bad method             | 405 | no                                                                      | rejected       | false
          time out               | 408 |                                                                         | provider-error | true
          conflict               | 409 | {}                                                                      | provider-error | true
          too large              | 413 | {"type":"error","error":{"type":"request_too_large"}}                   | rejected       | false
          unprocessable          | 422 | {"detail":[{"msg":"field required"}]}                                   | rejected       | false
          bedrock model stream   | 424 | {"message":"model"}                                                     | provider-error | true
          too early              | 425 |                                                                         | provider-error | true
          pace                   | 429 | {"error":{"code":"rate_limit_exceeded","type":"requests"}}              | rate-limited   | true
          pace, no body          | 429 |                                                                         | rate-limited   | true
          purse, openai          | 429 | {"error":{"type":"insufficient_quota","code":"insufficient_quota"}}     | rejected       | false
          purse, billing         | 429 | {"error":{"code":"billing_hard_limit_reached"}}                         | rejected       | false
          purse, zhipu           | 429 | {"error":{"code":"1113","message":"x"}}                                 | rejected       | false
          pace, zhipu            | 429 | {"error":{"code":"1302","message":"x"}}                                 | rate-limited   | true
          pace, google           | 429 | {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}                    | rate-limited   | true
          pace, google array     | 429 | [{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]                  | rate-limited   | true
          xai string             | 400 | {"code":"invalid-argument","error":"Incorrect key"}                     | rejected       | false
          mistral flat           | 400 | {"object":"error","type":"invalid_model","code":"1500"}                 | rejected       | false
          legal                  | 451 | {}                                                                      | rejected       | false
          server                 | 500 | {"error":{"code":500,"type":"server_error"}}                            | provider-error | true
          server, overloaded     | 500 | {"error":{"type":"overloaded_error"}}                                   | overloaded     | true
          not built              | 501 | {"error":{"type":"not_supported_error"}}                                | rejected       | false
          bad gateway, HTML      | 502 | <html>502</html>                                                        | provider-error | true
          no status of HTTP      | 601 | {"error":{}}                                                              | provider-error | true
          unavailable            | 503 | {"error":{"status":"UNAVAILABLE"}}                                      | overloaded     | true
          gateway time out       | 504 | upstream request timeout                                                | provider-error | true
          cloudflare             | 524 |                                                                         | provider-error | true
          anthropic overloaded   | 529 | {"type":"error","error":{"type":"overloaded_error"}}                    | overloaded     | true
          minimax busy in a 200  | 200 | {"base_resp":{"status_code":1000,"status_msg":"unknown"}}               | provider-error | true
          minimax pace in a 200  | 200 | {"base_resp":{"status_code":1002,"status_msg":"slow"}}                  | rate-limited   | true
          minimax key in a 200   | 200 | {"base_resp":{"status_code":1004,"status_msg":"key"}}                   | rejected       | false
          minimax purse in a 200 | 200 | {"base_resp":{"status_code":1008,"status_msg":"balance"}}               | rejected       | false
          """)
  void classifies(String name, int status, String body, String cause, boolean heals) {
    var failure = classify(status, Map.of(), body == null ? "" : body);
    assertThat(failure.cause().id()).isEqualTo(cause);
    assertThat(failure.isRetryable()).isEqualTo(heals);
    assertThat(failure.httpStatus()).hasValue(status);
  }

  @Test
  void theServersWordOnRetryingBeatsItsStatus() {
    assertThat(classify(500, Map.of("X-Should-Retry", List.of("false")), "{}").isRetryable())
        .isFalse();
    assertThat(classify(400, Map.of("x-should-retry", List.of("true")), "{}").isRetryable())
        .isTrue();
    assertThat(classify(429, Map.of("x-should-retry", List.of("false")), "{}").cause())
        .isEqualTo(Cause.RATE_LIMITED);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      nullValues = "-",
      delimiter = '|',
      textBlock =
          """
          overloaded_error           | -                          | overloaded     | true
          api_error                  | -                          | provider-error | true
          server_error               | -                          | provider-error | true
          rate_limit_error           | -                          | rate-limited   | true
          tokens                     | rate_limit_exceeded        | rate-limited   | true
          RESOURCE_EXHAUSTED         | 429                        | rate-limited   | true
          UNAVAILABLE                | 503                        | overloaded     | true
          internalServerException    | -                          | provider-error | true
          insufficient_quota         | -                          | rejected       | false
          invalid_request_error      | context_length_exceeded    | rejected       | false
          invalid_request_error      | tool_use_failed            | rejected       | false
          content_policy_violation   | -                          | rejected       | false
          -                          | 502                        | provider-error | true
          -                          | 400                        | rejected       | false
          -                          | -                          | provider-error | true
          """)
  void judgesErrorsInsideAStream(String type, String code, String cause, boolean heals) {
    var failure =
        HttpErrors.inStream(
            new ProviderError(type == null ? "" : type, code == null ? "" : code, "", "{}"));
    assertThat(failure.cause().id()).isEqualTo(cause);
    assertThat(failure.isRetryable()).isEqualTo(heals);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {"error":{"type":"t","code":"c","message":"m"}}              | t  | c   | m
          {"type":"error","error":{"type":"t","message":"m"}}          | t  | ~~  | m
          {"error":"m"}                                                | ~~ | ~~  | m
          {"code":"c","error":"m"}                                     | ~~ | c   | m
          {"code":400,"message":"m","type":"Bad Request"}              | Bad Request | 400 | m
          {"message":"m"}                                              | ~~ | ~~  | m
          {"detail":"m"}                                               | ~~ | ~~  | m
          {"object":"error","type":"t","code":"3051","message":"m"}    | t  | 3051 | m
          [{"error":{"code":429,"status":"S","message":"m"}}]          | S  | 429 | m
          {"error_type":"T","id":"i","message":"m"}                    | T  | ~~  | m
          just text                                                    | ~~ | ~~  | just text
          """)
  void readsWhatIsReportedInEveryShape(String body, String type, String code, String message) {
    var said = classify(400, Map.of(), body).provider().orElseThrow();
    assertThat(said).isNotNull();
    assertThat(said.type()).isEqualTo(type);
    assertThat(said.code()).isEqualTo(code);
    assertThat(said.message()).isEqualTo(message);
  }

  @Test
  void aHugeBodyIsReadToItsLimitOnly() {
    var said = classify(500, Map.of(), "x".repeat(1 << 20)).provider().orElseThrow();
    assertThat(said).isNotNull();
    assertThat(said.raw()).hasSize(64 << 10);
    assertThat(said.message()).hasSize(4 << 10);
  }

  @Test
  void realAnswersAllHaveACauseThatFitsTheirStatus() throws Exception {
    var file = Wire.recordings().resolve("http_errors.json");
    assumeTrue(Files.isRegularFile(file), "no recorded answers beside the project: skipped");
    var answers = (Json.Arr) Json.parse(Files.readString(file));
    var odd = new ArrayList<String>();
    for (var item : answers.items()) {
      var answer = (Json.Obj) item;
      int status = (int) answer.number("status", 0);
      var headers = new HashMap<String, List<String>>();
      if (answer.get("headers") instanceof Json.Obj(var members)) {
        members.forEach((name, value) -> headers.put(name, List.of(((Json.Str) value).value())));
      }
      var failure = classify(status, headers, answer.text("body"));
      var expected =
          switch (status) {
            case 429 -> Cause.RATE_LIMITED;
            case 500 -> Cause.PROVIDER_ERROR;
            case 503, 529 -> Cause.OVERLOADED;
            default -> Cause.REJECTED;
          };
      boolean says = failure.provider().filter(said -> !said.message().isEmpty()).isPresent();
      if (failure.cause() != expected
          || failure.isRetryable() == (expected == Cause.REJECTED)
          || !says) {
        odd.add(answer.text("host") + " " + status + " " + failure);
      }
    }
    assertThat(odd).isEmpty();
    assertThat(answers.items()).hasSize(88);
  }
}
