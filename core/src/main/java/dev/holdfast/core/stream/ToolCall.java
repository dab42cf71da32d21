package dev.holdfast.core.stream;

import java.util.Objects;

/**
 * A tool call.
 *
 * @param choice index of the choice it belongs to
 * @param id the provider's id; empty if it sent none
 * @param name the function's name
 * @param arguments the arguments as JSON text, exactly as the fragments joined
 * @param signature what the provider wants back with the call: Gemini's {@code thoughtSignature},
 *     or a JSON array of the blocks (Messages) or items (Responses) of signed reasoning before it;
 *     opaque to callers, mostly empty
 */
public record ToolCall(int choice, String id, String name, String arguments, String signature) {
  /** Refuses null. */
  public ToolCall {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(arguments, "arguments");
    Objects.requireNonNull(signature, "signature");
  }

  /** A call without a signature. */
  public ToolCall(int choice, String id, String name, String arguments) {
    this(choice, id, name, arguments, "");
  }
}
