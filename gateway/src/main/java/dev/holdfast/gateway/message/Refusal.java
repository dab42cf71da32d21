package dev.holdfast.gateway.message;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.gateway.route.ClientProtocol;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A refusal of the gateway's own, in the words of the client's protocol.
 *
 * @param status the HTTP status
 * @param code a stable name, for example {@code body-too-large}
 * @param sentence "name: rule, was value"; contains nothing secret
 * @param retryAfterSeconds when a repetition may succeed; empty where none can
 */
public record Refusal(int status, String code, String sentence, OptionalLong retryAfterSeconds) {
  private static final JsonFactory JSON = new JsonFactory();

  /** {@return a refusal that a repetition does not help} */
  public static Refusal of(int status, String code, String sentence) {
    return new Refusal(status, code, sentence, OptionalLong.empty());
  }

  /** {@return a refusal after which the client may ask again} */
  public static Refusal later(int status, String code, String sentence) {
    return new Refusal(status, code, sentence, OptionalLong.of(1));
  }

  /** {@return the refusal for a stream that failed before any of it had left} */
  public static Refusal of(Failure failure) {
    int status =
        switch (failure.cause()) {
          case RATE_LIMITED -> 429;
          case OVERLOADED, BUDGET_EXHAUSTED, RETRIES_EXHAUSTED -> 503;
          case FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, PROGRESS_TIMEOUT, DEADLINE_EXCEEDED -> 504;
          case REJECTED -> 400;
          case CONNECTION_FAILED,
              CONNECTION_LOST,
              TRUNCATED,
              MISSING_DONE,
              MALFORMED_FRAME,
              MALFORMED_JSON,
              PROTOCOL_VIOLATION,
              PROVIDER_ERROR,
              LIMIT_EXCEEDED,
              SEAM_REFUSED,
              NO_RUNG,
              CANCELLED,
              JOURNAL_FAILED ->
              502;
        };
    var wait = failure.retryAfter();
    boolean retryable = failure.isRetryable() && failure.cause() != Cause.REJECTED;
    OptionalLong seconds =
        wait.isPresent()
            ? OptionalLong.of(Math.max(1, wait.get().plusMillis(999).toSeconds()))
            : retryable ? OptionalLong.of(1) : OptionalLong.empty();
    return new Refusal(
        status, failure.cause().id(), failure.cause().id() + ": " + failure.detail(), seconds);
  }

  /** {@return the body in a protocol's envelope} */
  public byte[] body(ClientProtocol front) {
    String message = "holdfast: " + sentence;
    var text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      out.writeStartObject();
      switch (front) {
        case MESSAGES, ANTHROPIC -> {
          out.writeStringProperty("type", "error");
          out.writeObjectPropertyStart("error");
          out.writeStringProperty("type", anthropicType());
          out.writeStringProperty("message", message);
          out.writeEndObject();
        }
        case GEMINI, GEMINI_ARRAY, GOOGLE -> {
          out.writeObjectPropertyStart("error");
          out.writeNumberProperty("code", status);
          out.writeStringProperty("message", message);
          out.writeStringProperty("status", googleStatus());
          out.writeEndObject();
        }
        case OLLAMA, OLLAMA_CHAT -> out.writeStringProperty("error", message);
        case CHAT, RESPONSES, OPENAI -> {
          out.writeObjectPropertyStart("error");
          out.writeStringProperty("message", message);
          out.writeStringProperty("type", openAiType());
          out.writeNullProperty("param");
          out.writeStringProperty("code", code);
          out.writeEndObject();
        }
      }
      out.writeEndObject();
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private String anthropicType() {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403, 421 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503, 529 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> status >= 500 ? "api_error" : "invalid_request_error";
    };
  }

  private String openAiType() {
    return status == 429
        ? "rate_limit_error"
        : status >= 500 ? "server_error" : "invalid_request_error";
  }

  private String googleStatus() {
    return switch (status) {
      case 401 -> "UNAUTHENTICATED";
      case 403, 421 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 503 -> "UNAVAILABLE";
      case 504 -> "DEADLINE_EXCEEDED";
      default -> status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
    };
  }
}
