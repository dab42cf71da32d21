package dev.holdfast.core.provider.google;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.PartialArguments;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The function calls of Gemini's candidates. They come whole, or their arguments come in pieces
 * with paths. The latter are handed on when a piece closes the call, by marking that nothing
 * follows. Some servers leave that out: then the next call or a natural finish closes it. A call
 * that is closed while one of its strings is to continue is incomplete. An empty object is handed
 * on as no arguments: what that means is decided with the finish.
 */
final class GeminiCalls {
  private final Map<Integer, Open> open = new TreeMap<>();
  private final Map<Integer, Integer> counts = new HashMap<>();
  private final PartialArguments.Budget budget = new PartialArguments.Budget();

  /** Of each candidate the call that a natural finish closed, while no other finish came. */
  private final Map<Integer, Integer> finished = new HashMap<>();

  /** Candidates whose current call was refused: nothing more of it is read. */
  private final Set<Integer> refused = new HashSet<>();

  private int total;
  private long argumentChars;

  /**
   * A call whose arguments come in pieces.
   *
   * @param unfinished the paths of strings that were to continue
   */
  private record Open(
      int number, String id, String name, PartialArguments arguments, Set<String> unfinished) {
    /**
     * {@return whether a piece that repeats the name continues the call: it repeats the id, too}
     */
    boolean isContinuedBy(Json.Obj piece) {
      return !id.isEmpty() && id.equals(piece.text("id")) && name.equals(piece.text("name"));
    }

    /** {@return whether a piece that repeats the name may continue one of its strings} */
    boolean mayContinueIn(Json.Obj piece) {
      boolean alike = id.isEmpty() || piece.text("id").isEmpty();
      return !unfinished.isEmpty() && alike && name.equals(piece.text("name"));
    }
  }

  /** Hands on a call, or as much of it as may be handed on. */
  void read(int candidate, Json.Obj call, String signature, Consumer<? super StreamEvent> out) {
    boolean continues = call.has("willContinue");
    var pieces = call.array("partialArgs");
    boolean hasPieces = pieces != null && pieces.hasValue();
    var before = open.get(candidate);
    if (before != null && hasPieces && before.mayContinueIn(call)) {
      refuse(
          before,
          candidate,
          Failure.retryable(
              Cause.PROTOCOL_VIOLATION,
              "functionCall: must end its strings before another begins, had one open"),
          out);
      return;
    }
    boolean repeats = before != null && hasPieces && before.isContinuedBy(call);
    if (!call.text("name").isEmpty() && !repeats) {
      refused.remove(candidate);
      close(candidate, Close.BY_ANOTHER, out);
      begin(candidate, call, signature, continues || pieces != null, out);
    } else if (!open.containsKey(candidate)
        && !refused.contains(candidate)
        && (hasPieces || call.has("args"))) {
      begin(
          candidate, call, signature, continues || hasPieces, out); // The beginning of it was lost.
    }
    var current = open.get(candidate);
    if (current == null) {
      return;
    }
    if (!call.text("id").isEmpty()
        && !current.id.isEmpty()
        && !call.text("id").equals(current.id)) {
      refuse(
          current,
          candidate,
          Failure.retryable(
              Cause.PROTOCOL_VIOLATION, "functionCall: must continue the last one, had another id"),
          out);
      return;
    }
    for (var piece : pieces == null ? List.<Json>of() : pieces.items()) {
      var refusal = add(current, piece);
      if (refusal != null) {
        refuse(current, candidate, refusal, out);
        return;
      }
    }
    if (!continues) {
      close(candidate, Close.BY_ITSELF, out);
    }
  }

  private void refuse(
      Open call, int candidate, Failure refusal, Consumer<? super StreamEvent> out) {
    open.remove(candidate);
    out.accept(new StreamEvent.FrameRejected(refusal));
    // Half a document, so that the call cannot pass for one without arguments.
    out.accept(new StreamEvent.ToolCallDelta(candidate, call.number, "", "", "{"));
    refused.add(candidate);
  }

  private static void mark(
      int candidate, int number, ToolCallMark mark, Consumer<? super StreamEvent> out) {
    out.accept(new StreamEvent.ToolCallMarked(candidate, number, mark));
  }

  private void begin(
      int candidate,
      Json.Obj call,
      String signature,
      boolean inPieces,
      Consumer<? super StreamEvent> out) {
    String id = call.text("id");
    String name = call.text("name");
    var args = call.get("args");
    String written = args != null && args.hasValue() ? args.write() : "";
    if (total == ToolCalls.MAX_CALLS
        || id.length() > ToolCalls.MAX_NAME
        || name.length() > ToolCalls.MAX_NAME
        || exceeds(written.length() + signature.length())) {
      out.accept(new StreamEvent.FrameRejected(tooMany()));
      return;
    }
    total++;
    int number = counts.merge(candidate, 1, Integer::sum) - 1;
    out.accept(new StreamEvent.ToolCallDelta(candidate, number, id, name, inPieces ? "" : written));
    if (!signature.isEmpty()) {
      out.accept(new StreamEvent.ToolCallSigned(candidate, number, signature));
    }
    if (inPieces) {
      var arguments = new PartialArguments(call.object("args"), budget);
      open.put(candidate, new Open(number, id, name, arguments, new HashSet<>()));
    } else {
      mark(candidate, number, ToolCallMark.CLOSED, out);
    }
  }

  private @Nullable Failure add(Open call, Json piece) {
    if (!(piece instanceof Json.Obj described)) {
      return Failure.retryable(
          Cause.PROTOCOL_VIOLATION, "partialArgs: must be objects, were others");
    }
    if (exceeds(described.write().length())) {
      return tooMany();
    }
    String path = described.text("jsonPath");
    if (described.has("willContinue")) {
      call.unfinished.add(path);
    } else {
      call.unfinished.remove(path);
    }
    return call.arguments.add(described);
  }

  private boolean exceeds(int chars) {
    argumentChars += chars;
    return argumentChars > ToolCalls.MAX_ARGUMENTS;
  }

  /** What ends a call. */
  private enum Close {
    /** A piece of its own that marks the end. */
    BY_ITSELF,
    /** The next call. */
    BY_ANOTHER,
    /** A finish that calls end with. */
    BY_FINISH,
    /** Anything else: more of it was to come. */
    BY_CUT
  }

  /**
   * The candidate finished.
   *
   * @param natural whether with a reason that calls end with, in a chunk that is not inside a call
   */
  void finish(int candidate, boolean natural, Consumer<? super StreamEvent> out) {
    var before = natural ? null : finished.remove(candidate);
    if (before != null) {
      mark(candidate, before, ToolCallMark.INCOMPLETE, out); // More of it was to come after all.
    }
    close(candidate, natural ? Close.BY_FINISH : Close.BY_CUT, out);
  }

  private void close(int candidate, Close by, Consumer<? super StreamEvent> out) {
    var call = open.remove(candidate);
    if (call == null) {
      return;
    }
    var mark =
        switch (by) {
          case BY_ITSELF ->
              call.unfinished.isEmpty() ? ToolCallMark.CLOSED : ToolCallMark.INCOMPLETE;
          case BY_ANOTHER, BY_FINISH ->
              call.unfinished.isEmpty() ? ToolCallMark.UNCLOSED : ToolCallMark.INCOMPLETE;
          case BY_CUT -> ToolCallMark.INCOMPLETE;
        };
    if (by == Close.BY_FINISH) {
      finished.put(candidate, call.number);
    }
    var arguments = call.arguments.json();
    if (arguments.hasValue()) {
      String written =
          mark == ToolCallMark.INCOMPLETE
              ? beginning(arguments.write(), !call.unfinished.isEmpty())
              : arguments.write();
      out.accept(new StreamEvent.ToolCallDelta(candidate, call.number, "", "", written));
    }
    mark(candidate, call.number, mark, out);
  }

  /** {@return a document without its ends, so that it cannot pass for a whole one} */
  private static String beginning(String document, boolean inString) {
    int end = document.length();
    while (end > 0 && "}]".indexOf(document.charAt(end - 1)) >= 0) {
      end--;
    }
    boolean quoted = inString && end > 0 && document.charAt(end - 1) == '"';
    return document.substring(0, quoted ? end - 1 : end);
  }

  /** The body ended. */
  void closeAll(Consumer<? super StreamEvent> out) {
    for (var candidate : open.keySet().toArray(new Integer[0])) {
      close(candidate, Close.BY_CUT, out);
    }
  }

  private static Failure tooMany() {
    return Failure.permanent(
        Cause.LIMIT_EXCEEDED,
        "tool calls: must be at most %d with %d characters of arguments, were more"
            .formatted(ToolCalls.MAX_CALLS, ToolCalls.MAX_ARGUMENTS));
  }
}
