package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells which fragment belongs to which tool call of a chat completion. Keeps ids and names, never
 * arguments.
 */
final class ToolCalls {
  /** More calls than any model makes in one answer. */
  static final int MAX_CALLS = 512;

  /** Ids and names longer than this are not ids and names. */
  static final int MAX_NAME = 4096;

  /** As large as one frame may be; what the consumer has to hold is bounded with it. */
  static final long MAX_ARGUMENTS = 4 << 20;

  private final Map<String, Call> byKey = new HashMap<>();
  private final Map<Integer, Integer> counts = new HashMap<>();
  private final Map<Integer, Call> latest = new HashMap<>();
  private int total;
  private long argumentChars;

  private static final class Call {
    private final int number;
    private String id = "";
    private String name = "";

    Call(int number) {
      this.number = number;
    }
  }

  /** {@return which rule the tool calls of a delta break, or null} */
  static @Nullable String violation(Json.Obj delta) {
    var list = delta.get("tool_calls");
    if (list == null || !list.says()) {
      return null;
    }
    if (!(list instanceof Json.Arr(var items))) {
      return "tool_calls: must be an array, was another";
    }
    for (var item : items) {
      if (!(item instanceof Json.Obj call)) {
        return "tool call: must be an object, was another";
      }
      var function = call.object("function");
      if (call.text("id").length() > MAX_NAME
          || (function != null && function.text("name").length() > MAX_NAME)
          || (call.get("index") instanceof Json.Num(String text) && text.length() > MAX_NAME)) {
        return "tool call: must have an id and a name of at most %d characters".formatted(MAX_NAME);
      }
    }
    return null;
  }

  /** {@return what had to be refused of a delta's fragments; the others are handed on} */
  List<StreamEvent> read(int choice, Json.Obj delta, Consumer<? super StreamEvent> out) {
    var refused = new ArrayList<StreamEvent>(0);
    var legacy = delta.object("function_call");
    if (legacy != null) {
      fragment(choice, "function_call", legacy, "", out, refused);
    }
    var list = delta.array("tool_calls");
    if (list == null) {
      return refused;
    }
    int position = 0;
    for (var item : list.items()) {
      if (item instanceof Json.Obj call) {
        var function = call.object("function");
        fragment(
            choice,
            key(choice, call, position),
            function == null ? new Json.Obj(Map.of()) : function,
            call.text("id"),
            out,
            refused);
      }
      position++;
    }
    return refused;
  }

  /** {@return what tells this call from others of its choice: index, else id, else position} */
  private String key(int choice, Json.Obj call, int position) {
    if (call.get("index") instanceof Json.Num(String text)) {
      return "index " + text;
    }
    if (!call.text("id").isBlank()) {
      return "id " + call.text("id");
    }
    var function = call.object("function");
    var last = latest.get(choice);
    if (last != null && (function == null || function.text("name").isBlank())) {
      return ""; // A nameless fragment goes on with the call before it.
    }
    return "index " + position;
  }

  private void fragment(
      int choice,
      String key,
      Json.Obj function,
      String id,
      Consumer<? super StreamEvent> out,
      List<StreamEvent> refused) {
    String name = function.text("name");
    String arguments = arguments(function.get("arguments"));
    var call = key.isEmpty() ? latest.get(choice) : byKey.get(choice + " " + key);
    boolean another =
        call == null
            // An index used again: another id that comes with a name is another call.
            || (!id.isBlank() && !call.id.isEmpty() && !id.equals(call.id) && !name.isBlank());
    if ((another && total == MAX_CALLS) || argumentChars + arguments.length() > MAX_ARGUMENTS) {
      refused.add(
          new StreamEvent.FrameRejected(
              Failure.lasting(
                  Cause.LIMIT_EXCEEDED,
                  "tool calls: must be at most %d with %d characters of arguments, were more"
                      .formatted(MAX_CALLS, MAX_ARGUMENTS))));
      return;
    }
    if (call == null || another) {
      call = new Call(counts.merge(choice, 1, Integer::sum) - 1);
      byKey.put(choice + " " + key, call);
      total++;
    }
    latest.put(choice, call);
    argumentChars += arguments.length();
    // Clones repeat "" or the same id and name on every fragment; the first that says one counts.
    String newId = call.id.isEmpty() && !id.isBlank() ? id : "";
    String newName = call.name.isEmpty() && !name.isBlank() ? name : "";
    call.id = newId.isEmpty() ? call.id : newId;
    call.name = newName.isEmpty() ? call.name : newName;
    if (another || !newId.isEmpty() || !newName.isEmpty() || !arguments.isEmpty()) {
      out.accept(new StreamEvent.ToolCallDelta(choice, call.number, newId, newName, arguments));
    }
  }

  /** {@return a piece of arguments; some servers send the whole object instead of its text} */
  private static String arguments(@Nullable Json value) {
    return switch (value) {
      case Json.Str(String text) -> text;
      case Json.Obj object -> object.write();
      case Json.Arr array -> array.write();
      case null, default -> "";
    };
  }
}
