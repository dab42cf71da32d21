package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The names that a protocol gives the settings that bound and draw an answer; empty where it has no
 * such setting. The temperature has one name everywhere.
 *
 * @param limit the most tokens of output
 * @param topP the share of probability that is drawn from
 * @param topK how many of the likeliest tokens are drawn from
 * @param seed what is drawn
 * @param stop what ends the answer
 * @param frequency the penalty by frequency
 * @param presence the penalty by presence
 */
public record Sampling(
    String limit,
    String topP,
    String topK,
    String seed,
    String stop,
    String frequency,
    String presence) {
  /** The names of OpenAI, which most others took over. */
  public static final Sampling OPENAI =
      new Sampling("", "top_p", "", "seed", "stop", "frequency_penalty", "presence_penalty");

  /** {@return the same names with another one of the limit} */
  public Sampling withLimit(String limit) {
    return new Sampling(limit, topP, topK, seed, stop, frequency, presence);
  }

  /** {@return the settings of a request that the protocol has, in order} */
  public Map<String, Json> of(ChatRequest request) {
    var settings = new LinkedHashMap<String, Json>();
    if (!limit.isEmpty() && request.maxTokens().isPresent()) {
      settings.put(limit, Json.of(request.maxTokens().getAsInt()));
    }
    put(settings, "temperature", request.temperature());
    put(settings, topP, request.topP());
    if (!topK.isEmpty() && request.topK().isPresent()) {
      settings.put(topK, Json.of(request.topK().getAsInt()));
    }
    if (!seed.isEmpty() && request.seed().isPresent()) {
      settings.put(seed, Json.of(request.seed().getAsLong()));
    }
    if (!request.stop().isEmpty() && !stop.isEmpty()) {
      settings.put(stop, Requests.strings(request.stop()));
    }
    put(settings, frequency, request.frequencyPenalty());
    put(settings, presence, request.presencePenalty());
    return settings;
  }

  private static void put(Map<String, Json> settings, String name, OptionalDouble value) {
    if (!name.isEmpty() && value.isPresent()) {
      settings.put(name, new Json.Num(Double.toString(value.getAsDouble())));
    }
  }
}
