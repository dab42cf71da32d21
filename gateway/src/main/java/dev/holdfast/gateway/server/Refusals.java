package dev.holdfast.gateway.server;

import dev.holdfast.gateway.access.Tenant.Admission;
import dev.holdfast.gateway.message.Refusal;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.OptionalLong;

/** The refusals of a gateway that has keys, routes and limits. */
final class Refusals {
  /** Longest model name that a refusal repeats. */
  private static final int MAX_NAME = 100;

  private Refusals() {}

  /** {@return the headers of a refusal besides its length} */
  static HttpHeaders headers(Refusal refusal, HttpHeaders more) {
    var headers = new DefaultHttpHeaders();
    headers.set(more);
    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
    headers.set("x-holdfast-refusal", refusal.code());
    refusal.retryAfterSeconds().ifPresent(after -> headers.set(HttpHeaderNames.RETRY_AFTER, after));
    return headers;
  }

  static Refusal tooSlow() {
    return Refusal.of(408, "request-too-slow", "request: must be sent in time, was not");
  }

  static Refusal tooLarge(long limit, String was) {
    return Refusal.of(
        413,
        "body-too-large",
        "body: must be at most " + limit + " bytes for this gateway, " + was);
  }

  static Refusal shuttingDown() {
    return Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down");
  }

  static Refusal noUpstream() {
    return Refusal.of(
        404, "no-upstream", "path: must be one of a configured upstream, was another one");
  }

  static Refusal noRoute(String model) {
    return Refusal.of(
        404, "no-route", "model: must be one that a route serves, was " + name(model));
  }

  static Refusal noKey(boolean none) {
    return Refusal.of(
        401,
        none ? "no-key" : "unknown-key",
        "key: must be one of this gateway, was " + (none ? "missing" : "another one"));
  }

  static Refusal model(String model) {
    return Refusal.of(
        403,
        "model-not-allowed",
        "model: must be one that the key may ask, was " + (model.isEmpty() ? "none" : name(model)));
  }

  static Refusal upstream() {
    return Refusal.of(
        403, "upstream-not-allowed", "upstream: must be one that the key may ask, was another one");
  }

  static Refusal twoModels() {
    return Refusal.of(
        400, "two-models", "model: must be in the body once, so that no two readers differ");
  }

  static Refusal noRename() {
    return Refusal.of(
        400,
        "model-not-readable",
        "model: must be text in a JSON object of UTF-8, as it is renamed");
  }

  static Refusal limited(Admission.Refused refused) {
    return new Refusal(
        429,
        "limit-exceeded",
        "%s: must be at most %d for the key, was more"
            .formatted(refused.limit(), refused.allowed()),
        OptionalLong.of(refused.retryAfterSeconds()));
  }

  /** The policy of a kind is closed, and what gateways share cannot be reached. */
  static Refusal away(String kind) {
    return Refusal.later(
        503,
        "shared-state-away",
        "shared." + kind + ": must be known while its policy is closed, was not: Redis is away");
  }

  private static String name(String model) {
    String shown = model.length() > MAX_NAME ? model.substring(0, MAX_NAME) + "..." : model;
    return "'" + shown + "'";
  }
}
