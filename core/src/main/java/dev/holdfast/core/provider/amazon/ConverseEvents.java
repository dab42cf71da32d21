package dev.holdfast.core.provider.amazon;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.SurrogateBuffer;
import dev.holdfast.core.provider.anthropic.ToolBlocks;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.Finishes;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The events of one message as ConverseStream sends them, and as Nova sends them through
 * InvokeModel.
 *
 * <p>The end is {@code messageStop}; {@code metadata} with the usage comes after it, from some
 * proxies before it.
 */
final class ConverseEvents {
  private static final int MAX_REASON = 256;
  private static final int MAX_KIND = 64;
  private static final String SPLICED = "messageStart while a message is open";
  private static final List<List<String>> PADDING = List.of(List.of("p"));

  private final SurrogateBuffer text = new SurrogateBuffer();
  private final SurrogateBuffer reasoning = new SurrogateBuffer();
  private final ToolBlocks tools = new ToolBlocks();

  private boolean started;
  private boolean begun;
  private boolean sawContent;
  private boolean warnedOfHead;
  private boolean spliced;
  private boolean stopped;
  private boolean sawMetadata;
  private String finish = "";

  /** {@return whether {@code messageStop} was seen, of one message that began} */
  boolean isStopped() {
    return stopped && begun && !spliced;
  }

  /** {@return whether a second answer was sent into the first one} */
  boolean isSpliced() {
    return spliced;
  }

  /** {@return whether any content came} */
  boolean sawContent() {
    return sawContent;
  }

  /** {@return whether {@code metadata} was seen} */
  boolean hasMetadata() {
    return sawMetadata;
  }

  /** Reads one event; one of an unknown type is passed on. */
  void read(String type, Json.Obj json, Consumer<? super StreamEvent> out) {
    if (spliced) {
      return;
    }
    begun |= type.equals("messageStart") || type.startsWith("contentBlock");
    switch (type) {
      case "messageStart" -> messageStart(out);
      case "contentBlockStart" -> blockStart(json, out);
      case "contentBlockDelta" -> blockDelta(json, out);
      case "contentBlockStop" -> tools.close(index(json), out);
      case "messageStop" -> {
        stopped = true;
        finish(json.text("stopReason"), out);
      }
      case "metadata" -> {
        sawMetadata = true;
        usage(json.object("usage"), "inputTokens", "outputTokens", out);
      }
      default -> out.accept(new StreamEvent.Opaque(ErrorValues.cap(type, MAX_KIND)));
    }
  }

  /** A message has one head: after content, another one begins another answer. */
  private void messageStart(Consumer<? super StreamEvent> out) {
    if (!started) {
      started = true;
      out.accept(new StreamEvent.Started("", ""));
    } else if (sawContent || stopped) {
      spliced = true;
      out.accept(new StreamEvent.ErrorReported(ErrorValues.violation(SPLICED)));
    } else if (!warnedOfHead) {
      warnedOfHead = true;
      out.accept(
          new StreamEvent.Warned(
              Cause.PROTOCOL_VIOLATION, "messageStart: must come once, came again"));
    }
  }

  private void blockStart(Json.Obj json, Consumer<? super StreamEvent> out) {
    var start = json.object("start");
    if (start == null) {
      return;
    }
    var tool = start.object("toolUse");
    if (tool != null) {
      open(index(json), tool, out);
    }
    if (tool == null) {
      tools.other(index(json));
    }
    others(start, "toolUse", out);
  }

  private void open(String index, Json.Obj tool, Consumer<? super StreamEvent> out) {
    var block = new LinkedHashMap<String, Json>();
    block.put("id", new Json.Str(tool.text("toolUseId")));
    block.put("name", new Json.Str(tool.text("name")));
    tools.open(index, new Json.Obj(block), out);
  }

  private void blockDelta(Json.Obj json, Consumer<? super StreamEvent> out) {
    var delta = json.object("delta");
    if (delta == null) {
      return;
    }
    text(delta.text("text"), out);
    var tool = delta.object("toolUse");
    sawContent |= tool != null || delta.object("reasoningContent") != null;
    if (tool != null) {
      String index = index(json);
      if (tool.has("name") && !tools.isOpen(index, tool.text("toolUseId"))) {
        open(index, tool, out); // A call without a beginning, or another one in its place.
      }
      tools.more(index, arguments(tool.get("input")), out);
    }
    var thought = delta.object("reasoningContent");
    if (thought != null) {
      reasoning(thought.text("text"), out);
      others(thought, "text", out);
    }
    for (var name : delta.members().keySet()) {
      if (!name.equals("text") && !name.equals("toolUse") && !name.equals("reasoningContent")) {
        out.accept(new StreamEvent.Opaque(ErrorValues.cap(name, MAX_KIND)));
      }
    }
  }

  /** {@return the shape of a delta that holds a text and nothing else, or null} */
  DeltaFastPath.@Nullable Shape shape(String type, Json.Obj json) {
    var delta = json.object("delta");
    if (!type.equals("contentBlockDelta")
        || delta == null
        || delta.members().size() != 1
        || !(delta.get("text") instanceof Json.Str(String content))) {
      return null;
    }
    return new DeltaFastPath.Shape(
        List.of("delta", "text"),
        PADDING,
        List.of(),
        content,
        (text, number, out) -> text(text, out));
  }

  /** Passes on what a value holds besides what was read: signatures, citations, results. */
  private static void others(Json.Obj json, String read, Consumer<? super StreamEvent> out) {
    for (var name : json.members().keySet()) {
      if (!name.equals(read)) {
        out.accept(new StreamEvent.Opaque(ErrorValues.cap(name, MAX_KIND)));
      }
    }
  }

  /** Hands on more of the text. */
  void text(String delta, Consumer<? super StreamEvent> out) {
    sawContent |= !delta.isEmpty();
    String ready = text.take(delta);
    if (!ready.isEmpty()) {
      out.accept(new StreamEvent.TextDelta(0, ready));
    }
  }

  private void reasoning(String delta, Consumer<? super StreamEvent> out) {
    String ready = reasoning.take(delta);
    if (!ready.isEmpty()) {
      out.accept(new StreamEvent.ReasoningDelta(0, ready));
    }
  }

  /** Reports why the model stopped, at most once. */
  void finish(String reason, Consumer<? super StreamEvent> out) {
    tools.closeAll(out);
    flush(out);
    String raw = ErrorValues.cap(reason, MAX_REASON);
    if (!raw.isEmpty() && !raw.equals(finish)) {
      finish = raw;
      out.accept(new StreamEvent.Finished(0, Finishes.of(raw)));
      if (Finishes.isFailure(raw)) {
        out.accept(
            new StreamEvent.ErrorReported(HttpErrors.inStream(Finishes.error(raw), sawContent())));
      }
    }
  }

  /** Reports tokens, if there is anything to report. */
  void usage(
      Json.@Nullable Obj usage, String input, String output, Consumer<? super StreamEvent> out) {
    if (usage != null && usage.hasValue()) {
      out.accept(
          new StreamEvent.Usage(
              TokenUsage.of(
                  Math.max(-1, usage.number(input, -1)),
                  Math.max(-1, usage.number(output, -1)),
                  usage.write())));
    }
  }

  /** Ends the open tool calls; of a proven answer also what was held back. */
  void end(boolean proven, Consumer<? super StreamEvent> out) {
    tools.closeAll(out);
    if (proven) {
      flush(out);
    }
  }

  private void flush(Consumer<? super StreamEvent> out) {
    String rest = text.rest();
    if (!rest.isEmpty()) {
      out.accept(new StreamEvent.TextDelta(0, rest));
    }
    String thought = reasoning.rest();
    if (!thought.isEmpty()) {
      out.accept(new StreamEvent.ReasoningDelta(0, thought));
    }
  }

  private static String index(Json.Obj json) {
    return json.get("contentBlockIndex") instanceof Json.Num(String digits) ? digits : "";
  }

  private static String arguments(@Nullable Json input) {
    return switch (input) {
      case Json.Str(String piece) -> piece;
      case Json.Obj object -> object.write();
      case null, default -> "";
    };
  }
}
