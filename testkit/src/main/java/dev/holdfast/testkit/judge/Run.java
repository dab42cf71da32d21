package dev.holdfast.testkit.judge;

import java.util.List;

/**
 * How a client went about one case.
 *
 * @param end how it ended
 * @param text what it showed, without line ends at its end
 * @param tools the tool calls it acted upon, as JSON
 * @param complaint its message when it failed; empty if it did not
 * @param closedInTime whether every exchange had ended two seconds after it cancelled
 * @param peakBytes the most memory it took; 0 if unknown
 * @param requests how many requests it made
 * @param struck whether a fault that a client must notice struck one of them
 * @param elapsedNanos from start to end
 */
public record Run(
    End end,
    String text,
    List<String> tools,
    String complaint,
    boolean closedInTime,
    long peakBytes,
    int requests,
    boolean struck,
    long elapsedNanos) {
  /** Copies the list. */
  public Run {
    tools = List.copyOf(tools);
  }

  /** How a client can end. */
  public enum End {
    /** It claims that the answer is complete. */
    CLAIMED,
    /** It reports that it failed. */
    FAILED,
    /** It cancelled, as it was asked to. */
    CANCELLED,
    /** It had to be ended. */
    HUNG
  }
}
