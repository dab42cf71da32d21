package dev.holdfast.observe.debug.tally;

import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.tools.AssembledCall;
import dev.holdfast.observe.debug.facts.Reading;
import dev.holdfast.observe.debug.wire.Preview;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts a body's content. */
final class BodyTally {
  /** More than is shown: secrets are removed before it is cut. */
  private static final int MAX_PREVIEW = 1 << 10;

  private final Redactor redactor;

  private final NavigableMap<Integer, Finish> finishes = new TreeMap<>();
  private @Nullable Failure error;
  private @Nullable Failure rejection;
  private @Nullable TokenUsage usage;
  private long frames;
  private long contentFrames;
  private long heartbeats;
  private long parseErrors;
  private long textChars;
  private boolean frameHasContent;
  private String frameFinish = "";
  private String frameText = "";

  /** A tally of one body. */
  BodyTally(Redactor redactor) {
    this.redactor = redactor;
  }

  /** Begins a frame. */
  void begin(Frame.Kind kind) {
    frameHasContent = false;
    frameFinish = "";
    frameText = "";
    frames += kind == Frame.Kind.EVENT || kind == Frame.Kind.EXCEPTION ? 1 : 0;
  }

  /**
   * Counts an event.
   *
   * @param counts whether the verdict could depend on it
   */
  void accept(StreamEvent event, boolean counts) {
    if (event.isContent() && !frameHasContent) {
      frameHasContent = true;
      contentFrames++;
    }
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> {
        textChars += text.length();
        count("text", text);
      }
      case StreamEvent.ReasoningDelta(int choice, String text) -> count("reasoning", text);
      case StreamEvent.RefusalDelta(int choice, String text) -> count("refusal", text);
      case StreamEvent.ToolCallDelta delta -> count("tool call", delta.name() + delta.arguments());
      case StreamEvent.Finished(int choice, Finish finish) -> {
        if (counts) {
          finishes.merge(choice, finish, Finish::last);
        }
        frameFinish = finish.raw();
      }
      case StreamEvent.Usage(TokenUsage tokens) -> usage = tokens;
      case StreamEvent.Heartbeat beat -> heartbeats++;
      case StreamEvent.ErrorReported(Failure failure) -> error = counts ? failure : error;
      case StreamEvent.FrameRejected(Failure failure) -> {
        parseErrors++;
        rejection = counts ? failure : rejection;
      }
      default -> {} // Contains nothing that is counted.
    }
  }

  private void count(String what, String text) {
    if (frameText.isEmpty()) {
      String start = text.length() <= MAX_PREVIEW ? text : text.substring(0, MAX_PREVIEW);
      frameText = what + " \"" + Preview.of(redactor.content(start)) + "\"";
    }
  }

  boolean frameHasContent() {
    return frameHasContent;
  }

  /** {@return the kind and text of the frame's first content; empty if it has none} */
  String frameText() {
    return frameText;
  }

  String frameFinish() {
    return frameFinish;
  }

  String finish() {
    return finishes.isEmpty() ? "" : finishes.firstEntry().getValue().raw();
  }

  /** {@return the counts, with what the judge of the body found} */
  Reading reading(
      String dialect,
      String announced,
      boolean document,
      Proof proof,
      String limit,
      List<AssembledCall> calls,
      List<StreamEvent.Warned> warnings) {
    return new Reading(
        dialect,
        announced,
        document,
        proof,
        new TreeMap<>(finishes),
        error,
        rejection,
        limit,
        frames,
        contentFrames,
        heartbeats,
        parseErrors,
        textChars,
        calls,
        warnings,
        usage);
  }
}
