package dev.holdfast.gateway.durable.subscription;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One subscription and how far it is. Belongs to the lock of {@link Subscriptions}. */
final class Subscription {
  /** A stream that it follows, and up to where that was acknowledged. */
  static final class Link {
    boolean explicit;
    boolean byPattern;
    String acked;

    Link(String acked) {
      this.acked = acked;
    }
  }

  final String namespace;
  final SubscriptionConfig config;
  final String created;
  final String base;
  final Map<String, Link> links = new LinkedHashMap<>();

  /** One more with each wake: what was woken before is refused. */
  long generation;

  @Nullable String wake;
  @Nullable String holder;
  final Map<String, String> snapshot = new HashMap<>();
  @Nullable Future<?> lease;
  @Nullable Future<?> retry;
  int failures;

  /** Whether a webhook is under way. */
  boolean delivering;

  /**
   * A subscription that nothing woke yet.
   *
   * @param created a time of RFC 3339
   * @param base of the URLs that it was made with
   */
  Subscription(String namespace, SubscriptionConfig config, String created, String base) {
    this.namespace = namespace;
    this.config = config;
    this.created = created;
    this.base = base;
  }

  Link link(String path, boolean explicit, String acked) {
    var link = links.computeIfAbsent(path, added -> new Link(acked));
    link.explicit |= explicit;
    link.byPattern |= !explicit;
    return link;
  }

  boolean matches(String path) {
    return config.pattern() != null
        && !path.equals(config.wakeStream())
        && new Glob(config.pattern()).matches(path);
  }

  boolean isPending(String path, SubscribedStreams streams) {
    var link = links.get(path);
    return link != null && streams.tail(namespace, path).compareTo(link.acked) > 0;
  }

  /** {@return a stream that has something new; null if none has} */
  @Nullable String firstPending(SubscribedStreams streams) {
    for (String path : links.keySet()) {
      if (isPending(path, streams)) {
        return path;
      }
    }
    return null;
  }

  /** What was woken has ended, by itself or by its time. */
  void sleep() {
    stop(lease);
    lease = null;
    holder = null;
    wake = null;
    snapshot.clear();
  }

  static void stop(@Nullable Future<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  /** {@return its streams as those that are woken receive them} */
  Json.Arr streams(SubscribedStreams streams) {
    var items = new ArrayList<Json>();
    links.forEach((path, link) -> {
      String tail = streams.tail(namespace, path);
      var item = linked(path, link);
      item.put("tail_offset", new Json.Str(tail));
      item.put("has_pending", new Json.Bool(tail.compareTo(link.acked) > 0));
      items.add(Json.object(item));
    });
    return new Json.Arr(items);
  }

  /** {@return its streams with what was acknowledged} */
  List<Json> linked() {
    var items = new ArrayList<Json>();
    links.forEach((path, link) -> items.add(Json.object(linked(path, link))));
    return items;
  }

  private static Map<String, Json> linked(String path, Link link) {
    var item = new LinkedHashMap<String, Json>();
    item.put("path", new Json.Str(path));
    item.put("link_type", new Json.Str(link.explicit ? "explicit" : "glob"));
    item.put("acked_offset", new Json.Str(link.acked));
    return item;
  }

  /** {@return why nothing of a request was acknowledged; null if all of it was} */
  @Nullable SubscriptionReply acknowledge(Json.Obj request, SubscribedStreams streams) {
    var acks = request.array("acks");
    var accepted = new LinkedHashMap<String, String>();
    for (Json item : acks == null ? List.<Json>of() : acks.items()) {
      if (!(item instanceof Json.Obj ack)) {
        return offset("acks: must be objects");
      }
      String named = ack.text("stream").isEmpty() ? ack.text("path") : ack.text("stream");
      String path = SubscriptionConfig.trimmed(named);
      String place = ack.text("offset");
      var link = links.get(path);
      if (link == null) {
        return offset("stream: must be one of the subscription, was another one");
      }
      if (!place.matches("[0-9]{16}_[0-9a-f]{16}")
          || place.compareTo(link.acked) < 0
          || place.compareTo(streams.tail(namespace, path)) > 0) {
        return offset("offset: must be between the last one and the tail, was elsewhere");
      }
      accepted.put(path, place);
    }
    accepted.forEach((path, place) -> {
      var link = links.get(path);
      if (link != null) {
        link.acked = place;
      }
    });
    return null;
  }

  private static SubscriptionReply offset(String sentence) {
    return SubscriptionReply.refused(409, "INVALID_OFFSET", sentence);
  }

  /** {@return it as clients see it} */
  Json.Obj shown(WebhookSigner signer) {
    var members = new LinkedHashMap<String, Json>();
    members.put("id", new Json.Str(config.id()));
    members.put("subscription_id", new Json.Str(config.id()));
    members.put("type", new Json.Str(config.webhook() == null ? "pull-wake" : "webhook"));
    SubscriptionConfig.put(members, "pattern", config.pattern());
    members.put("streams", new Json.Arr(linked()));
    String hook = config.webhook();
    if (hook != null) {
      var signing = new LinkedHashMap<String, Json>();
      signing.put("alg", new Json.Str("ed25519"));
      signing.put("kid", new Json.Str(signer.id()));
      signing.put("jwks_url", new Json.Str(base + "/v1/stream/__ds/jwks.json"));
      var webhook = new LinkedHashMap<String, Json>();
      webhook.put("url", new Json.Str(hook));
      webhook.put("signing", Json.object(signing));
      members.put("webhook", Json.object(webhook));
    }
    SubscriptionConfig.put(members, "wake_stream", config.wakeStream());
    members.put("lease_ttl_ms", Json.of(config.leaseMillis()));
    members.put("created_at", new Json.Str(created));
    members.put("status", new Json.Str(failures == 0 ? "active" : "failed"));
    SubscriptionConfig.put(members, "description", config.description());
    return Json.object(members);
  }

  // ---------------------------------------------------------------- over the end of the process

  String saved() {
    var members = new LinkedHashMap<String, Json>();
    members.put("config", config.toJson());
    members.put("created", new Json.Str(created));
    members.put("base", new Json.Str(base));
    members.put("generation", Json.of(generation));
    members.put("links", new Json.Arr(linked()));
    return JsonWriter.text(Json.object(members));
  }

  /** {@return the subscription that {@link #saved} wrote; null if it cannot be read} */
  static @Nullable Subscription read(SubscriptionStore.Saved saved) {
    Json json;
    try {
      json = Json.parse(saved.json());
    } catch (Json.MalformedException e) {
      return null;
    }
    if (!(json instanceof Json.Obj members) || members.object("config") == null) {
      return null;
    }
    var config = SubscriptionConfig.saved(saved.id(), members.object("config"));
    var read =
        new Subscription(saved.namespace(), config, members.text("created"), members.text("base"));
    read.generation = members.number("generation", 0);
    var links = members.array("links");
    for (Json item : links == null ? List.<Json>of() : links.items()) {
      if (item instanceof Json.Obj link) {
        boolean explicit = link.text("link_type").equals("explicit");
        read.link(link.text("path"), explicit, link.text("acked_offset"));
      }
    }
    return read;
  }
}
