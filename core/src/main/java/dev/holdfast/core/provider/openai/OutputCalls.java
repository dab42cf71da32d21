package dev.holdfast.core.provider.openai;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.RunningText;
import dev.holdfast.core.provider.shared.SignedReasoning;
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
import org.jspecify.annotations.Nullable;

/**
 * The tool calls among the output items of a response. A known id decides whose an event is, then
 * {@code output_index}: GitHub Copilot changes an item's id from event to event. Keeps no
 * arguments, only what they hash to.
 */
final class OutputCalls {
  private final List<Call> calls = new ArrayList<>();
  private final Map<String, Call> byIndex = new HashMap<>();
  private final Map<String, Call> byItem = new HashMap<>();
  private final SignedReasoning reasoning = new SignedReasoning();
  private long argumentChars;
  private boolean warned;

  /** Whether a call came that the end does not repeat. */
  private boolean left;

  private static final class Call {
    private final int number;
    private final RunningText arguments = new RunningText();
    private String id = "";
    private String name = "";
    private boolean renamed;
    private boolean disputed;
    private boolean freeForm;

    /** Whether all of its arguments were repeated. */
    private boolean whole;

    /** Whether its item is done. */
    private boolean done;

    Call(int number) {
      this.number = number;
    }

    boolean isAnother(String otherId) {
      return !id.isEmpty() && !otherId.isEmpty() && !id.equals(otherId);
    }
  }

  /** An event's place, and its description of its call. */
  private record Place(String index, String item, String id, String name) {
    boolean isTooLong() {
      return index.length() > ToolCalls.MAX_NAME
          || item.length() > ToolCalls.MAX_NAME
          || id.length() > ToolCalls.MAX_NAME
          || name.length() > ToolCalls.MAX_NAME;
    }

    static Place of(String index, Json.Obj item) {
      return new Place(index, item.text("id"), item.text("call_id"), item.text("name"));
    }
  }

  /** {@return whether an output item is a call that the client is to answer} */
  static boolean isCall(Json.Obj item) {
    return switch (item.text("type")) {
      case "function_call", "custom_tool_call" -> true;
      default -> false;
    };
  }

  /** Records a call that begins. */
  void open(String index, Json.Obj item, Consumer<? super StreamEvent> out) {
    var place = Place.of(index, item);
    var call = add(owner(place, true), place, "", out);
    freeForm(call, item, out);
  }

  /** Hands on a piece of arguments of an item that may be known by its id. */
  void more(String index, String itemId, String arguments, Consumer<? super StreamEvent> out) {
    var place = new Place(index, itemId, "", "");
    var call = byItem.get(itemId);
    var there = byIndex.get(index);
    if (call == null || (call.done && there != null && !there.done)) {
      call = there == null || there.done ? stray(there, out) : there;
    }
    add(call, place, arguments, out);
  }

  /** {@return whose a piece is that has the index of no open call, or null if its call is lost} */
  private @Nullable Call stray(@Nullable Call there, Consumer<? super StreamEvent> out) {
    var last = calls.isEmpty() ? null : calls.getLast();
    if (there != null || last == null || last.done) {
      return null;
    }
    warn("output_index: must be that of a call, was that of none", out);
    for (var other : calls) {
      if (other != last && !other.done && other.arguments.isEmpty() && last.arguments.isEmpty()) {
        dispute(other, out);
      }
    }
    return last;
  }

  /** Takes a whole item of reasoning; if it can be sent back, it signs the next call. */
  void reasoning(Json.Obj item) {
    if (!item.text("encrypted_content").isEmpty()) {
      reasoning.add(item);
    }
  }

  /** Takes a whole call, and hands on what of it has not come in pieces. */
  void close(String index, Json.Obj item, Consumer<? super StreamEvent> out) {
    var place = Place.of(index, item);
    take(owner(place, false), place, item, out);
  }

  /** Takes all arguments of a call, and hands on what of them has not come in pieces. */
  void whole(
      String index, String itemId, String name, Json arguments, Consumer<? super StreamEvent> out) {
    var place = new Place(index, itemId, "", name);
    take(owner(place, false), place, written(arguments), true, out);
  }

  /**
   * Takes the calls that the end of the response repeats, and hands on what of them has not come. A
   * known id beats the order; where ids change from event to event the order decides.
   *
   * @return whether they contradict none that came
   */
  boolean repeat(List<Json.Obj> items, Consumer<? super StreamEvent> out) {
    boolean fits = true;
    var free = new ArrayList<>(calls);
    var taken = new @Nullable Call[items.size()];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = byId(items.get(i).text("call_id"), free);
      free.remove(taken[i]);
    }
    for (int i = 0; i < taken.length; i++) {
      var item = items.get(i);
      var call = taken[i] == null && !free.isEmpty() ? free.removeFirst() : taken[i];
      // A place of its own: the order of the output is no index of a call.
      fits &= take(call, Place.of("end " + i, item), item, out);
    }
    left = !free.isEmpty();
    return fits;
  }

  /** The response ends: calls whose items were not done will not be. */
  void end(Consumer<? super StreamEvent> out) {
    for (var call : calls) {
      if (!call.done) {
        call.done = true;
        mark(call, ToolCallMark.UNCLOSED, out);
      }
    }
  }

  private static @Nullable Call byId(String id, List<Call> among) {
    for (var call : among) {
      if (!id.isEmpty() && call.id.equals(id)) {
        return call;
      }
    }
    return null;
  }

  /** {@return the call that an event describes, or null if it is the first of its call} */
  private @Nullable Call owner(Place place, boolean begins) {
    var there = byIndex.get(place.index);
    if (begins && there == null) {
      return null; // Some servers give all calls one id.
    }
    var known = there;
    if (there == null || place.id.isEmpty() || !there.id.equals(place.id)) {
      known = byId(place.id, calls);
      known = known == null && !place.item.isEmpty() ? byItem.get(place.item) : known;
    }
    if (known != null && !known.isAnother(place.id)) {
      return known;
    }
    // An index is used again by the call after the one that is done.
    boolean another =
        there != null
            && (there.isAnother(place.id)
                || (begins && there.done && (place.id.isEmpty() || there.id.isEmpty())));
    return another ? null : there;
  }

  private boolean take(
      @Nullable Call owner, Place place, Json.Obj item, Consumer<? super StreamEvent> out) {
    boolean present = item.has("arguments") || item.has("input");
    if (!take(owner, place, arguments(item), present, out)) {
      return false;
    }
    var call = owner == null ? byIndex.get(place.index) : owner;
    freeForm(call, item, out);
    if (call != null) {
      var mark = mark(item.text("status"));
      if (mark == ToolCallMark.INCOMPLETE || !call.done) {
        mark(call, mark, out);
      }
      call.done = true;
    }
    return true;
  }

  /** {@return what the status of an item at its end means for its call} */
  private static ToolCallMark mark(String status) {
    return switch (status) {
      case "incomplete", "failed", "cancelled" -> ToolCallMark.INCOMPLETE;
      case "in_progress" -> ToolCallMark.UNCLOSED;
      default -> ToolCallMark.CLOSED;
    };
  }

  private boolean take(
      @Nullable Call call,
      Place place,
      String whole,
      boolean present,
      Consumer<? super StreamEvent> out) {
    Call taken;
    if (call == null) {
      taken = add(null, place, whole, out);
    } else if (call.arguments.isPrefixOf(whole)) {
      // LM Studio sends no pieces at all.
      taken = add(call, place, whole.substring((int) call.arguments.length()), out);
    } else if (!whole.isEmpty() || present) {
      mark(call, ToolCallMark.INCOMPLETE, out);
      out.accept(
          new StreamEvent.FrameRejected(
              Failure.retryable(
                  Cause.PROTOCOL_VIOLATION,
                  "arguments: must be what their pieces were, were another text")));
      return false;
    } else {
      taken = call;
    }
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

  /** {@return the call that something was added to, or null if it had to be refused} */
  private @Nullable Call add(
      @Nullable Call owner, Place place, String arguments, Consumer<? super StreamEvent> out) {
    if ((owner == null && calls.size() == ToolCalls.MAX_CALLS)
        || place.isTooLong()
        || argumentChars + arguments.length() > ToolCalls.MAX_ARGUMENTS) {
      out.accept(
          new StreamEvent.FrameRejected(
              Failure.permanent(
                  Cause.LIMIT_EXCEEDED,
                  "tool calls: must be at most %d with %d characters of arguments, were more"
                      .formatted(ToolCalls.MAX_CALLS, ToolCalls.MAX_ARGUMENTS))));
      return null;
    }
    boolean begins = owner == null;
    var call = owner == null ? begin(place, out) : owner;
    if (!place.item.isEmpty() && byItem.size() < 2 * ToolCalls.MAX_CALLS) {
      if (begins) {
        byItem.put(place.item, call);
      } else {
        byItem.putIfAbsent(place.item, call);
      }
    }
    String newId = call.id.isEmpty() ? place.id : "";
    rename(call, place.name, out);
    String newName = call.name.isEmpty() ? place.name : "";
    call.id = newId.isEmpty() ? call.id : newId;
    call.name = newName.isEmpty() ? call.name : newName;
    call.arguments.add(arguments);
    argumentChars += arguments.length();
    if (begins || !newId.isEmpty() || !newName.isEmpty() || !arguments.isEmpty()) {
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, newId, newName, arguments));
    }
    String signature = begins ? reasoning.take() : "";
    if (!signature.isEmpty()) {
      out.accept(new StreamEvent.ToolCallSigned(0, call.number, signature));
    }
    return call;
  }

  private Call begin(Place place, Consumer<? super StreamEvent> out) {
    var call = new Call(calls.size());
    calls.add(call);
    var before = byIndex.put(place.index, call);
    if (before != null && !before.done) {
      warn("output_index: must be that of one call, was that of two", out);
      dispute(before, out);
    }
    return call;
  }

  private static void freeForm(
      @Nullable Call call, Json.Obj item, Consumer<? super StreamEvent> out) {
    if (call != null && !call.freeForm && item.text("type").equals("custom_tool_call")) {
      call.freeForm = true;
      mark(call, ToolCallMark.FREE_FORM, out);
    }
  }

  /** Two names of one call: either may be a piece of the right one. */
  private void rename(Call call, String name, Consumer<? super StreamEvent> out) {
    if (!name.isEmpty() && !call.name.isEmpty() && !name.equals(call.name) && !call.renamed) {
      call.renamed = true;
      warn("tool call name: must be one, was another later", out);
      mark(call, ToolCallMark.INCOMPLETE, out);
    }
  }

  private static void dispute(Call call, Consumer<? super StreamEvent> out) {
    if (!call.disputed) {
      call.disputed = true;
      mark(call, ToolCallMark.DISPUTED, out);
    }
  }

  private static void mark(Call call, ToolCallMark mark, Consumer<? super StreamEvent> out) {
    out.accept(new StreamEvent.ToolCallMarked(0, call.number, mark));
  }

  private void warn(String detail, Consumer<? super StreamEvent> out) {
    if (!warned) {
      warned = true;
      out.accept(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
    }
  }

  /** {@return whether the arguments of all calls were repeated whole} */
  boolean areWhole() {
    return calls.stream().allMatch(call -> call.whole);
  }

  /** {@return whether the end repeats all calls that came} */
  boolean areRepeated() {
    return !left;
  }

  /** {@return whether the answer asks for tools to be called} */
  boolean isAny() {
    return !calls.isEmpty();
  }
}
