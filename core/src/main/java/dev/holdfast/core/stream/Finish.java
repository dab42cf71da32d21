package dev.holdfast.core.stream;

/**
 * Why the model stopped. Whether the stream is whole is another question: see {@link Verdict}.
 *
 * @param reason the reason, normalised over providers
 * @param raw the reason as the provider wrote it
 */
public record Finish(Reason reason, String raw) {
  /** Why a model stops, over all providers. */
  public enum Reason {
    /** The model considered the answer finished, or met a stop sequence. */
    STOP,
    /** A token limit cut the content; the stream itself is whole. */
    LENGTH,
    /** The model asks for tools to be called. */
    TOOL_CALLS,
    /** The model or a filter refused. */
    REFUSAL,
    /** A content filter cut the answer. */
    CONTENT_FILTER,
    /** The provider paused a long turn and expects a request to continue it. */
    PAUSE,
    /** The provider reported its own failure as a finish. */
    ERROR,
    /** A reason Holdfast does not know; see {@link Finish#raw()}. */
    OTHER
  }

  /**
   * {@return the finish of a choice that reported two} The later one, unless only the earlier one
   * reports that the content may be cut: what a limit or a filter ended stays ended.
   */
  public static Finish last(Finish before, Finish later) {
    boolean stays = before.isEarly() || before.reason == Reason.ERROR;
    return stays && !later.isEarly() && later.reason != Reason.ERROR ? before : later;
  }

  /** {@return whether something else than the model ended the content, so that it may be cut} */
  public boolean isEarly() {
    return switch (reason) {
      case LENGTH, CONTENT_FILTER, REFUSAL, PAUSE -> true;
      case STOP, TOOL_CALLS, ERROR, OTHER -> false;
    };
  }
}
