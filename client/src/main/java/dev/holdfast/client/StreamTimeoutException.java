package dev.holdfast.client;

import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;

/** One of the five clocks ran out. */
public final class StreamTimeoutException extends StreamException {
  private static final long serialVersionUID = 1L;

  StreamTimeoutException(Failure failure, String partialText, Ending ending) {
    super(failure, partialText, ending);
  }
}
