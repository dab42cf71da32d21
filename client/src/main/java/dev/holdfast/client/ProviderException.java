package dev.holdfast.client;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Failure;
import java.util.List;

/** The provider reported a failure, or refused the request. */
public final class ProviderException extends StreamException {
  private static final long serialVersionUID = 1L;

  ProviderException(Failure failure, String partialText, List<AttemptReport> attempts) {
    super(failure, partialText, attempts);
  }
}
