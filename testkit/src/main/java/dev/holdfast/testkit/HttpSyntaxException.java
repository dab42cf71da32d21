package dev.holdfast.testkit;

import java.io.IOException;

/** A request breaks HTTP or a limit; the status says which. */
final class HttpSyntaxException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;

  HttpSyntaxException(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }
}
