package dev.holdfast.observe.debug;

import dev.holdfast.core.dialect.Json;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts what a body says. Keeps no text but the arguments of tool calls, up to a bound. */
final class BodyTally {
  private static final int MAX_ARGUMENTS = 1 << 20;

  /** More than is shown: secrets are removed before it is cut. */
  private static final int MAX_PREVIEW = 1 << 10;

  private final Redactor redactor;

  private final NavigableMap<Integer, Finish> finishes = new TreeMap<>();
  private final Map<String, StringBuilder> calls = new LinkedHashMap<>();
  private @Nullable Failure error;
  private @Nullable Failure rejection;
  private @Nullable TokenUsage usage;
  private long frames;
  private long contentFrames;
  private long heartbeats;
  private long parseErrors;
  private long textChars;
  private int argumentChars;
  private boolean frameHasContent;
  private String frameFinish = "";
  private String frameText = "";

  /** A tally of one body. */
  BodyTally(Redactor redactor) {
    this.redactor = redactor;
  }

  /** Says that a frame begins. */
  void begin(Frame.Kind kind) {
    frameHasContent = false;
    frameFinish = "";
    frameText = "";
    frames += kind == Frame.Kind.EVENT || kind == Frame.Kind.EXCEPTION ? 1 : 0;
  }

  void accept(StreamEvent event) {
    if (event.isContent() && !frameHasContent) {
      frameHasContent = true;
      contentFrames++;
    }
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> {
        textChars += text.length();
        said("text", text);
      }
      case StreamEvent.ReasoningDelta(int choice, String text) -> said("reasoning", text);
      case StreamEvent.RefusalDelta(int choice, String text) -> said("refusal", text);
      case StreamEvent.ToolCallDelta delta -> {
        arguments(delta.choice() + "/" + delta.call(), delta.arguments());
        said("tool call", delta.name() + delta.arguments());
      }
      case StreamEvent.ToolCallReady(var call) ->
          arguments(call.choice() + "/whole " + calls.size(), call.arguments());
      case StreamEvent.Finished(int choice, Finish finish) -> {
        finishes.put(choice, finish);
        frameFinish = finish.raw();
      }
      case StreamEvent.Usage(TokenUsage tokens) -> usage = tokens;
      case StreamEvent.Heartbeat beat -> heartbeats++;
      case StreamEvent.ErrorReported(Failure failure) -> error = failure;
      default -> {} // Says nothing that is counted.
    }
  }

  private void said(String what, String text) {
    if (frameText.isEmpty()) {
      String start = text.length() <= MAX_PREVIEW ? text : text.substring(0, MAX_PREVIEW);
      frameText = what + " \"" + Preview.of(redactor.content(start)) + "\"";
    }
  }

  private void arguments(String call, String more) {
    var kept = calls.computeIfAbsent(call, name -> new StringBuilder());
    argumentChars += more.length();
    if (argumentChars <= MAX_ARGUMENTS) {
      kept.append(more);
    }
  }

  void rejected(Failure failure, boolean proven) {
    parseErrors++;
    if (rejection == null && !proven) {
      rejection = failure;
    }
  }

  boolean frameHasContent() {
    return frameHasContent;
  }

  /** {@return what the frame's first content is and says; empty if it has none} */
  String frameText() {
    return frameText;
  }

  String frameFinish() {
    return frameFinish;
  }

  String finish() {
    return finishes.isEmpty() ? "" : finishes.firstEntry().getValue().raw();
  }

  /** {@return the counts; what the tally does not know is left blank} */
  Reading reading() {
    long broken =
        argumentChars > MAX_ARGUMENTS
            ? 0
            : calls.values().stream()
                .filter(arguments -> !arguments.isEmpty() && !Json.isValid(arguments.toString()))
                .count();
    return new Reading(
        "",
        "",
        Proof.OPEN,
        new TreeMap<>(finishes),
        error,
        rejection,
        "",
        frames,
        contentFrames,
        heartbeats,
        parseErrors,
        textChars,
        calls.size(),
        (int) broken,
        usage);
  }
}
