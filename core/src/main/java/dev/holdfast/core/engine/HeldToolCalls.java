package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Json;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Tool calls of one attempt, held until they are known to be whole. */
final class HeldToolCalls {
  private record Key(int choice, int call) {}

  /** A call under construction. */
  private static final class Draft {
    private final int choice;
    private final StringBuilder arguments = new StringBuilder();
    private String id = "";
    private String name = "";

    private Draft(int choice) {
      this.choice = choice;
    }

    /** Zero-argument calls are sent with empty arguments by some servers. */
    private ToolCall finished() {
      String json = arguments.toString();
      return new ToolCall(choice, id, name, json.isBlank() ? "{}" : json);
    }
  }

  private final Map<Key, Draft> drafts = new LinkedHashMap<>();

  void add(StreamEvent.ToolCallDelta delta) {
    var draft =
        drafts.computeIfAbsent(
            new Key(delta.choice(), delta.call()), key -> new Draft(key.choice()));
    if (draft.id.isEmpty()) {
      draft.id = delta.id();
    }
    if (draft.name.isEmpty()) {
      draft.name = delta.name();
    }
    draft.arguments.append(delta.arguments());
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

  private Stream<ToolCall> all() {
    return drafts.values().stream().map(Draft::finished);
  }
}
