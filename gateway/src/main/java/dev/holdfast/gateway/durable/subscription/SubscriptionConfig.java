package dev.holdfast.gateway.durable.subscription;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription is made with.
 *
 * @param webhook where to send; null for one that waits to be claimed
 * @param pattern of paths; null for none
 * @param streams paths
 * @param wakeStream where wakes are appended; null with a webhook
 * @param leaseMillis how long what was woken may take without a sign
 */
record SubscriptionConfig(
    String id,
    @Nullable String webhook,
    @Nullable String pattern,
    List<String> streams,
    @Nullable String wakeStream,
    long leaseMillis,
    @Nullable String description) {
  private static final long DEFAULT_LEASE = 30_000;
  private static final long LEAST_LEASE = 1_000;
  private static final long LONGEST_LEASE = 600_000;
  private static final int MAX_TEXT = 1_024;

  /** Streams that one subscription may name or find. */
  static final int MAX_STREAMS = 1_000;

  SubscriptionConfig {
    streams = List.copyOf(streams);
  }

  /**
   * {@return what a client asks for}
   *
   * @throws IllegalArgumentException "name: rule"
   */
  static SubscriptionConfig of(String id, Json.Obj body) {
    String type = body.text("type");
    boolean hook = type.equals("webhook");
    check(hook || type.equals("pull-wake"), "type: must be webhook or pull-wake");
    String pattern = path(body, "pattern");
    var streams = streams(body);
    check(pattern != null || !streams.isEmpty(), "streams: must be there, or pattern");
    long lease = body.has("lease_ttl_ms") ? body.number("lease_ttl_ms", -1) : DEFAULT_LEASE;
    check(lease >= LEAST_LEASE && lease <= LONGEST_LEASE, "lease_ttl_ms: must be 1000 to 600000");
    var webhook = body.object("webhook");
    String url = webhook == null ? "" : webhook.text("url");
    check(!hook || (!url.isEmpty() && url.length() <= MAX_TEXT), "webhook.url: must be there");
    String wake = path(body, "wake_stream");
    check(hook || wake != null, "wake_stream: must be there");
    String text = body.text("description");
    check(text.length() <= MAX_TEXT, "description: must have at most 1,024 characters");
    return new SubscriptionConfig(
        id, hook ? url : null, pattern, streams, wake, lease, text.isEmpty() ? null : text);
  }

  /** {@return the paths of a member, without the slashes around them} */
  static List<String> streams(Json.Obj body) {
    var array = body.array("streams");
    var paths = new ArrayList<String>();
    for (Json item : array == null ? List.<Json>of() : array.items()) {
      boolean text = item instanceof Json.Str(String value) && !value.isEmpty();
      check(text, "streams: must be texts");
      if (item instanceof Json.Str(String value)) {
        check(value.length() <= MAX_TEXT, "streams: must have at most 1,024 characters each");
        paths.add(trimmed(value));
      }
    }
    check(paths.size() <= MAX_STREAMS, "streams: must be at most 1,000");
    return paths.stream().distinct().sorted().toList();
  }

  private static @Nullable String path(Json.Obj body, String name) {
    String text = body.text(name);
    check(text.length() <= MAX_TEXT, name + ": must have at most 1,024 characters");
    String path = trimmed(text);
    return path.isEmpty() ? null : path;
  }

  /** {@return a path without the slashes around it} */
  static String trimmed(String path) {
    int start = 0;
    int end = path.length();
    while (start < end && path.charAt(start) == '/') {
      start++;
    }
    while (end > start && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(start, end);
  }

  static void check(boolean holds, String sentence) {
    if (!holds) {
      throw new IllegalArgumentException(sentence);
    }
  }

  Json.Obj toJson() {
    var members = new LinkedHashMap<String, Json>();
    members.put("type", new Json.Str(webhook == null ? "pull-wake" : "webhook"));
    put(members, "webhook", webhook);
    put(members, "pattern", pattern);
    var names = new ArrayList<Json>();
    streams.forEach(stream -> names.add(new Json.Str(stream)));
    members.put("streams", new Json.Arr(names));
    put(members, "wake_stream", wakeStream);
    members.put("lease_ttl_ms", Json.of(leaseMillis));
    put(members, "description", description);
    return Json.object(members);
  }

  static void put(LinkedHashMap<String, Json> members, String name, @Nullable String value) {
    if (value != null) {
      members.put(name, new Json.Str(value));
    }
  }

  static SubscriptionConfig saved(String id, Json.Obj json) {
    String hook = json.text("webhook");
    String text = json.text("description");
    return new SubscriptionConfig(
        id,
        hook.isEmpty() ? null : hook,
        path(json, "pattern"),
        streams(json),
        path(json, "wake_stream"),
        json.number("lease_ttl_ms", DEFAULT_LEASE),
        text.isEmpty() ? null : text);
  }
}
