package dev.holdfast.blackbox.matrix;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.model.Continuation;

/**
 * One stream: its first attempt has the fault, later ones have none.
 *
 * @param id unique; also the stream's name at the server
 */
record Cell(String id, Lane lane, Fault fault, Continuation continuation, StreamPolicy policy) {
  /** {@return what the model is asked: for a tool call where the fault needs one} */
  String prompt() {
    return switch (fault) {
      case Fault.CutTool cut -> Bench.TOOL_PROMPT;
      case Fault.Shaped shaped when shaped.shape().isOfCalls() -> Bench.TOOLS_PROMPT;
      default -> "Tell me about the harbour.";
    };
  }

  Answer answer() {
    return Bench.answer(prompt());
  }
}
