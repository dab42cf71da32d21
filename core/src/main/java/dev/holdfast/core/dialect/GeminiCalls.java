package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The function calls of Gemini's candidates. They come whole, or their arguments come in pieces
 * with paths: then they are handed on when the call is closed, which is by an empty piece, by the
 * next call, by the finish or by the end of the body.
 */
final class GeminiCalls {
  private final Map<Integer, Open> open = new TreeMap<>();
  private final Map<Integer, Integer> counts = new HashMap<>();
  private final PartialArguments.Budget budget = new PartialArguments.Budget();
  private int total;
  private long argumentChars;

  /** A call whose arguments come in pieces. */
  private record Open(int number, PartialArguments arguments) {}

  /** Hands on a call, or as much of it as may be handed on. */
  void read(int candidate, Json.Obj call, Consumer<? super StreamEvent> out) {
    boolean continues = call.has("willContinue");
    var pieces = call.array("partialArgs");
    if (!call.text("name").isEmpty()) {
      close(candidate, out);
      begin(candidate, call, continues || pieces != null, out);
    }
    var current = open.get(candidate);
    if (current == null) {
      return;
    }
    for (var piece : pieces == null ? List.<Json>of() : pieces.items()) {
      var refusal = add(current, piece);
      if (refusal != null) {
        open.remove(candidate);
        out.accept(new StreamEvent.FrameRejected(refusal));
        // Half a document, so that nobody takes the call for one without arguments.
        out.accept(new StreamEvent.ToolCallDelta(candidate, current.number, "", "", "{"));
        return;
      }
    }
    if (!continues) {
      close(candidate, out);
    }
  }

  private void begin(
      int candidate, Json.Obj call, boolean inPieces, Consumer<? super StreamEvent> out) {
    String id = call.text("id");
    String name = call.text("name");
    var args = call.get("args");
    String written = args != null && args.says() ? args.write() : "{}";
    if (total == ToolCalls.MAX_CALLS
        || id.length() > ToolCalls.MAX_NAME
        || name.length() > ToolCalls.MAX_NAME
        || exceeds(written.length())) {
      out.accept(new StreamEvent.FrameRejected(tooMany()));
      return;
    }
    total++;
    int number = counts.merge(candidate, 1, Integer::sum) - 1;
    out.accept(new StreamEvent.ToolCallDelta(candidate, number, id, name, inPieces ? "" : written));
    if (inPieces) {
      open.put(candidate, new Open(number, new PartialArguments(call.object("args"), budget)));
    }
  }

  private @Nullable Failure add(Open call, Json piece) {
    if (!(piece instanceof Json.Obj described)) {
      return Failure.passing(Cause.PROTOCOL_VIOLATION, "partialArgs: must be objects, were others");
    }
    return exceeds(described.write().length()) ? tooMany() : call.arguments.add(described);
  }

  private boolean exceeds(int chars) {
    argumentChars += chars;
    return argumentChars > ToolCalls.MAX_ARGUMENTS;
  }

  /** No more of the candidate's current call will come. */
  void close(int candidate, Consumer<? super StreamEvent> out) {
    var call = open.remove(candidate);
    if (call != null) {
      String arguments = call.arguments.json().write();
      out.accept(new StreamEvent.ToolCallDelta(candidate, call.number, "", "", arguments));
    }
  }

  void closeAll(Consumer<? super StreamEvent> out) {
    for (var candidate : open.keySet().toArray(new Integer[0])) {
      close(candidate, out);
    }
  }

  private static Failure tooMany() {
    return Failure.lasting(
        Cause.LIMIT_EXCEEDED,
        "tool calls: must be at most %d with %d characters of arguments, were more"
            .formatted(ToolCalls.MAX_CALLS, ToolCalls.MAX_ARGUMENTS));
  }
}
