package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The tool calls among the output items of a response. Told apart by {@code output_index}: GitHub
 * Copilot changes an item's id from event to event. Keeps no arguments, only what they hash to.
 */
final class OutputCalls {
  private final Map<String, Call> byIndex = new HashMap<>();
  private long argumentChars;

  private static final class Call {
    private final int number;
    private boolean identified;
    private boolean named;
    private final RunningText arguments = new RunningText();

    Call(int number) {
      this.number = number;
    }
  }

  /** {@return whether an output item is a call that the client is to answer} */
  static boolean isCall(Json.Obj item) {
    return switch (item.text("type")) {
      case "function_call", "custom_tool_call" -> true;
      default -> false;
    };
  }

  /** Takes note of a call that begins. */
  void open(String index, Json.Obj item, Consumer<? super StreamEvent> out) {
    fragment(index, item.text("call_id"), item.text("name"), "", out);
  }

  /** Hands on a piece of arguments. */
  void more(String index, String arguments, Consumer<? super StreamEvent> out) {
    fragment(index, "", "", arguments, out);
  }

  /** Takes a whole call, and hands on what of it has not come in pieces. */
  void close(String index, Json.Obj item, Consumer<? super StreamEvent> out) {
    String id = item.text("call_id");
    String name = item.text("name");
    String whole = arguments(item);
    var call = byIndex.get(index);
    if (call == null) {
      fragment(index, id, name, whole, out);
    } else if (call.arguments.isPrefixOf(whole)) {
      // LM Studio sends no pieces at all.
      fragment(index, id, name, whole.substring((int) call.arguments.length()), out);
    } else if (!whole.isEmpty() || item.has("arguments") || item.has("input")) {
      out.accept(
          new StreamEvent.FrameRejected(
              Failure.passing(
                  Cause.PROTOCOL_VIOLATION,
                  "arguments: must be what their pieces were, were another text")));
    }
  }

  private static String arguments(Json.Obj item) {
    return switch (item.get(item.text("type").equals("function_call") ? "arguments" : "input")) {
      case Json.Str(String text) -> text;
      case Json.Obj object -> object.write();
      case Json.Arr array -> array.write();
      case null, default -> "";
    };
  }

  private void fragment(
      String index, String id, String name, String arguments, Consumer<? super StreamEvent> out) {
    var call = byIndex.get(index);
    if ((call == null && byIndex.size() == ToolCalls.MAX_CALLS)
        || id.length() > ToolCalls.MAX_NAME
        || name.length() > ToolCalls.MAX_NAME
        || index.length() > ToolCalls.MAX_NAME
        || argumentChars + arguments.length() > ToolCalls.MAX_ARGUMENTS) {
      out.accept(
          new StreamEvent.FrameRejected(
              Failure.lasting(
                  Cause.LIMIT_EXCEEDED,
                  "tool calls: must be at most %d with %d characters of arguments, were more"
                      .formatted(ToolCalls.MAX_CALLS, ToolCalls.MAX_ARGUMENTS))));
      return;
    }
    boolean begins = call == null;
    if (call == null) {
      call = new Call(byIndex.size());
      byIndex.put(index, call);
    }
    String newId = call.identified ? "" : id;
    String newName = call.named ? "" : name;
    call.identified |= !newId.isEmpty();
    call.named |= !newName.isEmpty();
    call.arguments.add(arguments);
    argumentChars += arguments.length();
    if (begins || !newId.isEmpty() || !newName.isEmpty() || !arguments.isEmpty()) {
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, newId, newName, arguments));
    }
  }

  /** {@return whether the answer asks for tools to be called} */
  boolean isAny() {
    return !byIndex.isEmpty();
  }
}
