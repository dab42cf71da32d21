package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.CallArguments;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonDepth;
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
 * Decides which fragment belongs to which tool call of a chat completion. Keeps ids and names,
 * never arguments.
 *
 * <p>In this order: a known id; an index in use, unless the fragment begins another call; else the
 * latest call, for a piece without id, name and known index. A fragment begins another call in two
 * cases: it has another id or name, or it names its function after one whole value of arguments.
 * Sources: docs/dialects.md.
 */
public final class ToolCalls {
  /** More calls than any model makes in one answer. */
  public static final int MAX_CALLS = 512;

  /** Ids and names longer than this are not ids and names. */
  public static final int MAX_NAME = 4096;

  /** As large as one frame may be; what the consumer has to hold is bounded with it. */
  public static final long MAX_ARGUMENTS = 4 << 20;

  private static final String PLACE = "at ";

  // Made for the first call: most answers have none, and are kept for minutes.
  private Map<String, Call> byIndex = Map.of();
  private Map<String, Call> byId = Map.of();
  private Map<Integer, List<Call>> calls = Map.of();
  private Map<Integer, Call> latest = Map.of();

  private final boolean closes;
  private int total;
  private long argumentChars;
  private boolean warned;

  /** The calls of a protocol in which the finish ends them. */
  public ToolCalls() {
    this(false);
  }

  /** The calls of a protocol, which {@code closes} each of them by itself or not. */
  public ToolCalls(boolean closes) {
    this.closes = closes;
  }

  private static final class Call {
    private final int choice;
    private final int number;
    private final CallArguments arguments = new CallArguments();
    private String id = "";
    private String name = "";

    /** An empty object that it was opened with: all its arguments, or none yet. */
    private String opening = "";

    private boolean disputed;
    private boolean renamed;
    private boolean closed;

    /** Whether its name came again after all of its arguments: another call may begin. */
    private boolean again;

    /** The call that had its index before. */
    private @Nullable Call before;

    Call(int choice, int number) {
      this.choice = choice;
      this.number = number;
    }

    boolean hasArguments() {
      return !arguments.isBlank() || !opening.isEmpty();
    }

    /** {@return whether a fragment with another name may have more of this one's} */
    boolean mayContinueIn(Fragment fragment) {
      return !closed
          && !hasArguments()
          && fragment.isNamed()
          && (id.isEmpty() || !fragment.hasId())
          && !name.equals(fragment.name);
    }

    /** Whether its arguments are one whole value. */
    boolean isWhole() {
      return arguments.isWhole() || (arguments.isBlank() && !opening.isEmpty());
    }
  }

  /** A delta's fragment of one call. */
  private record Fragment(int choice, String index, String id, String name, String arguments) {
    boolean isNamed() {
      return !name.isBlank();
    }

    boolean hasId() {
      return !id.isBlank();
    }

    Fragment named(String other) {
      return new Fragment(choice, index, id, other, arguments);
    }

    String indexKey() {
      return choice + " " + index;
    }

    String idKey() {
      return choice + " " + id;
    }
  }

  /** {@return which rule the tool calls of a delta break, or null} */
  static @Nullable public String violation(Json.Obj delta) {
    var list = delta.get("tool_calls");
    if (list == null || !list.hasValue()) {
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
          || index(call).length() > MAX_NAME) {
        return "tool call: must have an id and a name of at most %d characters".formatted(MAX_NAME);
      }
    }
    return null;
  }

  /** {@return what had to be refused of a delta's fragments; the others are handed on} */
  public List<StreamEvent> read(int choice, Json.Obj delta, Consumer<? super StreamEvent> out) {
    var refused = new ArrayList<StreamEvent>(0);
    var legacy = delta.object("function_call");
    if (legacy != null) {
      take(fragment(choice, "function_call", "", legacy), out, refused);
    }
    var list = delta.array("tool_calls");
    if (list == null) {
      return refused;
    }
    int position = 0;
    for (var item : list.items()) {
      if (item instanceof Json.Obj call) {
        var function = call.object("function");
        var body = function == null ? new Json.Obj(Map.of()) : function;
        String index = index(call);
        if (index.isEmpty() && call.text("id").isBlank() && !body.text("name").isBlank()) {
          index = PLACE + position; // Without index and id the place in the list is one.
        }
        take(fragment(choice, index, call.text("id"), body), out, refused);
      }
      position++;
    }
    return refused;
  }

  private static String index(Json.Obj call) {
    return switch (call.get("index")) {
      case Json.Num(String digits) -> digits;
      case Json.Str(String text) -> text;
      case null, default -> "";
    };
  }

  private static Fragment fragment(int choice, String index, String id, Json.Obj function) {
    String arguments = arguments(function.get("arguments"));
    return new Fragment(choice, index, id, function.text("name"), arguments);
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

  // ---------------------------------------------------------------- whose it is

  /** {@return the call that a fragment continues, or null if it begins one} */
  private @Nullable Call owner(Fragment fragment) {
    var there = fragment.index.isEmpty() ? null : byIndex.get(fragment.indexKey());
    if (fragment.hasId()) {
      var known =
          there != null && there.id.equals(fragment.id) ? there : byId.get(fragment.idKey());
      return known != null ? ofKnownId(known, there, fragment) : ofNewId(there, fragment);
    }
    return fragment.isNamed() ? ofName(there, fragment) : ofPiece(there, fragment);
  }

  /** A known id beats the index, but some servers give all calls one id. */
  private static @Nullable Call ofKnownId(Call known, @Nullable Call there, Fragment fragment) {
    if (!fragment.isNamed() || known.name.isEmpty()) {
      return known;
    }
    boolean elsewhere = there != known && !fragment.index.isEmpty();
    if (!fragment.name.equals(known.name)) {
      return elsewhere || known.isWhole() ? null : known;
    }
    boolean begins = JsonDepth.begins(fragment.arguments);
    boolean repeats = known.arguments.isRepeatedBy(fragment.arguments);
    if (elsewhere) {
      return repeats || (known.arguments.isOpen() && !begins) ? known : null;
    }
    return known.arguments.isWhole() && begins && !repeats ? null : known;
  }

  private @Nullable Call ofNewId(@Nullable Call there, Fragment fragment) {
    boolean begins = JsonDepth.begins(fragment.arguments);
    if (there == null) {
      var last = latest.get(fragment.choice);
      boolean goesOn =
          fragment.index.isEmpty()
              && !fragment.isNamed()
              && last != null
              && last.arguments.isOpen()
              && !begins;
      return goesOn ? last : null;
    }
    boolean another;
    if (!fragment.isNamed() || there.name.isEmpty()) {
      // One server gives every piece an id of its own.
      another = there.isWhole() && begins;
    } else if (there.id.isEmpty()) {
      another = there.isWhole() || !fragment.name.equals(there.name);
    } else {
      // Arguments begin with a bracket: a piece without one continues those that are open.
      boolean piece = !fragment.arguments.isBlank() && !begins;
      another = !(piece && there.arguments.isOpen() && fragment.name.equals(there.name));
    }
    return another ? null : there;
  }

  private static @Nullable Call ofName(@Nullable Call there, Fragment fragment) {
    if (there == null || there.name.isEmpty()) {
      return there;
    }
    if (!fragment.name.equals(there.name)) {
      return null;
    }
    // Clones repeat the name on every fragment, also on those without arguments.
    boolean hasArguments = !fragment.arguments.isBlank();
    there.again |= there.arguments.isWhole() && !hasArguments;
    boolean snapshot = there.arguments.isCumulativeWith(fragment.arguments);
    return there.isWhole() && hasArguments && !snapshot ? null : there;
  }

  private @Nullable Call ofPiece(@Nullable Call there, Fragment fragment) {
    var last = latest.get(fragment.choice);
    if (there == null || last == null) {
      return there == null ? last : there;
    }
    // Nothing can follow a whole value: the index is wrong.
    boolean wrong =
        last != there
            && there.arguments.isWhole()
            && !last.arguments.isWhole()
            && !fragment.arguments.isBlank();
    return wrong ? last : there;
  }

  // ---------------------------------------------------------------- what it adds

  private void take(
      Fragment fragment, Consumer<? super StreamEvent> out, List<StreamEvent> refused) {
    if (total == 0) {
      byIndex = new HashMap<>();
      byId = new HashMap<>();
      calls = new HashMap<>();
      latest = new HashMap<>();
    }
    var call = owner(fragment);
    if (call != null && call.again && !fragment.hasId() && JsonDepth.begins(fragment.arguments)) {
      add(fragment.named(call.name), null, out, refused);
    } else {
      add(fragment, call, out, refused);
    }
  }

  private void add(
      Fragment fragment,
      @Nullable Call owner,
      Consumer<? super StreamEvent> out,
      List<StreamEvent> refused) {
    var call = owner;
    int length = fragment.arguments.length();
    if ((call == null && total == MAX_CALLS) || argumentChars + length > MAX_ARGUMENTS) {
      refused.add(
          new StreamEvent.FrameRejected(
              Failure.permanent(
                  Cause.LIMIT_EXCEEDED,
                  "tool calls: must be at most %d with %d characters of arguments, were more"
                      .formatted(MAX_CALLS, MAX_ARGUMENTS))));
      return;
    }
    argumentChars += length;
    boolean begins = call == null;
    if (call == null) {
      call = begin(fragment, out);
    } else if (!fragment.hasId() && !fragment.isNamed()) {
      dispute(call, fragment, out);
    }
    latest.put(fragment.choice, call);
    rename(call, fragment.name, out);
    // Clones repeat "" or the same id and name on every fragment; the first that has one counts.
    String newId = call.id.isEmpty() && fragment.hasId() ? fragment.id : "";
    String newName = call.name.isEmpty() && fragment.isNamed() ? fragment.name : "";
    call.id = newId.isEmpty() ? call.id : newId;
    call.name = newName.isEmpty() ? call.name : newName;
    if (!newId.isEmpty()) {
      byId.put(fragment.idKey(), call);
    }
    String arguments = fragment.arguments;
    if (call.arguments.isBlank() && JsonDepth.isEmptyObject(arguments)) {
      call.opening = arguments; // Handed on at the finish, if nothing follows it.
      arguments = "";
    }
    call.arguments.add(arguments);
    if (begins || !newId.isEmpty() || !newName.isEmpty() || !arguments.isEmpty()) {
      out.accept(
          new StreamEvent.ToolCallDelta(call.choice, call.number, newId, newName, arguments));
    }
  }

  private Call begin(Fragment fragment, Consumer<? super StreamEvent> out) {
    var all = calls.computeIfAbsent(fragment.choice, choice -> new ArrayList<>());
    var call = new Call(fragment.choice, all.size());
    all.add(call);
    total++;
    if (!fragment.index.isEmpty()) {
      call.before = byIndex.put(fragment.indexKey(), call);
    }
    var twin = fragment.hasId() ? byId.get(fragment.idKey()) : null;
    if (twin != null && twin.name.equals(fragment.name) && !twin.hasArguments()) {
      dispute(twin, out); // What it was opened with, and what comes now, may be one call.
    }
    var before = call.before;
    if (before != null && before.mayContinueIn(fragment)) {
      dispute(before, out); // Its name may come in pieces.
    }
    if (before != null && !fragment.index.startsWith(PLACE)) {
      warn("tool call index: must be that of one call, was that of two", out);
      // The opening may have been its arguments, or those that come now are.
      boolean same = !fragment.hasId() && fragment.name.equals(before.name);
      boolean more = !fragment.arguments.isBlank() && !JsonDepth.isEmptyObject(fragment.arguments);
      if (before.arguments.isOpen() || (same && more && before.arguments.isBlank())) {
        dispute(before, out);
      }
    }
    return call;
  }

  /** A piece by index, or by none, that others may be waiting for. */
  private void dispute(Call call, Fragment piece, Consumer<? super StreamEvent> out) {
    boolean first = call.arguments.isBlank() && !piece.arguments.isBlank();
    boolean orphan = !piece.index.isEmpty() && byIndex.get(piece.indexKey()) != call;
    if (orphan) {
      warn("tool call index: must be that of a call, was that of none", out);
    }
    if (!first) {
      return;
    }
    if (orphan) {
      for (var other : calls.getOrDefault(piece.choice, List.of())) {
        if (other != call && other.arguments.isBlank()) {
          dispute(other, out);
        }
      }
    }
    for (var older = call.before; older != null; older = older.before) {
      if (older.arguments.isBlank()) {
        dispute(older, out);
      }
    }
  }

  private static void dispute(Call call, Consumer<? super StreamEvent> out) {
    if (!call.disputed) {
      call.disputed = true;
      call.opening = "";
      out.accept(new StreamEvent.ToolCallMarked(call.choice, call.number, ToolCallMark.DISPUTED));
    }
  }

  /** Two names of one call: either may be a piece of the right one. */
  private void rename(Call call, String name, Consumer<? super StreamEvent> out) {
    if (!name.isBlank() && !call.name.isEmpty() && !name.equals(call.name) && !call.renamed) {
      call.renamed = true;
      warn("tool call name: must be one, was another later", out);
      out.accept(new StreamEvent.ToolCallMarked(call.choice, call.number, ToolCallMark.INCOMPLETE));
    }
  }

  private void warn(String detail, Consumer<? super StreamEvent> out) {
    if (!warned) {
      warned = true;
      out.accept(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
    }
  }

  /** The protocol reports that the call at an index is complete. */
  public void close(int choice, String index, Consumer<? super StreamEvent> out) {
    var call = byIndex.get(choice + " " + index);
    if (call != null && !call.closed) {
      call.closed = true;
      open(call, out);
      out.accept(new StreamEvent.ToolCallMarked(choice, call.number, ToolCallMark.CLOSED));
    }
  }

  /** No more of a choice's calls will come: hands on what they were opened with. */
  public void finish(int choice, Consumer<? super StreamEvent> out) {
    for (var call : calls.getOrDefault(choice, List.of())) {
      open(call, out);
      if (closes && !call.closed) {
        call.closed = true;
        out.accept(new StreamEvent.ToolCallMarked(choice, call.number, ToolCallMark.UNCLOSED));
      }
    }
  }

  private static void open(Call call, Consumer<? super StreamEvent> out) {
    if (call.arguments.isBlank() && !call.opening.isEmpty()) {
      call.arguments.add(call.opening);
      out.accept(new StreamEvent.ToolCallDelta(call.choice, call.number, "", "", call.opening));
    }
    call.opening = "";
  }

  /** No more of any call will come. */
  public void finishAll(Consumer<? super StreamEvent> out) {
    calls.keySet().forEach(choice -> finish(choice, out));
  }
}
