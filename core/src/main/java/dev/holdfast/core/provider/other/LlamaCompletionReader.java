package dev.holdfast.core.provider.other;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.openai.OpenAiChatReader;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.stream.StreamEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads llama.cpp's native completions.
 *
 * <p>Proof: an event with {@code stop: true} for every prompt that was seen. Quirks and their
 * sources: docs/dialects.md.
 */
final class LlamaCompletionReader extends DocumentReader {
  private final SortedMap<Integer, ChatChoice> answers = new TreeMap<>();
  private int open;

  LlamaCompletionReader(CompletionPolicy completion) {
    super(completion, Payloads.withNulls(), Closing.END);
  }

  @Override
  public void read(Json.Obj json, String type) {
    var error = json.get("error");
    if (error != null && error.hasValue()) {
      fail(error);
      return;
    }
    if (type.equals("error")) {
      fail(json);
      return;
    }
    var violation = violation(json);
    if (violation != null) {
      reject(violation);
      return;
    }
    if (json.get("content") == null && json.get("stop") == null) {
      opaque(json.members().isEmpty() ? "empty" : json.members().keySet().iterator().next());
      return;
    }
    start("", json.text("model"));
    int index = (int) json.number("index", 0);
    var answer = answers.get(index);
    if (answer == null) {
      answer = new ChatChoice(index);
      answers.put(index, answer);
      open++;
    }
    answer.content(json.text("content"), this::emit);
    boolean stops = json.get("stop") instanceof Json.Bool(boolean stop) && stop;
    if (index == 0) {
      usage(json);
    }
    if (stops && answer.finish().isEmpty()) {
      open--;
      finish(answer, reason(json));
    }
  }

  private static @Nullable String violation(Json.Obj json) {
    long index = json.number("index", 0);
    if (index < 0 || index >= OpenAiChatReader.MAX_CHOICES) {
      return "index: must be 0 to %d, was another".formatted(OpenAiChatReader.MAX_CHOICES - 1);
    }
    var stop = json.get("stop");
    if (stop != null && stop.hasValue() && !(stop instanceof Json.Bool)) {
      return "stop: must be true or false, was another";
    }
    return isNoText(json, "content") ? "content: must be a string, was another" : null;
  }

  /** Each event counts; those of old servers only the last. */
  private void usage(Json.Obj json) {
    var counts = new LinkedHashMap<String, Json>();
    for (var name : List.of("tokens_evaluated", "tokens_predicted")) {
      var count = json.get(name);
      if (count instanceof Json.Num) {
        counts.put(name, count);
      }
    }
    if (counts.containsKey("tokens_predicted")) {
      usage(
          json.number("tokens_evaluated", -1),
          json.number("tokens_predicted", -1),
          new Json.Obj(counts));
    }
  }

  /** {@return why it stopped; old servers have a member for each reason} */
  private static String reason(Json.Obj json) {
    String type = json.text("stop_type");
    if (!type.isEmpty()) {
      return type;
    }
    for (var name : List.of("eos", "word", "limit")) {
      if (json.get("stopped_" + name) instanceof Json.Bool(boolean is) && is) {
        return name;
      }
    }
    return "stop";
  }

  @Override
  public boolean isProven() {
    return !answers.isEmpty() && open == 0;
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    answers.values().forEach(answer -> answer.flush(out));
  }
}
