package dev.holdfast.testkit.judge;

import java.io.Serial;

/** A client reported that the answer is not complete: its exit code was not 0. */
public final class ClientFailedException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int code;

  ClientFailedException(int code, String complaint) {
    super(complaint.isEmpty() ? "exit code " + code : complaint);
    this.code = code;
  }

  /** {@return the exit code, not 0} */
  public int code() {
    return code;
  }
}
