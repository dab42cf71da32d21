package dev.holdfast.core.provider.google;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tool calls of an interaction. Arguments come as pieces of text, or whole as an object with
 * the call's description. The object counts if no piece comes until the step stops.
 */
final class InteractionCalls {
  private final Map<String, Call> calls = new LinkedHashMap<>();
  private long argumentChars;

  private static final class Call {
    private final int number;
    private String id = "";
    private String name = "";
    private String whole = "";
    private boolean streamed;
    private boolean closed;

    Call(int number) {
      this.number = number;
    }
  }

  /** Takes an event's description of a call; of ids and names the first counts. */
  void describe(String index, Json.Obj described, Consumer<? super StreamEvent> out) {
    String id = described.text("id");
    String name = described.text("name");
    var arguments = described.get("arguments");
    String object = arguments instanceof Json.Obj values && values.hasValue() ? values.write() : "";
    boolean whole = !object.isEmpty();
    String written = whole ? object : described.text("arguments");
    var known = calls.get(index);
    if (refuses(index, known, id, name, written, out)) {
      return;
    }
    var call = known == null ? add(index) : known;
    String newId = call.id.isEmpty() ? id : "";
    String newName = call.name.isEmpty() ? name : "";
    call.id = newId.isEmpty() ? call.id : newId;
    call.name = newName.isEmpty() ? call.name : newName;
    String now = whole ? "" : written;
    call.streamed |= !now.isEmpty();
    call.whole = whole ? written : call.whole;
    if (known == null || !newId.isEmpty() || !newName.isEmpty() || !now.isEmpty()) {
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, newId, newName, now));
    }
  }

  /** {@return whether a call has come} */
  boolean isAny() {
    return !calls.isEmpty();
  }

  /** Hands on a piece of arguments. */
  void more(String index, String piece, Consumer<? super StreamEvent> out) {
    var known = calls.get(index);
    if (refuses(index, known, "", "", piece, out)) {
      return;
    }
    var call = known == null ? add(index) : known;
    if (!piece.isEmpty() || known == null) {
      call.streamed |= !piece.isEmpty();
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, "", "", piece));
    }
  }

  void close(String index, Consumer<? super StreamEvent> out) {
    var call = calls.get(index);
    if (call != null) {
      close(call, ToolCallMark.CLOSED, out);
    }
  }

  void closeAll(Consumer<? super StreamEvent> out) {
    calls.values().forEach(call -> close(call, ToolCallMark.UNCLOSED, out));
  }

  private static void close(Call call, ToolCallMark mark, Consumer<? super StreamEvent> out) {
    if (!call.streamed && !call.whole.isEmpty()) {
      call.streamed = true;
      out.accept(new StreamEvent.ToolCallDelta(0, call.number, "", "", call.whole));
    }
    call.whole = "";
    if (!call.closed) {
      call.closed = true;
      out.accept(new StreamEvent.ToolCallMarked(0, call.number, mark));
    }
  }

  private Call add(String index) {
    var call = new Call(calls.size());
    calls.put(index, call);
    return call;
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
