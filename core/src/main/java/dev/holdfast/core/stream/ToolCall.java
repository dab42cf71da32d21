package dev.holdfast.core.stream;

/**
 * A tool call.
 *
 * @param choice index of the choice it belongs to
 * @param id the provider's id; empty if it sent none
 * @param name the function's name
 * @param arguments the arguments as JSON text, exactly as the fragments joined
 * @param signature what the provider wants back with the call, as Gemini's {@code
 *     thoughtSignature}; mostly empty
 */
public record ToolCall(int choice, String id, String name, String arguments, String signature) {
  /** A call without a signature. */
  public ToolCall(int choice, String id, String name, String arguments) {
    this(choice, id, name, arguments, "");
  }
}
