package dev.holdfast.core.provider.anthropic;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.SurrogateBuffer;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.Finishes;
import dev.holdfast.core.provider.shared.FrameLoop;
import dev.holdfast.core.provider.shared.OpenBlocks;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of Anthropic's Messages API and its clones.
 *
 * <p>Proof: {@code message_stop} of a message that began. A {@code stop_reason} alone is none: a
 * cut between the two is a real failure. Quirks and their sources: docs/dialects.md.
 */
public final class AnthropicMessagesReader implements DialectReader, FrameLoop.Contents {
  private static final String SPLICED = "message_start for another id while a message is open";

  private static final int MAX_REASON = 256;

  /** Kept and added to as long as the answer lasts, so it has a bound: 64 Ki characters. */
  private static final int MAX_USAGE = 64 << 10;

  private final CompletionPolicy completion;
  private final FrameLoop loop = new FrameLoop(new Payloads());
  private final SurrogateBuffer text = new SurrogateBuffer();
  private final SurrogateBuffer thinking = new SurrogateBuffer();
  private final ToolBlocks tools = new ToolBlocks();
  private final ThinkingBlocks kept = new ThinkingBlocks();
  private final OpenBlocks blocks = new OpenBlocks();

  private @Nullable String messageId;
  private Json.Obj usage = new Json.Obj(Map.of());
  private String finish = "";
  private boolean spoke;
  private boolean begun;
  private boolean warnedOfHead;
  private boolean warnedOfBlock;
  private boolean stopped;
  private boolean sawDone;
  private boolean cleanEnd;

  public AnthropicMessagesReader(CompletionPolicy completion) {
    this.completion = completion;
  }

  /** {@return a reader that parses every frame, for comparison} */
  public AnthropicMessagesReader withoutShortcut() {
    loop.parseAll();
    return this;
  }

  @Override
  public void read(Frame frame, Consumer<? super StreamEvent> out) {
    loop.read(frame, this, out);
  }

  @Override
  public void done() {
    // OpenRouter's clone ends with OpenAI's marker.
    sawDone = true;
    loop.emit(new StreamEvent.DoneMarker());
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    var delta = json.object("delta");
    if (delta == null) {
      return null;
    }
    return switch (event) {
      case StreamEvent.TextDelta text when delta.text("type").equals("text_delta") ->
          shape("text", delta, (piece, number, out) -> text(piece, out));
      case StreamEvent.ReasoningDelta reasoning when delta.text("type").equals("thinking_delta") ->
          shape("thinking", delta, (piece, number, out) -> thinking(piece, out));
      default -> null;
    };
  }

  private static DeltaFastPath.Shape shape(
      String name, Json.Obj delta, DeltaFastPath.Outlet outlet) {
    return new DeltaFastPath.Shape(List.of("delta", name), delta.text(name), outlet);
  }

  @Override
  public void document(Json.Obj json, String eventType) {
    String type = json.text("type").isEmpty() ? eventType : json.text("type");
    var error = json.get("error");
    if (type.equals("error")
        || (json.text("type").isEmpty() && error != null && error.hasValue())) {
      error(ErrorValues.of(error != null && error.hasValue() ? error : json));
      return;
    }
    spoke |= type.startsWith("message_") || type.startsWith("content_block_");
    begun |= type.equals("message_start") || type.equals("content_block_start");
    switch (type) {
      case "message_start" -> messageStart(json);
      case "content_block_start" -> blockStart(json);
      case "content_block_delta" -> blockDelta(json);
      case "content_block_stop" -> {
        blocks.close(index(json));
        tools.close(index(json), loop::emit);
      }
      case "message_delta" -> messageDelta(json);
      case "message_stop" -> {
        tools.closeAll(loop::emit);
        flush(loop::emit);
        stopped = begun; // An end needs a beginning.
      }
      case "ping" -> loop.emit(new StreamEvent.Heartbeat("ping"));
      default -> loop.emit(new StreamEvent.Opaque(ErrorValues.cap(type, 64)));
    }
  }

  private void messageStart(Json.Obj json) {
    var message = json.object("message");
    var named = message == null ? new Json.Obj(Map.of()) : message;
    String id = ErrorValues.cap(named.text("id"), ToolCalls.MAX_NAME);
    if (messageId != null) {
      if (messageId.equals(id)) {
        return;
      }
      if (loop.hasContent() || stopped) {
        // A gateway tried again upstream and sent a second answer into the first one.
        loop.stop();
        loop.emit(new StreamEvent.ErrorReported(ErrorValues.violation(SPLICED)));
        return;
      }
      // A retry before any content is harmless.
      if (!warnedOfHead) {
        warnedOfHead = true;
        warn("message_start: must come once, came again for another id");
      }
      usage = new Json.Obj(Map.of());
    }
    messageId = id;
    loop.emit(new StreamEvent.Started(id, named.text("model")));
    var first = named.object("usage");
    if (first != null) {
      usage = first.write().length() <= MAX_USAGE ? first : usage;
    }
    reportUsage();
  }

  private void blockStart(Json.Obj json) {
    var block = json.object("content_block");
    if (block == null) {
      return;
    }
    blocks.open(index(json));
    switch (block.text("type")) {
      case "text" -> text(block.text("text"), loop::emit);
      case "thinking" -> {
        kept.open(block);
        reasoning(thinking.take(block.text("thinking")), loop::emit);
      }
      case "tool_use" -> tools.open(index(json), block, kept::take, loop::emit);
      default -> {
        if (ThinkingBlocks.TYPES.contains(block.text("type"))) {
          kept.open(block);
        }
        tools.other(index(json));
        loop.emit(new StreamEvent.Opaque(ErrorValues.cap(block.text("type"), 64)));
      }
    }
  }

  private void blockDelta(Json.Obj json) {
    var delta = json.object("delta");
    if (delta == null) {
      return;
    }
    String index = index(json);
    switch (delta.text("type")) {
      case "text_delta" -> {
        readable(index);
        text(delta.text("text"), loop::emit);
      }
      case "thinking_delta" -> {
        readable(index);
        thinking(delta.text("thinking"), loop::emit);
      }
      case "input_json_delta" -> {
        String piece = delta.text("partial_json");
        boolean late = piece.isEmpty() && blocks.wasOpened(index);
        if (tools.isAnyOpen() || blocks.isOpen(index) || late) {
          tools.more(index, piece, loop::emit);
        } else {
          // The block that named the tool was lost, and the call with it.
          loop.emit(
              new StreamEvent.FrameRejected(
                  Failure.retryable(
                      Cause.PROTOCOL_VIOLATION,
                      "input_json_delta: must be of an open block, was of another")));
        }
      }
      default -> {
        if (delta.text("type").equals("signature_delta")) {
          kept.sign(delta.text("signature"));
        }
        loop.emit(new StreamEvent.Opaque(ErrorValues.cap(delta.text("type"), 64)));
      }
    }
  }

  /** Text can be read in any place; that its block never began is worth a warning. */
  private void readable(String index) {
    if (!warnedOfBlock && !blocks.wasOpened(index)) {
      warnedOfBlock = true;
      warn("content_block_delta: must be of a block that began, was of another");
    }
  }

  private void warn(String detail) {
    loop.emit(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
  }

  private void messageDelta(Json.Obj json) {
    var delta = json.object("delta");
    if (delta != null) {
      if (delta.has("stop_details")) {
        loop.emit(new StreamEvent.Opaque("stop_details"));
      }
      String raw = ErrorValues.cap(delta.text("stop_reason"), MAX_REASON);
      if (!raw.isEmpty() && !raw.equals(finish)) {
        tools.closeAll(loop::emit);
        flush(loop::emit);
        finish = raw;
        loop.emit(new StreamEvent.Finished(0, Finishes.of(raw)));
        if (Finishes.isFailure(raw)) {
          error(Finishes.error(raw));
        }
      }
    }
    var more = json.object("usage");
    if (more != null) {
      merge(more);
      reportUsage();
    }
  }

  /** Later counts replace earlier ones; nulls replace nothing. Real values are small and few. */
  private void merge(Json.Obj more) {
    var merged = new LinkedHashMap<>(usage.members());
    for (var member : more.members().entrySet()) {
      if (!(member.getValue() instanceof Json.Null)) {
        merged.put(member.getKey(), member.getValue());
      }
    }
    var next = new Json.Obj(merged);
    if (next.write().length() <= MAX_USAGE) {
      usage = next;
    }
  }

  private void reportUsage() {
    loop.emit(
        new StreamEvent.Usage(
            TokenUsage.of(
                Math.max(-1, usage.number("input_tokens", -1)),
                Math.max(-1, usage.number("output_tokens", -1)),
                usage.write())));
  }

  private static String index(Json.Obj json) {
    return json.get("index") instanceof Json.Num(String digits) ? digits : "";
  }

  private void text(String delta, Consumer<? super StreamEvent> out) {
    String ready = text.take(delta);
    if (!ready.isEmpty()) {
      out.accept(new StreamEvent.TextDelta(0, ready));
    }
  }

  private void thinking(String delta, Consumer<? super StreamEvent> out) {
    kept.more(delta);
    reasoning(thinking.take(delta), out);
  }

  private static void reasoning(String ready, Consumer<? super StreamEvent> out) {
    if (!ready.isEmpty()) {
      out.accept(new StreamEvent.ReasoningDelta(0, ready));
    }
  }

  private void flush(Consumer<? super StreamEvent> out) {
    String rest = text.rest();
    if (!rest.isEmpty()) {
      out.accept(new StreamEvent.TextDelta(0, rest));
    }
    String thought = thinking.rest();
    if (!thought.isEmpty()) {
      out.accept(new StreamEvent.ReasoningDelta(0, thought));
    }
  }

  @Override
  public void error(ProviderError error) {
    loop.emit(new StreamEvent.ErrorReported(HttpErrors.inStream(error, loop.hasContent())));
  }

  @Override
  public boolean isHolding() {
    return text.isHolding() || thinking.isHolding();
  }

  @Override
  public Proof proof() {
    if (loop.isStopped()) {
      return Proof.OPEN; // Any earlier proof belongs to another answer.
    }
    boolean marker = sawDone && spoke && completion == CompletionPolicy.DONE_MARKER;
    if (stopped || marker || cleanEnd) {
      return Proof.CLOSED;
    }
    return sawDone ? Proof.CLOSED_UNPROVEN : Proof.OPEN;
  }

  @Override
  public Proof end(Consumer<? super StreamEvent> out) {
    cleanEnd |= completion == CompletionPolicy.EOF && !loop.isCut() && spoke;
    if (!loop.isStopped()) {
      tools.closeAll(out);
      if (proof().isProven()) {
        flush(out);
      }
    }
    return proof();
  }
}
