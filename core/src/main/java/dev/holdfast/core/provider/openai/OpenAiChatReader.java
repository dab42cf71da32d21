package dev.holdfast.core.provider.openai;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.ChatIdentity;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.Finishes;
import dev.holdfast.core.provider.shared.FrameLoop;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads chat completion chunks of OpenAI and its imitations. Also reads those of the legacy
 * Completions, which differ in the place of the text.
 *
 * <p>Proof: every choice that appeared has a finish reason. Quirks and their sources:
 * docs/dialects.md.
 */
public final class OpenAiChatReader implements DialectReader, FrameLoop.Contents {
  /** OpenAI allows 128; an index past this is a broken counter. */
  public static final int MAX_CHOICES = 1024;

  private static final String SPLICED = "a chunk of another answer while one is open";

  private static final int MAX_REASON = 256;

  private static final List<List<String>> UNREAD =
      List.of(List.of("obfuscation"), List.of("p"), List.of("choices", "*", "text"));

  /** Members of a delta that have an effect. */
  private static final List<String> SPEAKING =
      List.of(
          "content",
          "reasoning_content",
          "reasoning",
          "refusal",
          "tool_calls",
          "function_call",
          "audio");

  private final CompletionPolicy completion;
  private final boolean legacy;
  private final FrameLoop loop = new FrameLoop(new Payloads());
  private final SortedMap<Integer, ChatChoice> choices = new TreeMap<>();
  private final ToolCalls calls = new ToolCalls();
  private final ChatIdentity identity = new ChatIdentity();

  /** Choices with fragments of calls after their last finish. */
  private Set<Integer> called = Set.of();

  private boolean started;
  private int unfinished;
  private boolean sawFinishKey;
  private boolean sawUsageAlone;
  private boolean sawUsage;
  private boolean sawError;
  private boolean sawDone;
  private boolean markerProves;
  private boolean cleanEnd;

  public OpenAiChatReader(CompletionPolicy completion) {
    this(completion, false);
  }

  private OpenAiChatReader(CompletionPolicy completion, boolean legacy) {
    this.completion = completion;
    this.legacy = legacy;
  }

  /** {@return a reader of legacy Completions, whose choices have a {@code text} and no delta} */
  static OpenAiChatReader ofCompletions(CompletionPolicy completion) {
    // The shortcut knows deltas only, and takes a text beside them for a copy.
    return new OpenAiChatReader(completion, true).withoutShortcut();
  }

  /** {@return a reader that parses every frame, for comparison} */
  public OpenAiChatReader withoutShortcut() {
    loop.parseAll();
    return this;
  }

  @Override
  public void read(Frame frame, Consumer<? super StreamEvent> out) {
    loop.read(frame, this, out);
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    return json.has("usage") ? null : delta(json, event);
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(
      Json.Obj json, StreamEvent event, TokenUsage usage, boolean isFirst) {
    var shape = !isFirst && json.has("usage") ? delta(json, event) : null;
    return shape == null
        ? null
        : shape.with(
            new DeltaFastPath.Usage(
                List.of("usage"),
                false,
                usage,
                counts ->
                    TokenUsage.of(
                        counts.count("prompt_tokens", -1),
                        counts.count("completion_tokens", -1),
                        counts.raw())));
  }

  private DeltaFastPath.@Nullable Shape delta(Json.Obj json, StreamEvent event) {
    var array = json.array("choices");
    if (identity.hasMoved()
        || array == null
        || array.items().size() != 1
        || !(array.items().getFirst() instanceof Json.Obj choice)
        || choice.has("finish_reason")
        || choice.has("usage")
        || json.has("x_groq")) {
      return null;
    }
    var delta = choice.object("delta");
    var state = choices.get((int) choice.number("index", 0));
    if (delta == null || state == null) {
      return null;
    }
    String field = "";
    if (event instanceof StreamEvent.TextDelta) {
      field = "content";
    } else if (event instanceof StreamEvent.ReasoningDelta) {
      field = delta.has("reasoning_content") ? "reasoning_content" : "reasoning";
    }
    // A member may have no name: without this it would be read as reasoning from then on.
    if (field.isEmpty()
        || speaksBeside(delta, field)
        || !(delta.get(field) instanceof Json.Str(String value))) {
      return null;
    }
    return new DeltaFastPath.Shape(
        List.of("choices", "*", "delta", field),
        UNREAD,
        List.of(),
        value,
        field.equals("content")
            ? (text, number, out) -> state.content(text, out)
            : (text, number, out) -> state.reasoning(text, out));
  }

  private static boolean speaksBeside(Json.Obj delta, String field) {
    for (String name : SPEAKING) {
      if (!name.equals(field) && delta.has(name)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void document(Json.Obj json, String type) {
    errors(json, type);
    var array = json.get("choices");
    if (array != null && array.hasValue() && !(array instanceof Json.Arr)) {
      reject(Cause.PROTOCOL_VIOLATION, "choices: must be an array, was another");
      return;
    }
    var items = array instanceof Json.Arr(var list) ? list : List.<Json>of();
    var violation = violation(items);
    if (violation != null) {
      reject(Cause.PROTOCOL_VIOLATION, violation);
      return;
    }
    if (isAnother(json, items)) {
      return;
    }
    start(json, !items.isEmpty());
    boolean counts = json.has("usage");
    boolean ends = counts && items.stream().anyMatch(OpenAiChatReader::isEnd);
    if (ends) {
      usage(json.object("usage"));
    }
    for (var item : items) {
      if (item instanceof Json.Obj choice) {
        choice(choice);
      }
    }
    if (counts && !ends) {
      usage(json.object("usage")); // It counts what the chunk has brought.
      sawUsageAlone |= items.isEmpty();
    }
    var groq = json.object("x_groq");
    if (groq != null && groq.has("usage") && !sawUsage) {
      usage(groq.object("usage"));
    }
    var timings = json.object("timings");
    if (timings != null && !counts) {
      LlamaTimings.usage(timings, loop);
    }
  }

  private static boolean isEnd(Json choice) {
    return choice instanceof Json.Obj object && object.has("finish_reason");
  }

  /** {@return whether a chunk shows that a second answer is sent into the first one} */
  private boolean isAnother(Json.Obj json, List<Json> items) {
    var kin = identity.read(json, items, loop.hasContent());
    if (identity.hasMoved()) {
      loop.forgetShapes(); // A chunk of the id before would move it back.
    }
    if (kin == ChatIdentity.Kin.SAME) {
      return false;
    }
    loop.stop();
    var failure = ErrorValues.violation(SPLICED);
    loop.emit(
        new StreamEvent.ErrorReported(
            kin == ChatIdentity.Kin.OTHER
                ? failure
                // No other attempt could correct what was shown.
                : Failure.builder(failure.cause(), SPLICED)
                    .provider(failure.provider().orElse(null))
                    .build()));
    return true;
  }

  /** {@return which rule a list of choices breaks, or null} Asked before any of them has effect. */
  private @Nullable String violation(List<Json> items) {
    for (var item : items) {
      if (!(item instanceof Json.Obj choice)) {
        return "choice: must be an object, was another";
      }
      var index = choice.get("index");
      if (index != null && index.hasValue()) {
        long number = choice.number("index", -1);
        if (number < 0 || number >= MAX_CHOICES) {
          return "choice index: must be 0 to %d, was another".formatted(MAX_CHOICES - 1);
        }
      }
      var delta = choice.get("delta");
      if (delta != null && delta.hasValue() && !(delta instanceof Json.Obj)) {
        return "delta: must be an object, was another";
      }
      if (delta instanceof Json.Obj object) {
        var content = object.get("content");
        if (content != null
            && content.hasValue()
            && !(content instanceof Json.Str)
            && !(content instanceof Json.Arr)) {
          return "content: must be a string or an array, was another";
        }
        String tools = ToolCalls.violation(object);
        if (tools != null) {
          return tools;
        }
      }
    }
    return null;
  }

  private void start(Json.Obj json, boolean hasChoices) {
    // Azure's first chunk has neither id, model nor choices; the second one knows them.
    boolean named = !json.text("id").isEmpty() || !json.text("model").isEmpty();
    if (!started && (named || hasChoices) && !ErrorValues.isError(json)) {
      started = true;
      loop.emit(new StreamEvent.Started(json.text("id"), json.text("model")));
    }
  }

  private void errors(Json.Obj json, String type) {
    var error = json.get("error");
    if (error != null && error.hasValue()) {
      error(ErrorValues.of(error));
    } else if (type.equals("error")
        || json.text("type").equals("error")
        || (json.text("object").equals("error") && !sawError)) {
      error(ErrorValues.of(json));
    }
    var base = json.object("base_resp");
    if (base != null && base.has("status_code")) {
      error(ErrorValues.of(base));
    }
    var groq = json.object("x_groq");
    if (groq != null && groq.has("error")) {
      error(ErrorValues.of(Objects.requireNonNull(groq.get("error"))));
    }
  }

  private void choice(Json.Obj json) {
    int index = (int) json.number("index", 0);
    var choice = choices.get(index);
    if (choice == null) {
      choice = new ChatChoice(index);
      choices.put(index, choice);
      unfinished++;
    }
    var error = json.get("error");
    if (error != null && error.hasValue()) {
      error(ErrorValues.of(error));
    }
    String text = legacy ? json.text("text") : "";
    choice.content(text, loop);
    var delta = json.object("delta");
    if (delta != null) {
      var inner = delta.get("error");
      if (inner != null && inner.hasValue()) {
        error(ErrorValues.of(inner));
      }
      // Together sends both with the same text.
      choice.delta(text.isEmpty() ? delta : delta.with("content", Json.Null.VALUE), loop);
      if (delta.has("tool_calls") || delta.has("function_call")) {
        if (called.isEmpty()) {
          called = new HashSet<>();
        }
        called.add(index);
      }
      for (var rejection : calls.read(index, delta, loop)) {
        loop.emit(rejection);
      }
    }
    if (json.has("usage") && !sawUsage) {
      usage(json.object("usage")); // Moonshot puts it here.
    }
    sawFinishKey |= json.get("finish_reason") != null;
    String raw = reason(json);
    // Old SGLang and Ollama send "" on every chunk; DashScope's native "null" leaks through too.
    if (!raw.isEmpty() && !raw.equals("null")) {
      finish(choice, raw);
    }
  }

  /** {@return the finish reason; a router's own word beats a harmless one it was translated to} */
  private static String reason(Json.Obj choice) {
    String plain = ErrorValues.cap(choice.text("finish_reason"), MAX_REASON);
    String own = ErrorValues.cap(choice.text("native_finish_reason"), MAX_REASON);
    var reason = Finishes.of(own).reason();
    if (reason == Finish.Reason.ERROR) {
      return own;
    }
    return switch (Finishes.of(plain).reason()) {
      case STOP, TOOL_CALLS -> Finishes.of(own).isEarly() ? own : plain;
      case LENGTH, REFUSAL, CONTENT_FILTER, PAUSE, ERROR, OTHER -> plain;
    };
  }

  private void finish(ChatChoice choice, String raw) {
    if (choice.finish().isEmpty()) {
      unfinished--;
    }
    boolean grew = !called.isEmpty() && called.remove(choice.index());
    if (choice.finish().equals(raw) && !grew) {
      return; // OpenRouter repeats it on the usage chunk.
    }
    calls.finish(choice.index(), loop);
    var finish = choice.finish(raw, loop);
    loop.emit(new StreamEvent.Finished(choice.index(), finish));
    if (finish.reason() == Finish.Reason.ERROR && !sawError) {
      error(Finishes.error(raw));
    }
  }

  private void usage(Json.@Nullable Obj usage) {
    if (usage == null) {
      return;
    }
    sawUsage = true;
    loop.emit(
        new StreamEvent.Usage(
            TokenUsage.of(
                Math.max(-1, usage.number("prompt_tokens", -1)),
                Math.max(-1, usage.number("completion_tokens", -1)),
                usage.write())));
  }

  @Override
  public void error(ProviderError error) {
    sawError = true;
    loop.emit(new StreamEvent.ErrorReported(HttpErrors.inStream(error, loop.hasContent())));
  }

  private void reject(Cause cause, String detail) {
    loop.emit(new StreamEvent.FrameRejected(Failure.retryable(cause, detail)));
  }

  @Override
  public void done() {
    sawDone = true;
    // Snowflake Cortex never sends a finish reason; only a server that never even names the field,
    // and sends its usage first, is believed.
    boolean snowflake = !choices.isEmpty() && !sawFinishKey && sawUsageAlone && !sawError;
    boolean trusted = completion == CompletionPolicy.DONE_MARKER && !choices.isEmpty();
    markerProves |= snowflake || trusted;
    if (markerProves) {
      calls.finishAll(loop);
    }
    loop.emit(new StreamEvent.DoneMarker());
  }

  @Override
  public boolean isHolding() {
    for (var choice : choices.values()) {
      if (choice.isHolding()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Proof proof() {
    if (loop.isStopped()) {
      return Proof.OPEN; // Any earlier proof may belong to the other answer.
    }
    boolean proven = (!choices.isEmpty() && unfinished == 0) || markerProves || cleanEnd;
    if (sawDone || cleanEnd) {
      return proven ? Proof.CLOSED : Proof.CLOSED_UNPROVEN;
    }
    return proven ? Proof.PROVEN : Proof.OPEN;
  }

  @Override
  public Proof end(Consumer<? super StreamEvent> out) {
    cleanEnd |= completion == CompletionPolicy.EOF && !loop.isCut() && !choices.isEmpty();
    calls.finishAll(out);
    if (proof().isProven()) {
      choices.values().forEach(choice -> choice.flush(out));
    }
    return proof();
  }
}
