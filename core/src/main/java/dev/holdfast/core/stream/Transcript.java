package dev.holdfast.core.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The whole content of an answer, folded from its events. Not thread-safe.
 *
 * <p>Holds all text in memory: for tools, tests, and callers that have bounded the answer before.
 */
public final class Transcript implements Consumer<StreamEvent> {
  private final SortedMap<Integer, StringBuilder> text = new TreeMap<>();
  private final SortedMap<Integer, StringBuilder> reasoning = new TreeMap<>();
  private final SortedMap<Integer, StringBuilder> refusal = new TreeMap<>();
  private final SortedMap<Integer, Finish> finishes = new TreeMap<>();
  private final List<OpenCall> calls = new ArrayList<>();
  private @Nullable TokenUsage usage;
  private @Nullable Failure error;
  private @Nullable Failure rejection;

  /** Makes an empty transcript. */
  public Transcript() {}

  private static final class OpenCall {
    private final int choice;
    private final int call;
    private String id = "";
    private String name = "";
    private final StringBuilder arguments = new StringBuilder();

    OpenCall(int choice, int call) {
      this.choice = choice;
      this.call = call;
    }
  }

  /** Takes the next event. */
  @Override
  public void accept(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta(int choice, String delta) -> append(text, choice, delta);
      case StreamEvent.ReasoningDelta(int choice, String delta) -> append(reasoning, choice, delta);
      case StreamEvent.RefusalDelta(int choice, String delta) -> append(refusal, choice, delta);
      case StreamEvent.ToolCallDelta delta -> fragment(delta);
      case StreamEvent.ToolCallMarked marked -> {}
      case StreamEvent.ToolCallSigned signed -> {}
      case StreamEvent.ToolCallReady(ToolCall whole) -> {
        var call = new OpenCall(whole.choice(), -1);
        call.id = whole.id();
        call.name = whole.name();
        call.arguments.append(whole.arguments());
        calls.add(call);
      }
      case StreamEvent.Usage(TokenUsage tokens) -> usage = tokens;
      case StreamEvent.Finished(int choice, Finish finish) ->
          finishes.merge(choice, finish, Finish::last);
      case StreamEvent.ErrorReported(Failure failure) -> error = failure;
      case StreamEvent.FrameRejected(Failure failure) -> rejection = failure;
      case StreamEvent.Started started -> {}
      case StreamEvent.DoneMarker marker -> {}
      case StreamEvent.Heartbeat heartbeat -> {}
      case StreamEvent.Opaque opaque -> {}
      case StreamEvent.AttemptFailed failed -> {}
      case StreamEvent.Retrying retrying -> {}
      case StreamEvent.SeamMarked seam -> {}
      case StreamEvent.Warned warned -> {}
    }
  }

  private static void append(SortedMap<Integer, StringBuilder> to, int choice, String delta) {
    to.computeIfAbsent(choice, index -> new StringBuilder()).append(delta);
  }

  private void fragment(StreamEvent.ToolCallDelta delta) {
    var call = call(delta.choice(), delta.call());
    if (call.id.isEmpty()) {
      call.id = delta.id();
    }
    if (call.name.isEmpty()) {
      call.name = delta.name();
    }
    call.arguments.append(delta.arguments());
  }

  private OpenCall call(int choice, int number) {
    // Fragments come one call after another, so the one looked for is nearly always the last.
    for (int i = calls.size() - 1; i >= 0; i--) {
      var call = calls.get(i);
      if (call.choice == choice && call.call == number) {
        return call;
      }
    }
    var call = new OpenCall(choice, number);
    calls.add(call);
    return call;
  }

  /** {@return the visible text by choice; choices without any are missing} */
  public SortedMap<Integer, String> text() {
    return strings(text);
  }

  /** {@return the visible text of one choice, or empty} */
  public String text(int choice) {
    var chars = text.get(choice);
    return chars == null ? "" : chars.toString();
  }

  /** {@return the reasoning by choice; choices without any are missing} */
  public SortedMap<Integer, String> reasoning() {
    return strings(reasoning);
  }

  /** {@return the refusal by choice; choices without any are missing} */
  public SortedMap<Integer, String> refusal() {
    return strings(refusal);
  }

  /** {@return the tool calls in order of appearance, as far as they came} */
  public List<ToolCall> toolCalls() {
    return calls.stream()
        .map(call -> new ToolCall(call.choice, call.id, call.name, call.arguments.toString()))
        .toList();
  }

  /** {@return the last finish by choice} */
  public SortedMap<Integer, Finish> finishes() {
    return new TreeMap<>(finishes);
  }

  /** {@return the last report of tokens, or null} */
  public @Nullable TokenUsage usage() {
    return usage;
  }

  /** {@return the last error that the provider reported, or null} */
  public @Nullable Failure error() {
    return error;
  }

  /** {@return the last frame that could not be read, or null} */
  public @Nullable Failure rejection() {
    return rejection;
  }

  private static SortedMap<Integer, String> strings(SortedMap<Integer, StringBuilder> from) {
    var strings = new TreeMap<Integer, String>();
    from.forEach((choice, chars) -> strings.put(choice, chars.toString()));
    return strings;
  }
}
