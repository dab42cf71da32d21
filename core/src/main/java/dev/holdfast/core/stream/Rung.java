package dev.holdfast.core.stream;

/** How a stream is recovered after content has been delivered, best first. See docs/recovery.md. */
public enum Rung {
  /** The provider replays the same generation from a cursor. */
  CURSOR,
  /** Prompt and partial answer are sent as token ids. */
  TOKEN_IDS,
  /** {@code continue_final_message}: the engine continues the last message. */
  CONTINUE,
  /** A trailing assistant message that the model continues. */
  PREFILL,
  /** A user turn asks the model to repeat the last characters and then continue. */
  ANCHOR,
  /** The request is sent again and the delivered prefix swallowed while it matches. */
  REPLAY,
  /** Nothing honest is possible: the stream ends with what there is. */
  REFUSE;

  /** {@return whether the text after the seam is what the model would have written} */
  public boolean isExact() {
    return this == CURSOR || this == TOKEN_IDS || this == REPLAY;
  }
}
