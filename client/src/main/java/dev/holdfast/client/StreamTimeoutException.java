package dev.holdfast.client;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Failure;
import java.util.List;

/** One of the five clocks ran out. */
public final class StreamTimeoutException extends StreamException {
  private static final long serialVersionUID = 1L;

  StreamTimeoutException(Failure failure, String partialText, List<AttemptReport> attempts) {
    super(failure, partialText, attempts);
  }
}
