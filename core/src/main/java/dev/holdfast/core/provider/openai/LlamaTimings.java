package dev.holdfast.core.provider.openai;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.function.Consumer;

/**
 * The {@code timings} object of llama.cpp: the tokens it has read and written. It is in the last
 * event, and in every one where the request sets {@code timings_per_token}. Source:
 * tools/server/server-task.cpp.
 */
final class LlamaTimings {
  private LlamaTimings() {}

  /** Hands on the numbers, if it has that of the tokens written. */
  static void usage(Json.Obj timings, Consumer<? super StreamEvent> out) {
    long written = timings.number("predicted_n", -1);
    if (written < 0) {
      return;
    }
    long fresh = timings.number("prompt_n", -1);
    long read = fresh < 0 ? -1 : fresh + Math.max(0, timings.number("cache_n", 0));
    out.accept(new StreamEvent.Usage(TokenUsage.of(read, written, timings.write())));
  }
}
