package dev.holdfast.observe.debug.wire;

/** A recording that cannot be read. The message is one sentence that names the line. */
public final class RecordingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RecordingException(long line, String rule) {
    super("line " + line + ": " + rule, null, false, false);
  }
}
