package dev.holdfast.core.stream;

import java.time.Duration;

/**
 * What happens in a stream, over all providers. Dialects make the events of the wire, the engine
 * adds those of recovery.
 */
public sealed interface StreamEvent {
  /** The provider accepted the request; no output yet. Delivered once per stream. */
  record Started(String responseId, String model) implements StreamEvent {}

  /** More visible text. Never empty. */
  record TextDelta(int choice, String text) implements StreamEvent {}

  /** More of the model's reasoning. Never empty. */
  record ReasoningDelta(int choice, String text) implements StreamEvent {}

  /** More of a refusal. Never empty. */
  record RefusalDelta(int choice, String text) implements StreamEvent {}

  /**
   * A fragment of a tool call; delivered only where the policy is {@code live}.
   *
   * @param choice index of the choice
   * @param call which call within the choice; unique per call, in order of appearance from 0
   * @param id the call's id; empty in later fragments and where the provider sends none
   * @param name the function's name; empty in later fragments
   * @param arguments more of the arguments' JSON text; may be empty
   */
  record ToolCallDelta(int choice, int call, String id, String name, String arguments)
      implements StreamEvent {}

  /**
   * What the protocol reports of a tool call besides its fragments. Never delivered: it decides
   * whether the call is whole.
   *
   * @param choice index of the choice
   * @param call as in {@link ToolCallDelta}
   * @param mark what was reported
   */
  record ToolCallMarked(int choice, int call, ToolCallMark mark) implements StreamEvent {}

  /**
   * What the provider wants back with a tool call, in a later request. Never delivered: the whole
   * call has it.
   *
   * @param choice index of the choice
   * @param call as in {@link ToolCallDelta}
   * @param signature not empty
   */
  record ToolCallSigned(int choice, int call, String signature) implements StreamEvent {}

  /** A whole tool call: its arguments parse as JSON and the finish signal was seen. */
  record ToolCallReady(ToolCall toolCall) implements StreamEvent {}

  /** Tokens so far; later reports replace earlier ones of the same attempt. */
  record Usage(TokenUsage tokens) implements StreamEvent {}

  /** The model stopped writing this choice. Not yet proof that the stream is whole. */
  record Finished(int choice, Finish finish) implements StreamEvent {}

  /** The protocol's closing marker, such as {@code [DONE]}. Never proof by itself. */
  record DoneMarker() implements StreamEvent {}

  /** A sign of life without content: a ping or a comment. */
  record Heartbeat(String kind) implements StreamEvent {}

  /** Something of the provider's that Holdfast passes on without reading it. */
  record Opaque(String kind) implements StreamEvent {}

  /** The provider reported an error inside the stream. */
  record ErrorReported(Failure failure) implements StreamEvent {}

  /** A frame that could not be read. Not terminal by itself: the policy decides. */
  record FrameRejected(Failure failure) implements StreamEvent {}

  /** An attempt failed. Not terminal. */
  record AttemptFailed(int attempt, Failure failure) implements StreamEvent {}

  /**
   * Another attempt will be made.
   *
   * @param retry how many attempts have failed in a row without new content
   * @param max how many the policy allows
   * @param delay the wait before it
   * @param rung how it will continue; {@link Rung#REPLAY} where nothing was delivered yet
   */
  record Retrying(int retry, int max, Duration delay, Rung rung) implements StreamEvent {}

  /** From here on the text is another attempt's. */
  record SeamMarked(Seam seam) implements StreamEvent {}

  /** An anomaly that does not harm the answer, for example {@code missing-done}. */
  record Warned(Cause cause, String detail) implements StreamEvent {}

  /** {@return whether this is output of the model that a consumer would see} */
  default boolean isContent() {
    return this instanceof TextDelta
        || this instanceof ReasoningDelta
        || this instanceof RefusalDelta
        || this instanceof ToolCallDelta
        || this instanceof ToolCallReady;
  }
}
