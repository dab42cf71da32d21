package dev.holdfast.client;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is not complete, for callers that asked for an exception: {@link
 * CompletionStream#text()}, {@link Outcome#requireComplete()}, {@link Holdfast#check}. The message
 * names cause and counts, never text of the answer or the prompt.
 */
public abstract sealed class StreamException extends RuntimeException
    permits IncompleteStreamException, StreamTimeoutException, ProviderException {
  private static final long serialVersionUID = 1L;

  private final Cause cause;
  private final String partialText;
  private final transient @Nullable Failure failure;
  private final transient @Nullable List<AttemptReport> attempts;

  StreamException(Failure failure, String partialText, List<AttemptReport> attempts) {
    super(sentence(failure, partialText, attempts));
    this.cause = failure.cause();
    this.partialText = partialText;
    this.failure = failure;
    this.attempts = List.copyOf(attempts);
  }

  /** {@return the exception whose type fits the failure} */
  public static StreamException of(
      Failure failure, String partialText, List<AttemptReport> attempts) {
    return switch (failure.cause()) {
      case FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, PROGRESS_TIMEOUT, DEADLINE_EXCEEDED ->
          new StreamTimeoutException(failure, partialText, attempts);
      case PROVIDER_ERROR, RATE_LIMITED, OVERLOADED, REJECTED ->
          new ProviderException(failure, partialText, attempts);
      case CONNECTION_FAILED,
          CONNECTION_LOST,
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
          new IncompleteStreamException(failure, partialText, attempts);
    };
  }

  /** {@return the named cause; {@link #getCause()} is Java's own and always null} */
  public Cause cause() {
    return cause;
  }

  /** {@return what was delivered of choice 0, cut at the memory limit; empty from {@code check}} */
  public String partialText() {
    return partialText;
  }

  /** {@return the failure in full; empty after deserialisation} */
  public Optional<Failure> failure() {
    return Optional.ofNullable(failure);
  }

  /** {@return the attempts made; empty from {@code check} and after deserialisation} */
  public List<AttemptReport> attempts() {
    return attempts == null ? List.of() : attempts;
  }

  private static String sentence(
      Failure failure, String partialText, List<AttemptReport> attempts) {
    String told = failure.cause().id() + ": " + failure.detail();
    return attempts.isEmpty()
        ? told
        : "%s (attempts: %d, characters delivered: %d)"
            .formatted(told, attempts.size(), partialText.length());
  }
}
