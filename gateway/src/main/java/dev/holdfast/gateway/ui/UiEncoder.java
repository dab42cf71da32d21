package dev.holdfast.gateway.ui;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.tools.AssembledCall;
import dev.holdfast.core.tools.ToolCallAssembler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events of one answer as chunks. The same events make the same chunks with the same
 * ids, so an answer that is read again is recognised. A tool call is available, and thereby
 * executed by the page, only at the end of an answer that is proven whole.
 *
 * <p>For a reader that has a part of the answer, what it has is {@link #skip skipped}. The first
 * delta after that has its start before it: a part that was open begins anew, and a tool's input is
 * repeated from its beginning. Not thread-safe.
 */
final class UiEncoder {
  private enum Kind {
    TEXT("text"),
    REASONING("reasoning");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  /** A tool call that is under way. */
  private static final class Call {
    private final String id;
    private String name = "";
    private boolean begun;
    private boolean started;
    private final StringBuilder unsent = new StringBuilder();

    Call(String id) {
      this.id = id;
    }
  }

  private final String messageId;
  private final Consumer<? super Json.Obj> out;
  private final ToolCallAssembler assembler = new ToolCallAssembler();
  private final Map<List<Integer>, Call> calls = new LinkedHashMap<>();
  private @Nullable Kind open;
  private String openId = "";
  private boolean openStarted;
  private int parts;
  private boolean skipping;
  private @Nullable Finish finish;

  /** Writes to {@code out}. */
  UiEncoder(String messageId, Consumer<? super Json.Obj> out) {
    this.messageId = messageId;
    this.out = out;
  }

  /** Whether the reader has what follows. */
  void skip(boolean skips) {
    skipping = skips;
  }

  private void put(JsonObjectBuilder chunk) {
    if (!skipping) {
      out.accept(chunk.object());
    }
  }

  // ---------------------------------------------------------------- the beginning

  /** Writes the start of the message, and of the answer's step. */
  void start(List<Json.Obj> earlier) {
    out.accept(Chunks.of("start").text("messageId", messageId).object());
    earlier.forEach(out);
    out.accept(Chunks.of("start-step").object());
  }

  // ---------------------------------------------------------------- events

  void event(StreamEvent event) {
    assembler.accept(event);
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> text(choice, Kind.TEXT, text);
      case StreamEvent.RefusalDelta(int choice, String text) -> text(choice, Kind.TEXT, text);
      case StreamEvent.ReasoningDelta(int choice, String text) ->
          text(choice, Kind.REASONING, text);
      case StreamEvent.ToolCallDelta delta -> tool(delta);
      case StreamEvent.ToolCallMarked marked -> call(marked.choice(), marked.call(), "");
      case StreamEvent.ToolCallSigned signed -> call(signed.choice(), signed.call(), "");
      case StreamEvent.Finished(int choice, Finish how) -> {
        if (choice == 0) {
          finish = how;
        }
      }
      case StreamEvent.Started started -> {}
      case StreamEvent.ToolCallReady ready -> {}
      case StreamEvent.Usage usage -> {}
      case StreamEvent.DoneMarker done -> {}
      case StreamEvent.Heartbeat beat -> {}
      case StreamEvent.Opaque opaque -> {}
      case StreamEvent.ErrorReported error -> {}
      case StreamEvent.FrameRejected rejected -> {}
      case StreamEvent.AttemptFailed failed -> {}
      case StreamEvent.Retrying retrying -> {}
      case StreamEvent.SeamMarked seam -> {}
      case StreamEvent.Warned warned -> {}
    }
  }

  private void text(int choice, Kind kind, String text) {
    if (choice != 0) {
      return; // A message has one text.
    }
    if (open != kind) {
      close();
      open = kind;
      openId = kind.word + "-" + ++parts;
    }
    if (!openStarted && !skipping) {
      openStarted = true;
      put(Chunks.of(kind.word + "-start").text("id", openId));
    }
    put(Chunks.of(kind.word + "-delta").text("id", openId).text("delta", text));
  }

  private void close() {
    var kind = open;
    if (kind != null && openStarted) {
      put(Chunks.of(kind.word + "-end").text("id", openId));
    }
    open = null;
    openStarted = false;
  }

  private Call call(int choice, int number, String id) {
    return calls.computeIfAbsent(
        List.of(choice, number),
        key -> new Call(id.isEmpty() ? "call-" + messageId + "-" + calls.size() : id));
  }

  private void tool(StreamEvent.ToolCallDelta delta) {
    var call = call(delta.choice(), delta.call(), delta.id());
    call.name = call.name.isEmpty() ? delta.name() : call.name;
    call.unsent.append(delta.arguments());
    if (call.name.isEmpty()) {
      return;
    }
    if (!call.begun) {
      call.begun = true;
      close();
    }
    if (skipping) {
      return;
    }
    if (!call.started) {
      call.started = true;
      put(Chunks.of("tool-input-start").text("toolCallId", call.id).text("toolName", call.name));
    }
    if (!call.unsent.isEmpty()) {
      put(
          Chunks.of("tool-input-delta")
              .text("toolCallId", call.id)
              .text("inputTextDelta", call.unsent.toString()));
      call.unsent.setLength(0);
    }
  }

  // ---------------------------------------------------------------- the end

  /** Writes the end of an answer that is proven whole. */
  void complete() {
    skipping = false;
    close();
    var ids = List.copyOf(calls.values());
    var made = assembler.calls();
    for (int i = 0; i < made.size() && i < ids.size(); i++) {
      available(ids.get(i).id, made.get(i));
    }
    put(Chunks.of("finish-step"));
    var how = finish;
    put(Chunks.of("finish").text("finishReason", how == null ? "other" : reason(how)));
  }

  private void available(String id, AssembledCall made) {
    ToolCall call = made.call();
    var chunk =
        Chunks.of(made.isWhole() ? "tool-input-available" : "tool-input-error")
            .text("toolCallId", id)
            .text("toolName", call.name())
            .put(
                "input", made.isWhole() ? input(call.arguments()) : new Json.Str(call.arguments()));
    if (!made.isWhole()) {
      chunk.text("errorText", made.detail());
    } else if (!call.signature().isEmpty()) {
      chunk.put(
          "providerMetadata",
          new JsonObjectBuilder()
              .put(UiMessages.METADATA, JsonObjectBuilder.of("signature", call.signature())));
    }
    put(chunk);
  }

  private static Json input(String arguments) {
    try {
      return Json.parse(arguments);
    } catch (Json.MalformedException e) {
      return new Json.Str(arguments); // A tool of free text.
    }
  }

  private static String reason(Finish finish) {
    return switch (finish.reason()) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case TOOL_CALLS -> "tool-calls";
      case REFUSAL, CONTENT_FILTER -> "content-filter";
      case ERROR -> "error";
      case PAUSE, OTHER -> "other";
    };
  }
}
