package dev.holdfast.core.stream;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Everything about a finished stream except its text, which the consumer keeps. Immutable. */
public final class Ending {
  private final Verdict verdict;
  private final @Nullable Failure failure;
  private final @Nullable Cause stoppedBy;
  private final Exactness exactness;
  private final SortedMap<Integer, Finish> finishes;
  private final List<ToolCall> toolCalls;
  private final @Nullable TokenUsage usage;
  private final Waste waste;
  private final List<AttemptReport> attempts;
  private final List<Seam> seams;
  private final List<Cause> warnings;
  private final List<RungRefusal> refusals;

  private Ending(Builder builder) {
    verdict = builder.verdict;
    failure = builder.failure;
    stoppedBy = builder.stoppedBy;
    exactness = builder.exactness.under(builder.verdict);
    finishes = builder.finishes;
    toolCalls = builder.toolCalls;
    usage = builder.usage;
    waste = builder.waste;
    attempts = builder.attempts;
    seams = builder.seams;
    warnings = builder.warnings;
    refusals = builder.refusals;
  }

  /** {@return a builder; what is not set is absent, empty or zero} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return a builder that begins with these values} */
  public Builder toBuilder() {
    var builder = new Builder();
    builder.verdict = verdict;
    builder.failure = failure;
    builder.stoppedBy = stoppedBy;
    builder.exactness = exactness;
    builder.finishes = finishes;
    builder.toolCalls = toolCalls;
    builder.usage = usage;
    builder.waste = waste;
    builder.attempts = attempts;
    builder.seams = seams;
    builder.warnings = warnings;
    builder.refusals = refusals;
    return builder;
  }

  /** {@return how it ended} */
  public Verdict verdict() {
    return verdict;
  }

  /** {@return the failure that caused a verdict other than {@code COMPLETE}; empty otherwise} */
  public Optional<Failure> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * {@return why recovery stopped: {@code retries-exhausted}, {@code budget-exhausted}, {@code
   * seam-refused}, {@code no-rung} or {@code deadline-exceeded}; empty where the failure was
   * permanent, or there was none}
   */
  public Optional<Cause> stoppedBy() {
    return Optional.ofNullable(stoppedBy);
  }

  /** {@return how the text relates to one generation; never unbroken or exact if not complete} */
  public Exactness exactness() {
    return exactness;
  }

  /** {@return why the model stopped, by choice; empty if it gave no reason} */
  public SortedMap<Integer, Finish> finishes() {
    return finishes;
  }

  /** {@return whole calls only} */
  public List<ToolCall> toolCalls() {
    return toolCalls;
  }

  /**
   * {@return tokens of the delivered answer: the prompt once, and the output that was delivered,
   * over all attempts} What no provider counted is estimated and marked. Empty where nothing was
   * reported or came.
   */
  public Optional<TokenUsage> usage() {
    return Optional.ofNullable(usage);
  }

  /** {@return what was paid for besides the delivered answer, over all attempts} */
  public Waste waste() {
    return waste;
  }

  /** {@return one report for each HTTP exchange, in order} */
  public List<AttemptReport> attempts() {
    return attempts;
  }

  /** {@return where attempts were joined, in order of offset} */
  public List<Seam> seams() {
    return seams;
  }

  /**
   * {@return causes that did not harm the answer, such as {@code missing-done}; each once, in order
   * of first appearance}
   */
  public List<Cause> warnings() {
    return warnings;
  }

  /**
   * {@return why each way to continue was not taken or was refused, in order of preference; empty
   * where the stream is complete, was cancelled, or had delivered nothing}
   */
  public List<RungRefusal> refusals() {
    return refusals;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Ending that
        && verdict.equals(that.verdict)
        && Objects.equals(failure, that.failure)
        && Objects.equals(stoppedBy, that.stoppedBy)
        && exactness.equals(that.exactness)
        && finishes.equals(that.finishes)
        && toolCalls.equals(that.toolCalls)
        && Objects.equals(usage, that.usage)
        && waste.equals(that.waste)
        && attempts.equals(that.attempts)
        && seams.equals(that.seams)
        && warnings.equals(that.warnings)
        && refusals.equals(that.refusals);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        verdict, failure, stoppedBy, exactness, finishes, toolCalls, usage, waste, attempts, seams,
        warnings, refusals);
  }

  @Override
  public String toString() {
    return "Ending[verdict="
        + verdict
        + ", failure="
        + failure
        + ", stoppedBy="
        + stoppedBy
        + ", exactness="
        + exactness
        + ", finishes="
        + finishes
        + ", toolCalls="
        + toolCalls
        + ", usage="
        + usage
        + ", waste="
        + waste
        + ", attempts="
        + attempts
        + ", seams="
        + seams
        + ", warnings="
        + warnings
        + ", refusals="
        + refusals
        + "]";
  }

  /** Gathers the values of a {@link Ending}. Not thread-safe. */
  public static final class Builder {
    private Verdict verdict = new Verdict.Complete();
    private @Nullable Failure failure;
    private @Nullable Cause stoppedBy;
    private Exactness exactness = Exactness.UNBROKEN;
    private SortedMap<Integer, Finish> finishes = Collections.emptySortedMap();
    private List<ToolCall> toolCalls = List.of();
    private @Nullable TokenUsage usage;
    private Waste waste = Waste.NONE;
    private List<AttemptReport> attempts = List.of();
    private List<Seam> seams = List.of();
    private List<Cause> warnings = List.of();
    private List<RungRefusal> refusals = List.of();

    private Builder() {}

    /** Sets how it ended. */
    public Builder verdict(Verdict verdict) {
      this.verdict = verdict;
      return this;
    }

    /**
     * Sets the failure that caused a verdict other than {@code COMPLETE}; null if there is none.
     */
    public Builder failure(@Nullable Failure failure) {
      this.failure = failure;
      return this;
    }

    /**
     * Sets why recovery stopped: {@code retries-exhausted}, {@code budget-exhausted}, {@code
     * seam-refused}, {@code no-rung} or {@code deadline-exceeded}; null if there is none.
     */
    public Builder stoppedBy(@Nullable Cause stoppedBy) {
      this.stoppedBy = stoppedBy;
      return this;
    }

    /** Sets how the text relates to one generation. */
    public Builder exactness(Exactness exactness) {
      this.exactness = exactness;
      return this;
    }

    /** Sets why the model stopped, by choice. */
    public Builder finishes(SortedMap<Integer, Finish> finishes) {
      this.finishes = Collections.unmodifiableSortedMap(new TreeMap<>(finishes));
      return this;
    }

    /** Sets whole calls only. */
    public Builder toolCalls(List<ToolCall> toolCalls) {
      this.toolCalls = List.copyOf(toolCalls);
      return this;
    }

    /** Sets tokens of the delivered answer, over all attempts; null if there is none. */
    public Builder usage(@Nullable TokenUsage usage) {
      this.usage = usage;
      return this;
    }

    /** Sets what was paid for besides the delivered answer, over all attempts. */
    public Builder waste(Waste waste) {
      this.waste = waste;
      return this;
    }

    /** Sets one report for each HTTP exchange, in order. */
    public Builder attempts(List<AttemptReport> attempts) {
      this.attempts = List.copyOf(attempts);
      return this;
    }

    /** Sets where attempts were joined, in order of offset. */
    public Builder seams(List<Seam> seams) {
      this.seams = List.copyOf(seams);
      return this;
    }

    /**
     * Sets causes that did not harm the answer, such as {@code missing-done}; each once, in order
     * of first appearance.
     */
    public Builder warnings(List<Cause> warnings) {
      this.warnings = List.copyOf(warnings);
      return this;
    }

    /** Sets why each way to continue was not taken or was refused, in order of preference. */
    public Builder refusals(List<RungRefusal> refusals) {
      this.refusals = List.copyOf(refusals);
      return this;
    }

    /** {@return the values} */
    public Ending build() {
      return new Ending(this);
    }
  }
}
