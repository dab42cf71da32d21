package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Finish;
import java.util.Locale;

/** Reads why models stop, over all providers of the two protocols and their clones. */
final class Finishes {
  private Finishes() {}

  static Finish of(String raw) {
    return new Finish(reason(raw), raw);
  }

  private static Finish.Reason reason(String raw) {
    return switch (raw.toLowerCase(Locale.ROOT)) {
      case "stop",
          "eos",
          "eos_token",
          "end_turn",
          "stop_sequence",
          "complete",
          "finish",
          "stop_criteria_met" ->
          Finish.Reason.STOP;
      case "length",
          "max_tokens",
          "model_length",
          "max_output_tokens",
          "model_context_window_exceeded" ->
          Finish.Reason.LENGTH;
      case "tool_calls", "tool_call", "tool_use", "function_call" -> Finish.Reason.TOOL_CALLS;
      case "refusal" -> Finish.Reason.REFUSAL;
      case "content_filter", "content_filtered", "sensitive", "safety", "guardrail_intervened" ->
          Finish.Reason.CONTENT_FILTER;
      case "recitation",
          "blocklist",
          "prohibited_content",
          "spii",
          "model_armor",
          "image_safety",
          "image_prohibited_content",
          "image_recitation" ->
          Finish.Reason.CONTENT_FILTER;
      case "malformed_function_call", "malformed_response", "unexpected_tool_call" ->
          Finish.Reason.ERROR;
      case "pause_turn", "compaction" -> Finish.Reason.PAUSE;
      case "error", "abort", "insufficient_system_resource", "network_error" -> Finish.Reason.ERROR;
      default -> Finish.Reason.OTHER;
    };
  }
}
