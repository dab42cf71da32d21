package dev.holdfast.gateway.durable.subscription;

import dev.holdfast.core.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A response about subscriptions.
 *
 * @param body null for none
 * @param error the stable name of a refusal; empty for a success
 */
public record SubscriptionReply(
    int status, @Nullable String body, String contentType, String error) {
  private static final String JSON = "application/json";

  static SubscriptionReply empty() {
    return new SubscriptionReply(204, null, JSON, "");
  }

  static SubscriptionReply of(int status, Json body) {
    return new SubscriptionReply(status, JsonWriter.text(body), JSON, "");
  }

  /** {@return a refusal: "name: rule, was value"} */
  public static SubscriptionReply refused(int status, String code, String sentence) {
    return refused(status, code, sentence, Map.of());
  }

  static SubscriptionReply refused(
      int status, String code, String sentence, Map<String, Json> more) {
    var members = new LinkedHashMap<String, Json>();
    members.put("code", new Json.Str(code));
    members.put("message", new Json.Str("holdfast: " + sentence));
    members.putAll(more);
    var body = Json.object(Map.of("error", Json.object(members)));
    return new SubscriptionReply(status, JsonWriter.text(body), JSON, code);
  }

  /** {@return the status and the error; not the body, which may hold a token} */
  @Override
  public String toString() {
    return "SubscriptionReply[status=%d, error=%s]".formatted(status, error);
  }
}
