package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tool calls among the output items of a response. Told apart by {@code output_index}: GitHub
 * Copilot changes an item's id from event to event. Keeps no arguments, only what they hash to.
 */
final class OutputCalls {
  private final Map<String, Call> byIndex = new LinkedHashMap<>();
  private long argumentChars;

  private static final class Call {
    private final int number;
    private String id = "";
    private boolean named;

    /** Whether all of its arguments were repeated. */
    private boolean whole;

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
    boolean says = item.has("arguments") || item.has("input");
    take(index, item.text("call_id"), item.text("name"), arguments(item), says, out);
  }

  /** Takes all arguments of a call, and hands on what of them has not come in pieces. */
  void whole(String index, String name, Json arguments, Consumer<? super StreamEvent> out) {
    take(index, "", name, written(arguments), true, out);
  }

  /**
   * Takes the calls that the end of the response repeats, and hands on what of them has not come. A
   * known id beats the order; where ids change from event to event the order decides.
   *
   * @return whether they contradict none that came
   */
  boolean repeat(List<Json.Obj> items, Consumer<? super StreamEvent> out) {
    boolean fits = true;
    var free = new LinkedHashSet<>(byIndex.keySet());
    var taken = new String[items.size()];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = indexOf(items.get(i).text("call_id"), free);
      free.remove(taken[i]);
    }
    for (int i = 0; i < taken.length; i++) {
      var item = items.get(i);
      String index = taken[i];
      if (index == null) {
        index = free.isEmpty() ? "end:" + i : free.removeFirst();
      }
      boolean says = item.has("arguments") || item.has("input");
      fits &= take(index, item.text("call_id"), item.text("name"), arguments(item), says, out);
    }
    return fits;
  }

  private @Nullable String indexOf(String id, Set<String> among) {
    for (var index : among) {
      var call = byIndex.get(index);
      if (!id.isEmpty() && call != null && call.id.equals(id)) {
        return index;
      }
    }
    return null;
  }

  private boolean take(
      String index,
      String id,
      String name,
      String whole,
      boolean says,
      Consumer<? super StreamEvent> out) {
    var call = byIndex.get(index);
    if (call == null) {
      fragment(index, id, name, whole, out);
    } else if (call.arguments.isPrefixOf(whole)) {
      // LM Studio sends no pieces at all.
      fragment(index, id, name, whole.substring((int) call.arguments.length()), out);
    } else if (!whole.isEmpty() || says) {
      out.accept(
          new StreamEvent.FrameRejected(
              Failure.passing(
                  Cause.PROTOCOL_VIOLATION,
                  "arguments: must be what their pieces were, were another text")));
      return false;
    }
    var taken = byIndex.get(index);
    if (taken != null) {
      taken.whole = true;
    }
    return true;
  }

  private static String arguments(Json.Obj item) {
    return written(item.get(item.text("type").equals("function_call") ? "arguments" : "input"));
  }

  private static String written(@Nullable Json arguments) {
    return switch (arguments) {
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
    String newId = call.id.isEmpty() ? id : "";
    String newName = call.named ? "" : name;
    call.id = newId.isEmpty() ? call.id : newId;
    call.named |= !newName.isEmpty();
    call.arguments.add(arguments);
    argumentChars += arguments.length();
    if (begins || !newId.isEmpty() || !newName.isEmpty() || !arguments.isEmpty()) {
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, newId, newName, arguments));
    }
  }

  /** {@return whether the arguments of all calls were repeated whole} */
  boolean areWhole() {
    return byIndex.values().stream().allMatch(call -> call.whole);
  }

  /** {@return whether the answer asks for tools to be called} */
  boolean isAny() {
    return !byIndex.isEmpty();
  }
}
