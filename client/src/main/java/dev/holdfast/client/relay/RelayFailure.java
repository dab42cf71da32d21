package dev.holdfast.client.relay;

import dev.holdfast.core.stream.Failure;
import java.io.IOException;

/** A broken exchange whose failure is known in full. */
final class RelayFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  RelayFailure(Failure failure) {
    super(failure.detail());
    this.failure = failure;
  }

  /** {@return why} */
  Failure failure() {
    return failure;
  }
}
