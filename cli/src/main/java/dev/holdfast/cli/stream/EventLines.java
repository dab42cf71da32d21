package dev.holdfast.cli.stream;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import java.util.Locale;

/** Events and their parts as JSON lines. docs/cli.md lists the members. */
public final class EventLines {
  private EventLines() {}

  /**
   * {@return an event as a line}
   *
   * @param redactor removes secrets, and what a provider's error repeats of the request
   */
  public static JsonLine of(StreamEvent event, Redactor redactor) {
    return switch (redactor.event(event)) {
      case StreamEvent.Started(String responseId, String model) ->
          JsonLine.of("started").with("response_id", responseId).with("model", model);
      case StreamEvent.TextDelta(int choice, String text) -> delta("text", choice, text);
      case StreamEvent.ReasoningDelta(int choice, String text) -> delta("reasoning", choice, text);
      case StreamEvent.RefusalDelta(int choice, String text) -> delta("refusal", choice, text);
      case StreamEvent.ToolCallDelta(
              int choice,
              int call,
              String id,
              String name,
              String arguments) ->
          JsonLine.of("tool-call-delta")
              .with("choice", choice)
              .with("call", call)
              .with("id", id)
              .with("name", name)
              .with("arguments", arguments);
      case StreamEvent.ToolCallSigned(int choice, int call, var signature) ->
          JsonLine.of("tool-call-signature")
              .with("choice", choice)
              .with("call", call)
              .with("length", signature.length());
      case StreamEvent.ToolCallMarked(int choice, int call, var mark) ->
          JsonLine.of("tool-call-mark")
              .with("choice", choice)
              .with("call", call)
              .with("mark", mark.name().toLowerCase(Locale.ROOT));
      case StreamEvent.ToolCallReady(ToolCall toolCall) ->
          JsonLine.of("tool-call").with("tool_call", of(toolCall));
      case StreamEvent.Usage(var tokens) ->
          JsonLine.of("usage")
              .with("input_tokens", tokens.input().orElse(-1))
              .with("output_tokens", tokens.output().orElse(-1));
      case StreamEvent.Finished(int choice, var finish) ->
          JsonLine.of("finished")
              .with("choice", choice)
              .with("reason", id(finish.reason()))
              .with("raw", finish.raw());
      case StreamEvent.DoneMarker() -> JsonLine.of("done-marker");
      case StreamEvent.Heartbeat(String kind) -> JsonLine.of("heartbeat").with("kind", kind);
      case StreamEvent.Opaque(String kind) -> JsonLine.of("opaque").with("kind", kind);
      case StreamEvent.ErrorReported(Failure failure) ->
          failed("error-reported", failure, redactor);
      case StreamEvent.FrameRejected(Failure failure) ->
          failed("frame-rejected", failure, redactor);
      case StreamEvent.AttemptFailed(int attempt, Failure failure) ->
          failed("attempt-failed", failure, redactor).with("attempt", attempt);
      case StreamEvent.Retrying(int retry, int max, var delay, var rung) ->
          JsonLine.of("retrying")
              .with("retry", retry)
              .with("max", max)
              .with("delay_ms", delay.toMillis())
              .with("rung", id(rung));
      case StreamEvent.SeamMarked(Seam seam) -> JsonLine.of("seam").with("seam", of(seam));
      case StreamEvent.Warned(var cause, String detail) ->
          JsonLine.of("warned").with("cause", cause.id()).with("detail", detail);
    };
  }

  static JsonLine of(Seam seam) {
    return new JsonLine()
        .with("offset", seam.offset())
        .with("rung", id(seam.rung()))
        .with("attempt", seam.attempt())
        .with("overlap", seam.overlap());
  }

  static JsonLine of(RungRefusal refusal) {
    return new JsonLine()
        .with("upstream", refusal.upstream())
        .with("rung", id(refusal.rung()))
        .with("rule", refusal.rule());
  }

  static JsonLine of(ToolCall toolCall) {
    return new JsonLine()
        .with("choice", toolCall.choice())
        .with("id", toolCall.id())
        .with("name", toolCall.name())
        .with("arguments", toolCall.arguments());
  }

  static JsonLine of(AttemptReport attempt) {
    var failure = attempt.failure().orElse(null);
    var rung = attempt.rung().orElse(null);
    return new JsonLine()
        .with("number", attempt.number())
        .with("upstream", attempt.upstream())
        .with("rung", rung == null ? null : id(rung))
        .with("profile", attempt.profile().isEmpty() ? null : attempt.profile())
        .with("status", attempt.httpStatus().orElse(0))
        .with("request_id", attempt.requestId().isEmpty() ? null : attempt.requestId())
        .with("bytes", attempt.bytes())
        .with("events", attempt.events())
        .with("millis", (attempt.endNanos() - attempt.startNanos()) / 1_000_000)
        .with("cause", failure == null ? null : failure.cause().id())
        .with("detail", failure == null ? null : failure.detail());
  }

  /** {@return the name of a constant as it is shown: {@code TOOL_CALLS} is {@code tool-calls}} */
  public static String id(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static JsonLine delta(String event, int choice, String text) {
    return JsonLine.of(event).with("choice", choice).with("text", text);
  }

  private static JsonLine failed(String event, Failure failure, Redactor redactor) {
    var provider = failure.provider().orElse(null);
    return JsonLine.of(event)
        .with("cause", failure.cause().id())
        .with("detail", failure.detail())
        .with("status", failure.httpStatus().orElse(0))
        .with("may_heal", failure.isRetryable())
        .with("provider", provider == null ? null : Phrases.wording(provider, redactor));
  }
}
