package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import java.util.LinkedHashMap;
import java.util.Map;

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
    if (!limit.isEmpty()) {
      request.maxTokens().ifPresent(tokens -> settings.put(limit, Json.of(tokens)));
    }
    request.temperature().ifPresent(value -> settings.put("temperature", number(value)));
    if (!topP.isEmpty()) {
      request.topP().ifPresent(value -> settings.put(topP, number(value)));
    }
    if (!topK.isEmpty()) {
      request.topK().ifPresent(value -> settings.put(topK, Json.of(value)));
    }
    if (!seed.isEmpty()) {
      request.seed().ifPresent(value -> settings.put(seed, Json.of(value)));
    }
    if (!request.stop().isEmpty() && !stop.isEmpty()) {
      settings.put(stop, Requests.strings(request.stop()));
    }
    if (!frequency.isEmpty()) {
      request.frequencyPenalty().ifPresent(value -> settings.put(frequency, number(value)));
    }
    if (!presence.isEmpty()) {
      request.presencePenalty().ifPresent(value -> settings.put(presence, number(value)));
    }
    return settings;
  }

  private static Json number(double value) {
    return new Json.Num(Double.toString(value));
  }
}
