package dev.holdfast.client;

import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;

/** The stream ended without its protocol's proof of completion. */
public final class IncompleteStreamException extends StreamException {
  private static final long serialVersionUID = 1L;

  IncompleteStreamException(Failure failure, String partialText, Ending ending) {
    super(failure, partialText, ending);
  }
}
