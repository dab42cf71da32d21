package dev.holdfast.gateway.durable;

import dev.holdfast.gateway.durable.subscription.SubscriptionReply;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.regex.Pattern;

/** Requests about subscriptions, below {@code /v1/stream/__ds}. */
final class SubscriptionRequests {
  private static final String ROOT = DurableFront.PREFIX + "__ds";
  private static final String KEYS = ROOT + "/jwks.json";
  private static final Pattern PATH =
      Pattern.compile(
          Pattern.quote(ROOT)
              + "/subscriptions/([A-Za-z0-9._~-]{1,128})(?:/(streams|callback|claim|ack|release)"
              + "(?:/(.+))?)?");

  private SubscriptionRequests() {}

  static boolean serves(String path) {
    return path.equals(ROOT) || path.startsWith(ROOT + "/");
  }

  /** {@return whether a request needs no key: public keys, and callbacks, which have a token} */
  static boolean isOpen(HttpMethod method, String path) {
    var matcher = PATH.matcher(path);
    boolean callback = matcher.matches() && "callback".equals(matcher.group(2));
    return (callback && method.equals(HttpMethod.POST))
        || (path.equals(KEYS) && method.equals(HttpMethod.GET));
  }

  /** {@return the reply; waits for the journal} */
  static SubscriptionReply reply(DurableFront front, DurableFront.Request request, String body) {
    try {
      return decide(front, request, body);
    } catch (IllegalStateException e) {
      return refused(503, "JOURNAL_BUSY", "journal: must take subscriptions, did not now");
    }
  }

  private static SubscriptionReply decide(
      DurableFront front, DurableFront.Request request, String body) {
    var subscriptions = front.subscriptions();
    String path = request.path().path();
    String method = request.method().name();
    if (path.equals(KEYS) && method.equals("GET")) {
      return subscriptions.keys();
    }
    var matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      return refused(404, "SUBSCRIPTION_NOT_FOUND", "path: must be one of subscriptions");
    }
    String id = matcher.group(1);
    String action = matcher.group(2) == null ? "" : matcher.group(2);
    String rest = matcher.group(3);
    String space = request.namespace();
    String asked = method + " " + action + (rest == null ? "" : "/");
    return switch (asked) {
      case "PUT " -> subscriptions.create(space, id, body, request.base());
      case "GET " -> subscriptions.show(space, id);
      case "DELETE " -> subscriptions.remove(space, id);
      case "POST streams" -> subscriptions.add(space, id, body);
      case "DELETE streams/" ->
          subscriptions.removeStream(space, id, QueryStringDecoder.decodeComponent(rest));
      case "POST claim" -> subscriptions.claim(space, id, body);
      case "POST callback" -> subscriptions.acknowledge(id, token(request), body, true);
      case "POST ack" -> subscriptions.acknowledge(id, token(request), body, false);
      case "POST release" -> subscriptions.release(id, token(request), body);
      default -> refused(405, "METHOD_NOT_ALLOWED", "method: must be one of this path");
    };
  }

  private static String token(DurableFront.Request request) {
    String header = request.headers().get("authorization", "");
    return header.startsWith("Bearer ") ? header.substring(7).strip() : "";
  }

  private static SubscriptionReply refused(int status, String code, String sentence) {
    return SubscriptionReply.refused(status, code, sentence);
  }
}
