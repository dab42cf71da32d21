package dev.holdfast.client;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Failure;
import java.util.List;

/** The stream ended without its protocol's proof of completion. */
public final class IncompleteStreamException extends StreamException {
  private static final long serialVersionUID = 1L;

  IncompleteStreamException(Failure failure, String partialText, List<AttemptReport> attempts) {
    super(failure, partialText, attempts);
  }
}
