package dev.holdfast.observe.debug.tally;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.observe.debug.facts.AnswerFacts;
import dev.holdfast.observe.debug.wire.Preview;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gathers what an answer consists of. Keeps no text but two short ones. */
final class AnswerTally {
  private static final int MAX_KEPT = 64;
  private static final int MAX_FRAME = 256 << 10;

  /** Parts of an answer that are shown without being text. */
  private static final List<String> SHOWN =
      List.of(
          "audio", "image", "inlinedata", "filedata", "content-part", "execut", "code_", "file");

  private static final class Choice {
    private boolean output;
    private long blanks;
    private boolean finished;
  }

  private final Map<Integer, Choice> choices = new HashMap<>();
  private long reasoningChars;
  private boolean shown;
  private String finishMessage = "";
  private String otherError = "";
  private boolean marker;

  void accept(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> text(choice, text);
      case StreamEvent.RefusalDelta(int choice, String text) -> text(choice, text);
      case StreamEvent.ReasoningDelta(int choice, String text) -> reasoningChars += text.length();
      case StreamEvent.ToolCallDelta delta -> call(delta.choice());
      case StreamEvent.ToolCallReady(var ready) -> call(ready.choice());
      case StreamEvent.Finished(int number, var finish) -> {
        var choice = choice(number);
        if (choice != null) {
          choice.finished = true;
        }
      }
      case StreamEvent.Opaque(String kind) -> {
        String lower = kind.toLowerCase(Locale.ROOT);
        shown |= SHOWN.stream().anyMatch(lower::contains);
      }
      case StreamEvent.DoneMarker done -> marker = true;
      default -> {} // No part of an answer.
    }
  }

  private void text(int number, String text) {
    var choice = choice(number);
    if (choice != null) {
      choice.output |= !text.isBlank();
      choice.blanks += text.length();
    }
  }

  private void call(int number) {
    var choice = choice(number);
    if (choice != null) {
      choice.output = true;
    }
  }

  private @Nullable Choice choice(int number) {
    return choices.size() < MAX_KEPT || choices.containsKey(number)
        ? choices.computeIfAbsent(number, key -> new Choice())
        : null;
  }

  /** {@return whether an event shows that the dialect knew what its frame meant} */
  static boolean isUnderstood(StreamEvent event) {
    return event.isContent()
        || event instanceof StreamEvent.ErrorReported
        || event instanceof StreamEvent.Finished
        || event instanceof StreamEvent.DoneMarker;
  }

  /**
   * Looks for what the dialects do not read: Gemini's words about an end, and errors that are in no
   * protocol's shape.
   *
   * @param understood whether the dialect found an answer's content, a finish or an error in it
   */
  void frame(String dialect, Frame frame, boolean understood) {
    if (frame.length() > MAX_FRAME || marker) {
      return;
    }
    boolean gemini = dialect.startsWith("gemini") && has(frame, "\"finishMessage\"");
    boolean strange = !understood && otherError.isEmpty() && frame.length() > 0;
    if (!gemini && !strange) {
      return;
    }
    if (frame.kind() != Frame.Kind.EVENT) {
      strange(strange && ErrorShapes.isErrorText(frame.data()), frame);
      return;
    }
    try {
      for (Json value : Json.parseAll(frame.array(), frame.offset(), frame.length())) {
        strange(strange && ErrorShapes.isError(value), frame);
        if (gemini && value instanceof Json.Obj object) {
          message(object.object("response") == null ? object : object.object("response"));
        }
      }
    } catch (Json.MalformedException e) {
      strange(strange && ErrorShapes.isErrorText(frame.data()), frame);
    }
  }

  private void strange(boolean error, Frame frame) {
    if (error && otherError.isEmpty()) {
      otherError = Preview.of(frame.data().strip());
    }
  }

  private void message(Json.@Nullable Obj chunk) {
    var candidates = chunk == null ? null : chunk.array("candidates");
    if (candidates != null) {
      for (Json item : candidates.items()) {
        String message = item instanceof Json.Obj candidate ? candidate.text("finishMessage") : "";
        finishMessage = message.isBlank() ? finishMessage : Preview.of(message);
      }
    }
  }

  private static boolean has(Frame frame, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
    byte[] bytes = frame.array();
    int last = frame.offset() + frame.length() - wanted.length;
    for (int i = frame.offset(); i <= last; i++) {
      int n = 0;
      while (n < wanted.length && bytes[i + n] == wanted[n]) {
        n++;
      }
      if (n == wanted.length) {
        return true;
      }
    }
    return false;
  }

  AnswerFacts answer() {
    var empty = new HashSet<Integer>();
    long blanks = 0;
    for (var entry : choices.entrySet()) {
      var choice = entry.getValue();
      if (choice.finished && !choice.output && !shown) {
        empty.add(entry.getKey());
        blanks += choice.blanks;
      }
    }
    return new AnswerFacts(Set.copyOf(empty), blanks, reasoningChars, finishMessage, otherError);
  }
}
