package dev.holdfast.core.tools;

import dev.holdfast.core.stream.ToolCall;
import org.jspecify.annotations.Nullable;

/**
 * One tool call as its fragments make it, and whether it is whole.
 *
 * @param call the call; blank arguments of a whole call are {@code {}}, cumulative ones the last
 *     snapshot, those of an incomplete call as received
 * @param cut why it is not whole; null if it is
 * @param cumulative whether each piece of the arguments repeats those before it, so that a client
 *     which joins the pieces gets something that is not JSON
 */
public record AssembledCall(ToolCall call, @Nullable CutReason cut, boolean cumulative) {
  private static final int MAX_NAME = 64;

  /** {@return whether it may be executed} */
  public boolean isWhole() {
    return cut == null;
  }

  /** {@return one sentence for display on why it is not whole, or on its anomaly; else empty} */
  public String detail() {
    if (cut == null) {
      return cumulative
          ? named("arguments: must come in pieces, each repeated those before it")
          : "";
    }
    return switch (cut) {
      case TOKEN_LIMIT -> named("was cut by the token limit");
      case FILTERED -> named("was cut by a filter or a refusal");
      case PAUSED -> named("was cut by a pause of the provider");
      case PROVIDER_FAILED -> named("was cut by an error of the provider");
      case NOT_CLOSED -> named("was not closed");
      case ENDS_EARLY -> named("arguments: must be whole JSON, ended early");
      case NOT_JSON -> named("arguments: must be JSON, were another text");
      case SEVERAL_VALUES -> named("arguments: must be one JSON value, were several");
      case CUMULATIVE ->
          named("arguments: must come in pieces, each repeated those before it and none is whole");
      case SHARED_INDEX -> named("index: must be that of one call, was that of two");
      case NO_NAME -> "tool call: must have a name, had none";
    };
  }

  private String named(String sentence) {
    String name = call.name();
    int end = Math.min(name.length(), MAX_NAME);
    boolean half = end < name.length() && Character.isHighSurrogate(name.charAt(end - 1));
    return "tool call '" + name.substring(0, half ? end - 1 : end) + "' " + sentence;
  }
}
