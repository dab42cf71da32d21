package dev.holdfast.client;

import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;

/** The provider reported a failure, or refused the request. */
public final class ProviderException extends StreamException {
  private static final long serialVersionUID = 1L;

  ProviderException(Failure failure, String partialText, Ending ending) {
    super(failure, partialText, ending);
  }
}
