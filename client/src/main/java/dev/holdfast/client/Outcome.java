package dev.holdfast.client;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.stream.Waste;
import java.io.Reader;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** How a stream ended and what it delivered. Immutable except its readers; thread-safe. */
public final class Outcome {
  private final Ending ending;
  private final DeliveredText kept;
  private final Timings timings;
  private final JournalEnd.@Nullable Kind journaled;

  Outcome(Ending ending, DeliveredText kept, Timings timings, JournalEnd.@Nullable Kind journaled) {
    this.ending = ending;
    this.kept = kept;
    this.timings = timings;
    this.journaled = journaled;
  }

  /** {@return how the stream ended} */
  public Verdict verdict() {
    return ending.verdict();
  }

  /** {@return whether the whole answer was delivered} */
  public boolean isComplete() {
    return ending.verdict().isComplete();
  }

  /** {@return why the stream is not complete; empty if it is} */
  public Optional<Cause> cause() {
    return switch (ending.verdict()) {
      case Verdict.Complete() -> Optional.empty();
      case Verdict.Truncated(Cause cause) -> Optional.of(cause);
      case Verdict.Failed(Cause cause) -> Optional.of(cause);
      case Verdict.Cancelled() -> Optional.of(Cause.CANCELLED);
    };
  }

  /** {@return the failure with {@link #cause()}} */
  public Optional<Failure> failure() {
    return ending.failure();
  }

  /**
   * {@return why recovery went no further, for example {@code retries-exhausted}; empty where the
   * failure itself could not heal, or there was none}
   */
  public Optional<Cause> stoppedBy() {
    return ending.stoppedBy();
  }

  /**
   * {@return how the text relates to one generation; only a complete answer is unbroken or exact}
   */
  public Exactness exactness() {
    return ending.exactness();
  }

  /** {@return why the model stopped choice 0; empty if it was never reported} */
  public Optional<Finish> finish() {
    return Optional.ofNullable(ending.finishes().get(0));
  }

  /** {@return why the model stopped, by choice} */
  public SortedMap<Integer, Finish> finishes() {
    return ending.finishes();
  }

  /**
   * {@return the delivered text of choice 0}
   *
   * @throws IllegalStateException if it is longer than the memory limit; use {@link #textReader}
   * @throws java.io.UncheckedIOException if its sink cannot read it, for example after the stream
   *     was closed
   */
  public String text() {
    return kept.text();
  }

  /**
   * {@return a reader of the delivered text of choice 0, however long} Close the stream only after
   * reading: closing deletes text past the memory limit.
   *
   * @throws java.io.UncheckedIOException if its sink cannot read it
   */
  public Reader textReader() {
    return kept.textReader();
  }

  /**
   * {@return the delivered reasoning of choice 0}
   *
   * @throws IllegalStateException if it is longer than the memory limit
   */
  public String reasoning() {
    return kept.reasoning();
  }

  /**
   * {@return the delivered refusal of choice 0}
   *
   * @throws IllegalStateException if it is longer than the memory limit
   */
  public String refusal() {
    return kept.refusal();
  }

  /** {@return whole tool calls, in order} */
  public List<ToolCall> toolCalls() {
    return ending.toolCalls();
  }

  /**
   * {@return tokens of the delivered answer: the prompt once, and the output that was delivered,
   * over all attempts} What no provider counted is estimated, and then {@link
   * TokenUsage#isEstimated()}. Empty where nothing was reported or came.
   */
  public Optional<TokenUsage> usage() {
    return ending.usage();
  }

  /**
   * {@return what was paid for besides: output that was not delivered, and the prompts of further
   * attempts}
   */
  public Waste waste() {
    return ending.waste();
  }

  /** {@return one report for each HTTP exchange, in order} */
  public List<AttemptReport> attempts() {
    return ending.attempts();
  }

  /** {@return where attempts were joined, in order of offset} */
  public List<Seam> seams() {
    return ending.seams();
  }

  /** {@return causes that did not harm the answer} */
  public List<Cause> warnings() {
    return ending.warnings();
  }

  /**
   * {@return why each way to continue was not taken or was refused, in order of preference; empty
   * if the answer is complete, was cancelled, or had not begun}
   */
  public List<RungRefusal> refusals() {
    return ending.refusals();
  }

  /**
   * {@return the end of the stream as the journal has it; empty without a journal, and where the
   * end is not stored or was not read}
   */
  public Optional<JournalEnd.Kind> journaled() {
    return Optional.ofNullable(journaled);
  }

  /** {@return how long it took} */
  public Timings timings() {
    return timings;
  }

  /** {@return body bytes received over all attempts} */
  public long bytes() {
    return ending.attempts().stream().mapToLong(AttemptReport::bytes).sum();
  }

  /**
   * {@return this outcome, if it is complete}
   *
   * @throws StreamException if it is not; with cause, partial text and attempts
   */
  public Outcome requireComplete() {
    Optional<Cause> cause = cause();
    if (cause.isEmpty()) {
      return this;
    }
    Failure failure =
        failure()
            .filter(told -> told.cause() == cause.get())
            .orElseGet(() -> Failure.permanent(cause.get(), detail()));
    throw StreamException.of(failure, kept.partialText(), ending);
  }

  private String detail() {
    return ending.failure().map(Failure::detail).orElse("the answer is not complete");
  }

  @Override
  public String toString() {
    return "Outcome[%s%s%s, %s, attempts=%d, seams=%d%s]"
        .formatted(
            verdict().name(),
            cause().map(cause -> " " + cause.id()).orElse(""),
            failure().map(failure -> ": " + failure.detail()).orElse(""),
            exactness(),
            attempts().size(),
            seams().size(),
            stoppedBy().map(cause -> ", stopped by " + cause.id()).orElse(""));
  }
}
