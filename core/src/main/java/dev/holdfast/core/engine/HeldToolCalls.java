package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Json;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Transcript;
import java.util.List;
import java.util.stream.Stream;

/** Tool calls of one attempt, held until they are known to be whole. Dialects bound their size. */
final class HeldToolCalls {
  private final Transcript fragments = new Transcript();

  void add(StreamEvent.ToolCallDelta delta) {
    fragments.accept(delta);
  }

  /** {@return whether there are none} */
  boolean isEmpty() {
    return fragments.toolCalls().isEmpty();
  }

  /** {@return the calls whose arguments parse, in order of appearance} */
  List<ToolCall> whole() {
    return all().filter(call -> Json.isValid(call.arguments())).toList();
  }

  /** {@return one sentence for each call whose arguments do not parse} */
  List<String> cut() {
    return all()
        .filter(call -> !Json.isValid(call.arguments()))
        .map(call -> "arguments of tool call '" + call.name() + "' are cut")
        .toList();
  }

  /** Zero-argument calls are sent with empty arguments by some servers. */
  private Stream<ToolCall> all() {
    return fragments.toolCalls().stream()
        .map(call ->
            call.arguments().isBlank()
                ? new ToolCall(call.choice(), call.id(), call.name(), "{}")
                : call);
  }
}
