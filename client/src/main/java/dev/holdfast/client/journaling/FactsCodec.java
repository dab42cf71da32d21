package dev.holdfast.client.journaling;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The parts of events and endings as JSON, and back. What is absent is no member. Reading throws
 * {@link IllegalArgumentException} for what was not written here; its message quotes no content.
 */
final class FactsCodec {
  private FactsCodec() {}

  static void flag(JsonObjectBuilder to, String name, boolean flag) {
    if (flag) {
      to.put(name, new Json.Bool(true));
    }
  }

  static boolean flag(Json.Obj from, String name) {
    return from.members().get(name) instanceof Json.Bool(boolean flag) && flag;
  }

  static int whole(Json.Obj from, String name) {
    return (int) from.number(name, 0);
  }

  static <T> Json.Arr list(List<T> items, Function<T, JsonObjectBuilder> write) {
    return new Json.Arr(items.stream().<Json>map(item -> write.apply(item).object()).toList());
  }

  static <T> List<T> list(Json.Obj from, String name, Function<Json.Obj, T> read) {
    var items = from.array(name);
    return items == null
        ? List.of()
        : items.items().stream().map(item -> read.apply(object(item))).toList();
  }

  /** {@return the member, which must be there} */
  static Json.Obj member(Json.Obj from, String name) {
    var member = from.object(name);
    if (member == null) {
      throw new IllegalArgumentException("entry: must have the member " + name + ", was without");
    }
    return member;
  }

  private static Json.Obj object(Json item) {
    if (item instanceof Json.Obj object) {
      return object;
    }
    throw new IllegalArgumentException("entry: must list objects, was another value");
  }

  static Cause cause(String id) {
    for (Cause cause : Cause.values()) {
      if (cause.id().equals(id)) {
        return cause;
      }
    }
    throw new IllegalArgumentException("entry: must name a cause, was another word");
  }

  // ---------------------------------------------------------------- failures

  static JsonObjectBuilder failure(Failure failure) {
    var to = JsonObjectBuilder.of("cause", failure.cause().id()).text("detail", failure.detail());
    flag(to, "retryable", failure.isRetryable());
    flag(to, "starting", failure.isStarting());
    failure.retryAfter().ifPresent(wait -> to.text("retryAfter", wait.toString()));
    failure.httpStatus().ifPresent(status -> to.number("status", status));
    failure
        .provider()
        .ifPresent(error ->
            to.put(
                "provider",
                JsonObjectBuilder.of("type", error.type())
                    .text("code", error.code())
                    .text("message", error.message())
                    .text("raw", error.raw())));
    return to;
  }

  static Failure failure(Json.Obj from) {
    var provider = from.object("provider");
    return Failure.builder(cause(from.text("cause")), from.text("detail"))
        .retryable(flag(from, "retryable"))
        .starting(flag(from, "starting"))
        .retryAfter(duration(from, "retryAfter"))
        .httpStatus(whole(from, "status"))
        .provider(
            provider == null
                ? null
                : new ProviderError(
                    provider.text("type"),
                    provider.text("code"),
                    provider.text("message"),
                    provider.text("raw")))
        .build();
  }

  static @Nullable Duration duration(Json.Obj from, String name) {
    return from.get(name) == null ? null : Duration.parse(from.text(name));
  }

  // ---------------------------------------------------------------- what the model wrote

  static JsonObjectBuilder call(ToolCall call) {
    return new JsonObjectBuilder()
        .number("choice", call.choice())
        .text("id", call.id())
        .text("name", call.name())
        .text("arguments", call.arguments())
        .text("signature", call.signature());
  }

  static ToolCall call(Json.Obj from) {
    return new ToolCall(
        whole(from, "choice"),
        from.text("id"),
        from.text("name"),
        from.text("arguments"),
        from.text("signature"));
  }

  static JsonObjectBuilder finish(Finish finish) {
    return JsonObjectBuilder.of("reason", finish.reason().name()).text("raw", finish.raw());
  }

  static Finish finish(Json.Obj from) {
    return new Finish(Finish.Reason.valueOf(from.text("reason")), from.text("raw"));
  }

  static JsonObjectBuilder usage(TokenUsage usage) {
    var to = new JsonObjectBuilder();
    usage.input().ifPresent(tokens -> to.number("input", tokens));
    usage.output().ifPresent(tokens -> to.number("output", tokens));
    to.text("raw", usage.raw());
    flag(to, "inputEstimated", usage.isInputEstimated());
    flag(to, "outputEstimated", usage.isOutputEstimated());
    return to;
  }

  static TokenUsage usage(Json.Obj from) {
    return TokenUsage.of(from.number("input", -1), from.number("output", -1), from.text("raw"))
        .withEstimates(flag(from, "inputEstimated"), flag(from, "outputEstimated"));
  }

  static JsonObjectBuilder seam(Seam seam) {
    return new JsonObjectBuilder()
        .number("offset", seam.offset())
        .text("rung", seam.rung().name())
        .number("attempt", seam.attempt())
        .number("overlap", seam.overlap());
  }

  static Seam seam(Json.Obj from) {
    return new Seam(
        from.number("offset", 0),
        Rung.valueOf(from.text("rung")),
        whole(from, "attempt"),
        whole(from, "overlap"));
  }
}
