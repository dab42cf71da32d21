package dev.holdfast.core.provider.errors;

import dev.holdfast.core.stream.ProviderError;
import java.util.regex.Pattern;

/**
 * Whether a 503 reports that the server loads its model, so that it took no request. There is no
 * common code for it. llama.cpp: "Loading model", its router: "model is loading"; Hugging Face's
 * servers: "Model x is currently loading"; KServe and Triton: "Model x is not ready".
 */
final class LoadingServer {
  private static final Pattern LOADING =
      Pattern.compile(
          "(?i)\\b(?:loading|warming[ -]up|starting[ -]up|still starting|initiali[sz]ing|booting)\\b"
              + "|\\bnot (?:yet )?ready\\b|\\bis being loaded\\b");

  /** A model that could not be loaded is not waited for. */
  private static final Pattern FAILED =
      Pattern.compile("(?i)\\b(?:fail\\w*|error|unable|cannot|could not|timed out)\\b");

  private LoadingServer() {}

  static boolean isReportedBy(int status, ProviderError error) {
    String message = error.message().isEmpty() ? error.raw() : error.message();
    return status == 503 && LOADING.matcher(message).find() && !FAILED.matcher(message).find();
  }
}
