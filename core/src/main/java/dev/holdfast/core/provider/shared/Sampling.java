package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a protocol calls the settings that bound and draw an answer; empty where it has no such
 * setting. The temperature has one name everywhere.
 *
 * @param limit the most tokens of output
 * @param topP the share of probability that is drawn from
 * @param seed what is drawn
 * @param stop what ends the answer
 */
public record Sampling(String limit, String topP, String seed, String stop) {
  /** {@return those settings of a request that it makes and the protocol has, in order} */
  public Map<String, Json> of(ChatRequest request) {
    var settings = new LinkedHashMap<String, Json>();
    if (request.maxTokens() != null && !limit.isEmpty()) {
      settings.put(limit, Json.of(request.maxTokens()));
    }
    if (request.temperature() != null) {
      settings.put("temperature", Requests.number("temperature", request.temperature()));
    }
    if (request.topP() != null) {
      settings.put(topP, Requests.number("topP", request.topP()));
    }
    if (request.seed() != null && !seed.isEmpty()) {
      settings.put(seed, Json.of(request.seed()));
    }
    if (!request.stop().isEmpty() && !stop.isEmpty()) {
      settings.put(stop, Requests.strings(request.stop()));
    }
    return settings;
  }
}
