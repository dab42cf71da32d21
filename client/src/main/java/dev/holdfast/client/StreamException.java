package dev.holdfast.client;

import dev.holdfast.client.failure.ExceptionText;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.core.stream.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is not complete, for callers that asked for an exception: {@link
 * CompletionStream#text()}, {@link Outcome#requireComplete()}, {@link Holdfast#check}.
 *
 * <p>The message names the cause, the HTTP status, the provider's sentence and its id of the
 * request; what was delivered in how many attempts, and why recovery stopped. It has no text of the
 * answer. The provider's sentence is untrusted text: it is cut, on one line, without known keys.
 */
public abstract sealed class StreamException extends RuntimeException
    permits IncompleteStreamException, StreamTimeoutException, ProviderException {
  private static final long serialVersionUID = 1L;

  private final Cause cause;
  private final String partialText;
  private final int httpStatus;
  private final String providerMessage;
  private final String requestId;
  private final @Nullable Cause stoppedBy;
  private final transient @Nullable Failure failure;
  private final transient @Nullable Ending ending;

  StreamException(Failure failure, String partialText, Ending ending) {
    super(ExceptionText.of(failure, partialText.length(), ending));
    this.cause = failure.cause();
    this.partialText = partialText;
    this.httpStatus = failure.httpStatus().orElse(0);
    this.providerMessage = ExceptionText.providerMessage(failure);
    this.requestId = ExceptionText.requestId(ending);
    this.stoppedBy = ending.stoppedBy().orElse(null);
    this.failure = failure;
    this.ending = ending;
  }

  /** {@return the exception whose type fits the failure} */
  public static StreamException of(
      Failure failure, String partialText, List<AttemptReport> attempts) {
    return of(
        failure,
        partialText,
        Ending.builder()
            .verdict(Verdict.of(failure.cause()))
            .failure(failure)
            .attempts(attempts)
            .build());
  }

  /** {@return the exception whose type fits the failure with which a stream ended} */
  public static StreamException of(Failure failure, String partialText, Ending ending) {
    return switch (failure.cause()) {
      case FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, PROGRESS_TIMEOUT, DEADLINE_EXCEEDED ->
          new StreamTimeoutException(failure, partialText, ending);
      case PROVIDER_ERROR, RATE_LIMITED, OVERLOADED, REJECTED ->
          new ProviderException(failure, partialText, ending);
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
          new IncompleteStreamException(failure, partialText, ending);
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
    return ending == null ? List.of() : ending.attempts();
  }

  /** {@return the status of the failed response; empty where there was none} */
  public OptionalInt httpStatus() {
    return httpStatus == 0 ? OptionalInt.empty() : OptionalInt.of(httpStatus);
  }

  /**
   * {@return the provider's sentence about its failure, one line of at most {@value
   * ExceptionText#MAX_SENTENCE} characters; empty if it wrote none} Untrusted text: it may quote
   * the request. {@link #failure()} has the whole of it.
   */
  public Optional<String> providerMessage() {
    return providerMessage.isEmpty() ? Optional.empty() : Optional.of(providerMessage);
  }

  /**
   * {@return the provider's id of the last request that was answered; empty if it sent none}
   * Untrusted text. {@link #attempts()} has that of each.
   */
  public Optional<String> requestId() {
    return requestId.isEmpty() ? Optional.empty() : Optional.of(requestId);
  }

  /**
   * {@return why recovery went no further, for example {@code retries-exhausted}; empty where the
   * failure itself could not heal, or nothing was to be recovered}
   */
  public Optional<Cause> stoppedBy() {
    return Optional.ofNullable(stoppedBy);
  }

  /**
   * {@return why each way to continue was not taken or was refused; empty where nothing had been
   * delivered, from {@code check} and after deserialisation}
   */
  public List<RungRefusal> refusals() {
    return ending == null ? List.of() : ending.refusals();
  }
}
