package dev.holdfast.client.journaling;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.json.JsonText;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCallMark;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;

/** One event as one JSON object, and back: every member survives, a lone surrogate too. */
final class EventCodec {
  private EventCodec() {}

  static ByteBuffer write(StreamEvent event) {
    return bytes(object(event));
  }

  static ByteBuffer bytes(JsonObjectBuilder object) {
    return ByteBuffer.wrap(JsonText.bytes(object.object().write()));
  }

  /**
   * {@return the object of a payload}
   *
   * @throws IllegalArgumentException if it has none; the message quotes no content
   */
  static Json.Obj parsed(ByteBuffer payload) {
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    try {
      var values = Json.parseAll(bytes, 0, bytes.length);
      if (values.size() == 1 && values.getFirst() instanceof Json.Obj object) {
        return object;
      }
    } catch (Json.MalformedException e) {
      throw new IllegalArgumentException("entry: must be JSON, was malformed", e);
    }
    throw new IllegalArgumentException("entry: must be one JSON object, was something else");
  }

  private static JsonObjectBuilder of(String type) {
    return JsonObjectBuilder.of("type", type);
  }

  private static JsonObjectBuilder text(String type, int choice, String text) {
    return of(type).number("choice", choice).text("text", text);
  }

  private static JsonObjectBuilder object(StreamEvent event) {
    return switch (event) {
      case StreamEvent.Started(String responseId, String model) ->
          of("started").text("response", responseId).text("model", model);
      case StreamEvent.TextDelta(int choice, String text) -> text("text", choice, text);
      case StreamEvent.ReasoningDelta(int choice, String text) -> text("reasoning", choice, text);
      case StreamEvent.RefusalDelta(int choice, String text) -> text("refusal", choice, text);
      case StreamEvent.ToolCallDelta(
              int choice,
              int call,
              String id,
              String name,
              String arguments) ->
          of("tool-delta")
              .number("choice", choice)
              .number("call", call)
              .text("id", id)
              .text("name", name)
              .text("arguments", arguments);
      case StreamEvent.ToolCallMarked(int choice, int call, var mark) ->
          of("tool-mark").number("choice", choice).number("call", call).text("mark", mark.name());
      case StreamEvent.ToolCallSigned(int choice, int call, String signature) ->
          of("tool-signature")
              .number("choice", choice)
              .number("call", call)
              .text("signature", signature);
      case StreamEvent.ToolCallReady(var call) -> of("tool").put("call", FactsCodec.call(call));
      case StreamEvent.Usage(var tokens) -> of("usage").put("tokens", FactsCodec.usage(tokens));
      case StreamEvent.Finished(int choice, var finish) ->
          of("finished").number("choice", choice).put("finish", FactsCodec.finish(finish));
      case StreamEvent.DoneMarker() -> of("done-marker");
      case StreamEvent.Heartbeat(String kind) -> of("heartbeat").text("kind", kind);
      case StreamEvent.Opaque(String kind) -> of("opaque").text("kind", kind);
      case StreamEvent.ErrorReported(var failure) ->
          of("error").put("failure", FactsCodec.failure(failure));
      case StreamEvent.FrameRejected(var failure) ->
          of("frame-rejected").put("failure", FactsCodec.failure(failure));
      case StreamEvent.AttemptFailed(int attempt, var failure) ->
          of("attempt-failed")
              .number("attempt", attempt)
              .put("failure", FactsCodec.failure(failure));
      case StreamEvent.Retrying(int retry, int max, Duration delay, Rung rung) ->
          of("retrying")
              .number("retry", retry)
              .number("max", max)
              .text("delay", delay.toString())
              .text("rung", rung.name());
      case StreamEvent.SeamMarked(var seam) -> of("seam").put("seam", FactsCodec.seam(seam));
      case StreamEvent.Warned(var cause, String detail) ->
          of("warned").text("cause", cause.id()).text("detail", detail);
    };
  }

  /**
   * {@return the event of a payload}
   *
   * @throws IllegalArgumentException if it has none; the message quotes no content
   */
  static StreamEvent read(ByteBuffer payload) {
    var from = parsed(payload);
    int choice = FactsCodec.whole(from, "choice");
    int call = FactsCodec.whole(from, "call");
    return switch (from.text("type")) {
      case "started" -> new StreamEvent.Started(from.text("response"), from.text("model"));
      case "text" -> new StreamEvent.TextDelta(choice, from.text("text"));
      case "reasoning" -> new StreamEvent.ReasoningDelta(choice, from.text("text"));
      case "refusal" -> new StreamEvent.RefusalDelta(choice, from.text("text"));
      case "tool-delta" ->
          new StreamEvent.ToolCallDelta(
              choice, call, from.text("id"), from.text("name"), from.text("arguments"));
      case "tool-mark" ->
          new StreamEvent.ToolCallMarked(choice, call, ToolCallMark.valueOf(from.text("mark")));
      case "tool-signature" -> new StreamEvent.ToolCallSigned(choice, call, from.text("signature"));
      case "tool" ->
          new StreamEvent.ToolCallReady(FactsCodec.call(FactsCodec.member(from, "call")));
      case "usage" -> new StreamEvent.Usage(FactsCodec.usage(FactsCodec.member(from, "tokens")));
      case "finished" ->
          new StreamEvent.Finished(choice, FactsCodec.finish(FactsCodec.member(from, "finish")));
      case "done-marker" -> new StreamEvent.DoneMarker();
      case "heartbeat" -> new StreamEvent.Heartbeat(from.text("kind"));
      case "opaque" -> new StreamEvent.Opaque(from.text("kind"));
      case "error" ->
          new StreamEvent.ErrorReported(FactsCodec.failure(FactsCodec.member(from, "failure")));
      case "frame-rejected" ->
          new StreamEvent.FrameRejected(FactsCodec.failure(FactsCodec.member(from, "failure")));
      case "attempt-failed" ->
          new StreamEvent.AttemptFailed(
              FactsCodec.whole(from, "attempt"),
              FactsCodec.failure(FactsCodec.member(from, "failure")));
      case "retrying" ->
          new StreamEvent.Retrying(
              FactsCodec.whole(from, "retry"),
              FactsCodec.whole(from, "max"),
              Objects.requireNonNullElse(FactsCodec.duration(from, "delay"), Duration.ZERO),
              Rung.valueOf(from.text("rung")));
      case "seam" -> new StreamEvent.SeamMarked(FactsCodec.seam(FactsCodec.member(from, "seam")));
      case "warned" ->
          new StreamEvent.Warned(FactsCodec.cause(from.text("cause")), from.text("detail"));
      default -> throw new IllegalArgumentException("entry: must be an event, was another type");
    };
  }
}
