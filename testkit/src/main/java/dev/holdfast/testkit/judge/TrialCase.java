package dev.holdfast.testkit.judge;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import java.util.List;

/**
 * One fault, and what it demands of the client.
 *
 * @param id its name, unique among the cases
 * @param title one line for display
 * @param answer the model's uninterrupted answer
 * @param attempts the faults of each request; the last entry holds for all later ones too
 * @param demand what the client must do
 */
public record TrialCase(
    String id, String title, Answer answer, List<List<Fault>> attempts, Demand demand) {
  /** Checks that it has the faults of the first request. */
  public TrialCase {
    attempts = attempts.stream().map(List::copyOf).toList();
    Check.that(!attempts.isEmpty(), "attempts", "must not be empty", attempts);
  }

  /** What a client must do. */
  public enum Demand {
    /** Deliver the whole answer: all of it comes. */
    DELIVER,
    /** Deliver the whole answer, or report that it is not whole. */
    TELL,
    /**
     * Not act upon the tool call that the token limit cut. The answer may be called complete: it
     * reports itself that it ended at the limit.
     */
    HOLD_BACK,
    /** Report that it failed, and not try again. */
    GIVE_UP,
    /** As {@link #TELL}; another request only after the requested time. */
    WAIT,
    /** Cancel, and close the connection. */
    CANCEL
  }

  /** {@return whether nothing ever goes wrong in it} */
  boolean isHealthy() {
    return demand == Demand.DELIVER && attempts.stream().allMatch(List::isEmpty);
  }

  boolean appliesTo(Protocol protocol) {
    return attempts.stream().flatMap(List::stream).allMatch(fault -> fault.appliesTo(protocol));
  }

  Script script() {
    return (stream, attempt) -> attempts.get(Math.min(attempt, attempts.size()) - 1);
  }
}
