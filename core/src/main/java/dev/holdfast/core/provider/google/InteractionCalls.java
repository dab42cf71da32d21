package dev.holdfast.core.provider.google;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The tool calls of an interaction. Arguments come as pieces of text, or whole as an object with
 * the call's description. The object counts if no piece comes until the step stops.
 *
 * <p>A description with another id, or with another name than a call without one, begins another
 * call, also at an index in use. A piece at the index of no call leaves all calls without arguments
 * in doubt.
 */
final class InteractionCalls {
  /** Numbers of so many characters that differ are different doubles. */
  private static final int MAX_EXACT = 15;

  private final List<Call> calls = new ArrayList<>();
  private final Map<String, Call> byIndex = new HashMap<>();
  private long argumentChars;
  private boolean warned;

  private static final class Call {
    private final int number;
    private String id = "";
    private String name = "";
    private final StringBuilder streamed = new StringBuilder();

    /** Its arguments as an object; used if no piece comes. */
    private Json.@Nullable Obj whole;

    private boolean closed;
    private boolean disputed;

    Call(int number) {
      this.number = number;
    }

    boolean hasArguments() {
      return !streamed.isEmpty() || whole != null;
    }

    /** {@return whether a description is of another call} */
    boolean isAnother(String otherId, String otherName) {
      boolean sameId = !id.isEmpty() && id.equals(otherId);
      boolean known = !id.isEmpty() && !otherId.isEmpty();
      boolean named = !name.isEmpty() && !otherName.isEmpty();
      return !sameId && (known || (named && (closed || !name.equals(otherName))));
    }
  }

  /** Takes an event's description of a call; of ids and names the first counts. */
  void describe(String index, Json.Obj described, Consumer<? super StreamEvent> out) {
    var known = byIndex.get(index);
    String id = described.text("id");
    String name = described.text("name");
    if (known == null || !known.isAnother(id, name)) {
      describe(index, known, described, out);
      return;
    }
    describe(index, null, described, out);
    if (!known.closed) {
      warn("step index: must be that of one call, was that of two", out);
      dispute(known, out);
      close(known, ToolCallMark.UNCLOSED, out);
    }
  }

  private void describe(
      String index, @Nullable Call known, Json.Obj described, Consumer<? super StreamEvent> out) {
    String id = described.text("id");
    String name = described.text("name");
    var arguments = described.get("arguments");
    var whole = arguments instanceof Json.Obj values && values.hasValue() ? values : null;
    String now = whole == null ? described.text("arguments") : "";
    if (refuses(index, known, id, name, whole == null ? now : whole.write(), out)) {
      return;
    }
    var call = known == null ? add(index) : known;
    if (!name.isEmpty() && !call.name.isEmpty() && !name.equals(call.name)) {
      warn("tool call name: must be one, was another later", out);
      out.accept(new StreamEvent.ToolCallMarked(0, call.number, ToolCallMark.INCOMPLETE));
    }
    String newId = call.id.isEmpty() ? id : "";
    String newName = call.name.isEmpty() ? name : "";
    call.id = newId.isEmpty() ? call.id : newId;
    call.name = newName.isEmpty() ? call.name : newName;
    call.streamed.append(now);
    call.whole = whole == null ? call.whole : whole;
    if (known == null || !newId.isEmpty() || !newName.isEmpty() || !now.isEmpty()) {
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, newId, newName, now));
    }
  }

  /** Hands on a piece of arguments. */
  void more(String index, String piece, Consumer<? super StreamEvent> out) {
    var known = byIndex.get(index);
    if (refuses(index, known, "", "", piece, out)) {
      return;
    }
    if (known == null && !piece.isEmpty()) {
      for (var other : calls) {
        if (!other.hasArguments()) {
          dispute(other, out);
        }
      }
    }
    var call = known == null ? add(index) : known;
    if (!piece.isEmpty() || known == null) {
      call.streamed.append(piece);
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, "", "", piece));
    }
  }

  void close(String index, Consumer<? super StreamEvent> out) {
    var call = byIndex.get(index);
    if (call != null) {
      close(call, ToolCallMark.CLOSED, out);
    }
  }

  void closeAll(Consumer<? super StreamEvent> out) {
    calls.forEach(call -> close(call, ToolCallMark.UNCLOSED, out));
  }

  private static void close(Call call, ToolCallMark mark, Consumer<? super StreamEvent> out) {
    if (!call.closed && call.streamed.isEmpty() && call.whole != null) {
      call.streamed.append(call.whole.write());
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, "", "", call.streamed.toString()));
    }
    if (!call.closed) {
      call.closed = true;
      out.accept(new StreamEvent.ToolCallMarked(0, call.number, mark));
    }
  }

  /** What the calls that the end repeats are to those that came. */
  enum Repetition {
    /** All of them, and the same. */
    WHOLE,
    /** None of them, or fewer. */
    LESS,
    /** Others. */
    OTHER
  }

  /**
   * Compares the calls that the end repeats, and hands on those of them that have not come. A known
   * id beats the order.
   */
  Repetition repeat(List<Json.Obj> items, Consumer<? super StreamEvent> out) {
    var free = new ArrayList<>(calls);
    var repetition = Repetition.WHOLE;
    var owners = new @Nullable Call[items.size()];
    for (int i = 0; i < owners.length; i++) {
      owners[i] = byId(items.get(i).text("id"), free);
      free.remove(owners[i]);
    }
    for (int i = 0; i < owners.length; i++) {
      var item = items.get(i);
      var owner = owners[i] == null && !free.isEmpty() ? free.removeFirst() : owners[i];
      if (owner == null) {
        describe("end " + i, null, item, out);
      } else if (!isRepeated(owner, item, out)) {
        repetition = Repetition.OTHER;
        out.accept(new StreamEvent.ToolCallMarked(0, owner.number, ToolCallMark.INCOMPLETE));
      }
    }
    return repetition == Repetition.WHOLE && !free.isEmpty() ? Repetition.LESS : repetition;
  }

  private static @Nullable Call byId(String id, List<Call> among) {
    for (var call : among) {
      if (!id.isEmpty() && call.id.equals(id)) {
        return call;
      }
    }
    return null;
  }

  /** {@return whether a call is repeated} What of an open one has not come is handed on. */
  private static boolean isRepeated(Call call, Json.Obj item, Consumer<? super StreamEvent> out) {
    String name = item.text("name");
    if (!name.isEmpty() && !name.equals(call.name)) {
      return false;
    }
    var arguments = item.get("arguments");
    if (arguments == null || (!arguments.hasValue() && !call.hasArguments())) {
      return true;
    }
    if (call.streamed.isEmpty() && call.whole != null) {
      return isSame(call.whole, arguments);
    }
    String text = arguments instanceof Json.Str(String written) ? written : arguments.write();
    String came = call.streamed.toString();
    if (!call.closed && text.startsWith(came)) {
      String rest = text.substring(came.length());
      call.streamed.append(rest);
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, "", "", rest));
      return true;
    }
    var whole = parsed(came);
    return whole != null && isSame(whole, arguments instanceof Json.Str ? parsed(text) : arguments);
  }

  private static boolean isSame(Json one, @Nullable Json other) {
    return switch (one) {
      case Json.Obj(var members) ->
          other instanceof Json.Obj(var others)
              && members.keySet().equals(others.keySet())
              && members.entrySet().stream()
                  .allMatch(each -> isSame(each.getValue(), others.get(each.getKey())));
      case Json.Arr(var items) ->
          other instanceof Json.Arr(var others)
              && items.size() == others.size()
              && IntStream.range(0, items.size())
                  .allMatch(at -> isSame(items.get(at), others.get(at)));
      case Json.Num number -> other instanceof Json.Num second && isSame(number, second);
      case Json.Str string -> string.equals(other);
      case Json.Bool bool -> bool.equals(other);
      case Json.Null none -> none.equals(other);
    };
  }

  /** Another writer may write a number in another form. */
  private static boolean isSame(Json.Num one, Json.Num other) {
    boolean exact = one.text().length() <= MAX_EXACT && other.text().length() <= MAX_EXACT;
    double value = exact ? Double.parseDouble(one.text()) : 0;
    boolean plain = value != 0 && !Double.isInfinite(value);
    return one.equals(other) || (plain && value == Double.parseDouble(other.text()));
  }

  private static @Nullable Json parsed(String text) {
    try {
      return Json.parse(text);
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  private Call add(String index) {
    var call = new Call(calls.size());
    calls.add(call);
    byIndex.put(index, call);
    return call;
  }

  private static void dispute(Call call, Consumer<? super StreamEvent> out) {
    if (!call.disputed) {
      call.disputed = true;
      out.accept(new StreamEvent.ToolCallMarked(0, call.number, ToolCallMark.DISPUTED));
    }
  }

  private void warn(String detail, Consumer<? super StreamEvent> out) {
    if (!warned) {
      warned = true;
      out.accept(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
    }
  }

  private boolean refuses(
      String index,
      @Nullable Call known,
      String id,
      String name,
      String arguments,
      Consumer<? super StreamEvent> out) {
    argumentChars += arguments.length();
    boolean fits =
        argumentChars <= ToolCalls.MAX_ARGUMENTS
            && (known != null || calls.size() < ToolCalls.MAX_CALLS)
            && index.length() <= ToolCalls.MAX_NAME
            && id.length() <= ToolCalls.MAX_NAME
            && name.length() <= ToolCalls.MAX_NAME;
    if (!fits) {
      out.accept(
          new StreamEvent.FrameRejected(
              Failure.permanent(
                  Cause.LIMIT_EXCEEDED,
                  "tool calls: must be at most %d with %d characters of arguments, were more"
                      .formatted(ToolCalls.MAX_CALLS, ToolCalls.MAX_ARGUMENTS))));
    }
    return !fits;
  }
}
