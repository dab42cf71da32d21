package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ProviderError;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads why models stop, over all protocols and their clones. */
public final class Finishes {
  /** Ends of words that no answer ends with by itself. */
  private static final List<String> TROUBLE =
      List.of(
          "error",
          "errored",
          "exception",
          "timeout",
          "time_out",
          "timed_out",
          "timedout",
          "deadline_exceeded",
          "cancel",
          "cancelled",
          "canceled",
          "abort",
          "aborted",
          "failed",
          "failure",
          "interrupted",
          "disconnect",
          "disconnected",
          "connection_lost",
          "connection_closed",
          "terminated",
          "unavailable",
          "rate_limit",
          "rate_limited",
          "rate_limit_exceeded",
          "capacity",
          "preempted",
          "crashed",
          "killed");

  /** Parts of words that only a limit has. */
  private static final List<String> LIMITS =
      List.of(
          "max_token",
          "max_output",
          "max_new_token",
          "max_completion",
          "token_limit",
          "length_limit",
          "context_length",
          "context_window");

  private Finishes() {}

  /**
   * {@return what {@code raw} means; words are compared without case, and {@code -} as {@code _}}
   */
  public static Finish of(String raw) {
    return new Finish(reason(word(raw)), raw);
  }

  /**
   * {@return whether {@code raw} reports that the provider failed: no answer ends with that} Not so
   * a call or answer that the model malformed, of which protocols have words of their own.
   */
  public static boolean isFailure(String raw) {
    String word = word(raw);
    return reason(word) == Finish.Reason.ERROR && !isMalformed(word);
  }

  /** {@return a finish reason that is a failure, as the error that it reports} */
  public static ProviderError error(String raw) {
    return ErrorValues.of(new Json.Obj(Map.of("finish_reason", new Json.Str(raw))));
  }

  private static String word(String raw) {
    return raw.toLowerCase(Locale.ROOT).replace('-', '_');
  }

  private static boolean isMalformed(String word) {
    return word.startsWith("malformed_")
        || word.equals("unexpected_tool_call")
        || word.equals("too_many_tool_calls");
  }

  private static Finish.Reason reason(String word) {
    return switch (word) {
      case "stop",
          "eos",
          "eos_token",
          "end_turn",
          "stop_sequence",
          "complete",
          "finish",
          "stop_criteria_met",
          "word" ->
          Finish.Reason.STOP;
      case "length",
          "max_tokens",
          "max_length",
          "max_new_tokens",
          "model_length",
          "max_output_tokens",
          "max_completion_tokens",
          "token_limit",
          "limit",
          "error_limit",
          "model_context_window_exceeded" ->
          Finish.Reason.LENGTH;
      case "tool_calls", "tool_call", "tool_use", "function_call" -> Finish.Reason.TOOL_CALLS;
      case "refusal" -> Finish.Reason.REFUSAL;
      case "content_filter",
          "content_filtered",
          "error_toxic",
          "sensitive",
          "safety",
          "guardrail_intervened" ->
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
      case "pause_turn", "compaction" -> Finish.Reason.PAUSE;
      case "insufficient_system_resource" -> Finish.Reason.ERROR;
      case "" -> Finish.Reason.OTHER;
      default -> isMalformed(word) || isTrouble(word) ? Finish.Reason.ERROR : unlisted(word);
    };
  }

  /** Routers pass on words for a limit that no list has. */
  private static Finish.Reason unlisted(String word) {
    for (String limit : LIMITS) {
      if (word.contains(limit)) {
        return Finish.Reason.LENGTH;
      }
    }
    return Finish.Reason.OTHER;
  }

  /** Words for a failure, of every provider and gateway. */
  private static boolean isTrouble(String word) {
    for (String trouble : TROUBLE) {
      if (word.endsWith(trouble)) {
        return true;
      }
    }
    return word.startsWith("error_") || word.contains("overload");
  }
}
