package dev.holdfast.core.frame;

/** A line, frame or header grew past its limit. The message names the limit, in bytes. */
public final class FrameLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Takes the sentence for display. */
  public FrameLimitException(String message) {
    super(message, null, false, false);
  }
}
