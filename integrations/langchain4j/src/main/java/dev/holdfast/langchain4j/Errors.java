package dev.holdfast.langchain4j;

import dev.holdfast.client.StreamException;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Failures in LangChain4j's types. The {@link StreamException} stays their cause. */
final class Errors {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;

  private Errors() {}

  /** {@return what a listener receives for a broken stream; anything else as it is} */
  static Throwable of(Throwable thrown) {
    var broken = find(thrown);
    return broken == null ? thrown : of(broken);
  }

  /** {@return the exception whose type fits the cause} */
  static RuntimeException of(StreamException broken) {
    String sentence = String.valueOf(broken.getMessage());
    var failure = broken.failure().orElse(null);
    int status = failure == null ? 0 : failure.httpStatus().orElse(0);
    return switch (broken.cause()) {
      case FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, PROGRESS_TIMEOUT, DEADLINE_EXCEEDED ->
          new TimeoutException(sentence, broken);
      case RATE_LIMITED -> new RateLimitException(sentence, broken);
      case OVERLOADED, PROVIDER_ERROR -> new InternalServerException(sentence, broken);
      case REJECTED ->
          switch (status) {
            case UNAUTHORIZED, FORBIDDEN -> new AuthenticationException(sentence, broken);
            case NOT_FOUND -> new ModelNotFoundException(sentence, broken);
            default -> new InvalidRequestException(sentence, broken);
          };
      case CONNECTION_FAILED ->
          sentence.contains("took too long")
              ? new TimeoutException(sentence, broken)
              : new LangChain4jException(sentence, broken);
      case CONNECTION_LOST,
          TRUNCATED,
          MISSING_DONE,
          MALFORMED_FRAME,
          MALFORMED_JSON,
          PROTOCOL_VIOLATION,
          LIMIT_EXCEEDED,
          SEAM_REFUSED,
          NO_RUNG,
          RETRIES_EXHAUSTED,
          BUDGET_EXHAUSTED,
          CANCELLED,
          JOURNAL_FAILED ->
          new LangChain4jException(sentence, broken);
    };
  }

  /** {@return a refusal as LangChain4j's clients report one; null if there was no response} */
  static @Nullable HttpException refusal(StreamException broken) {
    Failure failure = broken.failure().orElse(null);
    if (failure == null || failure.httpStatus().isEmpty()) {
      return null;
    }
    String text = failure.provider().map(ProviderError::raw).orElse(failure.detail());
    return new HttpException(failure.httpStatus().getAsInt(), text);
  }

  /** {@return the first stream's exception among the causes, or null} */
  static @Nullable StreamException find(Throwable thrown) {
    Throwable link = thrown;
    for (int depth = 0; link != null && depth < 8; depth++) {
      if (link instanceof StreamException broken) {
        return broken;
      }
      link = link.getCause();
    }
    return null;
  }
}
