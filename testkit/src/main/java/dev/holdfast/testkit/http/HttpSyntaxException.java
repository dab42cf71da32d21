package dev.holdfast.testkit.http;

import java.io.IOException;

/** A request breaks HTTP or a limit; the status names which. */
public final class HttpSyntaxException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;

  public HttpSyntaxException(int status, String message) {
    super(message);
    this.status = status;
  }

  public int status() {
    return status;
  }
}
