package dev.holdfast.testkit.judge;

import java.util.Locale;

/** What a client can do wrong. */
public enum JudgeFinding {
  /** It claimed a complete answer that ends too early. */
  TRUNCATED_ACCEPTED(true, "a cut answer passed off as complete"),
  /** Text is missing from the middle of what it showed, or came out damaged. */
  LOST_TEXT(true, "text lost or damaged in the middle"),
  /** It showed text twice. */
  REPEATED_TEXT(true, "text shown twice"),
  /** It acted upon a tool call that is not whole, or handed it over as finished. */
  PARTIAL_TOOL(true, "took a cut tool call for whole"),
  /** It reported a failure although the whole answer came. */
  NEEDLESS_FAILURE(false, true, "failed although the answer came whole"),
  /** It sent a request again that can never work. */
  RETRIED_REJECTION(false, true, "sent a rejected request again"),
  /** It came back earlier than the server had asked it to. */
  RETRY_AFTER_IGNORED(false, true, "came back before Retry-After"),
  /** It sent more than ten requests for one answer. */
  RETRY_STORM(false, true, "more than 10 requests for one answer"),
  /** It had not ended long after its own timeout; it might have, later. */
  HANG(false, true, "had not ended at the limit"),
  /** It did not cancel, or the connection was open two seconds after it had. */
  LEFT_OPEN(false, true, "did not cancel, or left the connection open"),
  /** It ran out of memory, or took far more than for a healthy answer. */
  MEMORY(false, "memory without bound");

  private final boolean lie;
  private final boolean timed;
  private final String title;

  JudgeFinding(boolean lie, String title) {
    this(lie, false, title);
  }

  JudgeFinding(boolean lie, boolean timed, String title) {
    this.lie = lie;
    this.timed = timed;
    this.title = title;
  }

  /** {@return whether the caller received a false report} */
  public boolean isLie() {
    return lie;
  }

  /** {@return whether a busy machine could be to blame; then it takes two runs to make it} */
  boolean isTimed() {
    return timed;
  }

  /** {@return a few words for display} */
  public String title() {
    return title;
  }

  /** {@return the name in reports, for example {@code lost-text}} */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
