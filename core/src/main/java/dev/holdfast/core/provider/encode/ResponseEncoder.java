package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.frame.SseEncoder;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.Finishes;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.tools.AssembledCall;
import dev.holdfast.core.tools.ToolCallAssembler;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The common part of all protocols' writers: which events have content, and the finishes and tokens
 * kept for the end. Tool calls are begun when their name is known.
 */
abstract sealed class ResponseEncoder implements EventEncoder
    permits BlockEncoder, GeminiEncoder, OllamaEncoder, OpenAiChatEncoder {
  static final Finish UNTOLD = new Finish(Finish.Reason.STOP, "");

  /** Represents arguments of any length. */
  private static final String SOME = "[0]";

  private static final TokenUsage UNKNOWN = TokenUsage.of(-1, -1, "");

  private final AnswerHead head;
  private final SseEncoder out = new SseEncoder();
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final SortedMap<Integer, Finish> finishes = new TreeMap<>();
  private final Map<Long, Call> calls = new LinkedHashMap<>();
  private final Map<Integer, Integer> callsOfChoice = new HashMap<>();

  /** Judges calls without arguments; of all others it takes one piece, so that it stays small. */
  private final ToolCallAssembler blanks = new ToolCallAssembler();

  private TokenUsage usage = UNKNOWN;
  private boolean arrivesWhole;
  private int wholeCalls;
  private boolean opened;
  private boolean ended;

  /** A tool call; {@code number} counts those of its choice from 0. */
  private static final class Call {
    private final int choice;
    private final int number;
    private String id = "";
    private @Nullable StringBuilder unnamed = new StringBuilder();
    private boolean blank = true;

    Call(int choice, int number) {
      this.choice = choice;
      this.number = number;
    }
  }

  ResponseEncoder(AnswerHead head) {
    this.head = head;
  }

  /** Writes what comes before any content, once. */
  abstract void open();

  abstract void text(int choice, String delta);

  abstract void reasoning(int choice, String delta);

  abstract void refusal(int choice, String delta);

  /** Begins a call; its id is never empty, its name only if the provider never sent one. */
  abstract void callBegins(int choice, int number, String id, String name);

  /** Continues a call that was begun; {@code arguments} is not empty. */
  abstract void continueCall(int choice, int number, String arguments);

  /** Ends a call that was begun: the answer is complete, and has no arguments for it. */
  void callIsBlank(int choice, int number) {}

  /** Writes finishes, tokens, proof and marker. */
  abstract void close();

  /** Writes the error that ends the stream. */
  abstract void error(Failure failure);

  /** {@return which rule the events broke so that the answer cannot be written truly, or null} */
  @Nullable String violation() {
    return null;
  }

  /** Writes the whole calls that were kept to be written together. */
  void flushCalls() {}

  @Override
  public final byte[] encode(StreamEvent event) {
    checkOpen();
    if (!(event instanceof StreamEvent.ToolCallReady)) {
      flushCalls();
    }
    switch (event) {
      case StreamEvent.Started started -> ready();
      case StreamEvent.TextDelta(int choice, String delta) -> {
        ready();
        text(choice, delta);
      }
      case StreamEvent.ReasoningDelta(int choice, String delta) -> {
        ready();
        reasoning(choice, delta);
      }
      case StreamEvent.RefusalDelta(int choice, String delta) -> {
        ready();
        refusal(choice, delta);
      }
      case StreamEvent.ToolCallDelta delta -> {
        ready();
        call(delta.choice(), delta.call(), delta.id(), delta.name(), delta.arguments());
      }
      case StreamEvent.ToolCallSigned signed -> {} // Only Gemini has a member for it.
      case StreamEvent.ToolCallMarked marked -> {
        if (calls.containsKey(key(marked.choice(), marked.call()))) {
          blanks.accept(marked);
        }
      }
      case StreamEvent.ToolCallReady(ToolCall whole) -> {
        ready();
        // Numbers below zero: no fragment has them.
        arrivesWhole = true;
        call(whole.choice(), --wholeCalls, whole.id(), whole.name(), whole.arguments());
        arrivesWhole = false;
      }
      case StreamEvent.Usage(TokenUsage tokens) -> usage = tokens;
      case StreamEvent.Finished(int choice, Finish finish) -> finishes.put(choice, finish);
      case StreamEvent.Heartbeat heartbeat -> beat();
      // The marker is written with the proof, and an error when the stream is abandoned.
      case StreamEvent.DoneMarker marker -> {}
      case StreamEvent.ErrorReported error -> {}
      case StreamEvent.FrameRejected rejected -> {}
      case StreamEvent.AttemptFailed failed -> {}
      case StreamEvent.Retrying retrying -> {}
      case StreamEvent.SeamMarked seam -> {}
      case StreamEvent.Warned warned -> {}
      // Its bytes were not kept.
      case StreamEvent.Opaque opaque -> {}
    }
    return take();
  }

  @Override
  public final byte[] keepAlive() {
    checkOpen();
    beat();
    return take();
  }

  @Override
  public final byte[] complete() {
    checkOpen();
    ended = true;
    ready();
    flushCalls();
    calls.values().forEach(call -> begin(call, ""));
    // The last one counts here: an attempt that a limit ended may have been continued.
    finishes.forEach((choice, last) -> blanks.accept(new StreamEvent.Finished(choice, last)));
    int position = 0;
    List<AssembledCall> judged = blanks.calls();
    for (var call : calls.values()) {
      if (judged.get(position++).isWhole() && call.blank) {
        callIsBlank(call.choice, call.number);
      }
    }
    String violation = violation();
    if (violation == null) {
      close();
    } else {
      error(Failure.retryable(Cause.PROTOCOL_VIOLATION, violation));
    }
    return take();
  }

  @Override
  public final byte[] fail(Failure failure) {
    checkOpen();
    ended = true;
    flushCalls();
    error(failure);
    return take();
  }

  private void checkOpen() {
    if (ended) {
      throw new IllegalStateException("encoder: must not be used after its end, was ended");
    }
  }

  private void ready() {
    if (!opened) {
      opened = true;
      open();
    }
  }

  /** Writes a sign of life that the protocol's clients skip. */
  void beat() {
    out.keepAlive(" keep-alive");
  }

  /** Writes an empty line, which is between two frames nothing but a byte. */
  final void blank() {
    out.blank();
  }

  private void call(int choice, int key, String id, String name, String arguments) {
    boolean begins = !calls.containsKey(key(choice, key));
    var call =
        calls.computeIfAbsent(
            key(choice, key),
            unused -> new Call(choice, callsOfChoice.merge(choice, 1, Integer::sum) - 1));
    boolean hasArguments = !arguments.isBlank() && call.blank;
    if (begins || hasArguments || !name.isEmpty()) {
      blanks.accept(new StreamEvent.ToolCallDelta(choice, key, id, name, hasArguments ? SOME : ""));
    }
    call.blank &= arguments.isBlank();
    call.id = call.id.isEmpty() ? id : call.id;
    if (call.unnamed != null) {
      call.unnamed.append(arguments);
      if (!name.isEmpty()) {
        begin(call, name);
      }
    } else if (!arguments.isEmpty()) {
      continueCall(choice, call.number, arguments);
    }
  }

  private static long key(int choice, int call) {
    return ((long) choice << 32) | (call & 0xFFFF_FFFFL);
  }

  private void begin(Call call, String name) {
    var arguments = call.unnamed;
    if (arguments == null) {
      return;
    }
    call.unnamed = null;
    // Without an id the caller could not answer the call.
    String id = call.id.isBlank() ? "call_%d_%d".formatted(call.choice, call.number) : call.id;
    callBegins(call.choice, call.number, id, name, arguments.toString());
  }

  /** A call begins with arguments that are known already, maybe all of them; may be empty. */
  void callBegins(int choice, int number, String id, String name, String arguments) {
    callBegins(choice, number, id, name);
    if (!arguments.isEmpty()) {
      continueCall(choice, number, arguments);
    }
  }

  /** {@return whether the call that begins is whole, and no piece of it follows} */
  final boolean arrivesWhole() {
    return arrivesWhole;
  }

  final AnswerHead head() {
    return head;
  }

  /** Writes one frame. */
  final void frame(String type, JsonObjectBuilder data) {
    out.event(type, data.object().write());
  }

  /** Writes one line, for a protocol of lines. */
  final void line(JsonObjectBuilder data) {
    lines.writeBytes(data.object().write().getBytes(StandardCharsets.UTF_8));
    lines.write('\n');
  }

  /** Writes text as it is, for a protocol that is one document. */
  final void raw(String text) {
    lines.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  private byte[] take() {
    if (lines.size() == 0) {
      return out.take();
    }
    byte[] taken = lines.toByteArray();
    lines.reset();
    return taken;
  }

  /** The answer was opened elsewhere. */
  final void resumed() {
    opened = true;
  }

  /** Writes the marker of OpenAI's protocols. */
  final void marker() {
    out.event("", "[DONE]");
  }

  /** {@return whether anything except keep-alives was written} */
  final boolean isOpen() {
    return opened;
  }

  /** {@return the tokens as far as they are known} */
  final TokenUsage usage() {
    return usage;
  }

  /** {@return the last finish of a choice; a plain stop if the answer was proven without one} */
  final Finish finish(int choice) {
    Finish finish = finishes.get(choice);
    return finish == null ? UNTOLD : finish;
  }

  /** {@return the choices that reported a finish} */
  final Iterable<Integer> finished() {
    return finishes.keySet();
  }

  /**
   * {@return the provider's word for a finish, if this protocol has it and means the same by it}
   */
  static @Nullable String own(Finish finish, Set<String> words) {
    boolean same =
        words.contains(finish.raw()) && Finishes.of(finish.raw()).reason() == finish.reason();
    return same ? finish.raw() : null;
  }

  /** {@return one sentence for display: the cause's stable name and the detail} */
  static String sentence(Failure failure) {
    return failure.cause().id() + ": " + failure.detail();
  }
}
