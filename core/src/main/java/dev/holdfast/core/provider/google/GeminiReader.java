package dev.holdfast.core.provider.google;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.openai.OpenAiChatReader;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Finishes;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the chunks of Gemini's {@code streamGenerateContent}, as events or as elements of an array.
 *
 * <p>Proof: the last chunk of every candidate has a finish reason, or the prompt was blocked. A
 * finish reason is taken back by a later chunk without one: answers with code execution stop in the
 * middle. So it is by a chunk that cannot be read, or in which the body ends. Quirks and their
 * sources: docs/dialects.md.
 */
public final class GeminiReader extends DocumentReader {
  /** As for the choices of others; Gemini allows 8. */
  static final int MAX_CANDIDATES = OpenAiChatReader.MAX_CHOICES;

  private static final int MAX_REASON = 256;
  private static final String SPLICED = "responseId of another answer behind content";

  private static final List<String> READ_OF_PARTS = List.of("text", "thought", "functionCall");

  private static final List<String> PASSED_ON =
      List.of("groundingMetadata", "citationMetadata", "urlContextMetadata");

  private final boolean array;
  private final SortedMap<Integer, Candidate> candidates = new TreeMap<>();
  private final GeminiCalls calls = new GeminiCalls();
  private boolean blocked;
  private boolean unreadable;
  private String responseId = "";
  private String model = "";

  /** How many chunks in a row had that id: some server may have another one in each. */
  private int chunksOfId;

  private boolean sawContent;
  private boolean warnedOfHead;

  private GeminiReader(
      CompletionPolicy completion, Payloads payloads, Closing closing, boolean array) {
    super(completion, payloads, closing);
    this.array = array;
  }

  /** {@return a reader of server-sent events; they have no closing marker} */
  static GeminiReader ofEvents(CompletionPolicy completion) {
    return new GeminiReader(completion, new Payloads(), Closing.END, false);
  }

  /** {@return a reader of an array's elements; its bracket is the closing marker} */
  public static GeminiReader ofArray(CompletionPolicy completion) {
    return new GeminiReader(completion, Payloads.ofLines(), Closing.MARKER, true);
  }

  /** The numbers of a usage, by their names. */
  private interface Counts {
    long of(String name, long absent);
  }

  /** One of several answers. */
  private static final class Candidate {
    private final ChatChoice texts;
    private boolean finished;
    private boolean called;

    /** Whether the current chunk reports that it ends inside a call. */
    private boolean calling;

    private @Nullable Finish reportedFinish;

    Candidate(int index) {
      texts = new ChatChoice(index);
    }
  }

  @Override
  public boolean isHolding() {
    for (var candidate : candidates.values()) {
      if (candidate.texts.isHolding()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void read(Json.Obj json, String type) {
    if (unreadable) {
      return; // What follows damage in an array may be a part of what was damaged.
    }
    boolean failed = error(json);
    var response = json.object("response");
    // Google's internal front ends wrap each chunk.
    var chunk = response != null && json.get("candidates") == null ? response : json;
    failed |= response != null && chunk.equals(response) && error(chunk);
    String violation = violation(chunk);
    if (violation != null) {
      reject(violation);
      lost();
      return;
    }
    chunk(chunk, failed);
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    var list = json.array("candidates");
    if (unreadable
        || json.get("response") != null
        || json.get("error") != null
        || json.get("promptFeedback") != null
        || list == null
        || list.items().size() != 1
        || !(list.items().getFirst() instanceof Json.Obj item)
        || item.has("finishReason")) {
      return null;
    }
    var parts = part(item, "content").array("parts");
    if (parts == null
        || parts.items().size() != 1
        || !(parts.items().getFirst() instanceof Json.Obj part)
        || part.has("functionCall")
        || !(part.get("text") instanceof Json.Str(String text))) {
      return null;
    }
    boolean isThought = part.has("thought");
    boolean plain =
        isThought
            ? event instanceof StreamEvent.ReasoningDelta
            : event instanceof StreamEvent.TextDelta;
    var candidate = candidates.get((int) item.number("index", 0));
    return plain && candidate != null
        ? new DeltaFastPath.Shape(
            List.of("candidates", "*", "content", "parts", "*", "text"),
            text,
            (piece, number, out) -> {
              chunksOfId++;
              candidate.calling = false;
              candidate.finished = false;
              if (isThought) {
                candidate.texts.reasoning(piece, out);
              } else {
                candidate.texts.content(piece, out);
              }
            })
        : null;
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(
      Json.Obj json, StreamEvent event, TokenUsage usage, boolean isFirst) {
    var shape = isFirst ? shape(json, event) : null;
    return shape == null
        ? null
        : shape.with(
            new DeltaFastPath.Usage(
                List.of("usageMetadata"),
                true,
                usage,
                counts -> usage(counts::count, counts.raw())));
  }

  private boolean error(Json.Obj json) {
    var error = json.get("error");
    if (error == null || !error.hasValue()) {
      return false;
    }
    fail(error);
    return true;
  }

  private void chunk(Json.Obj chunk, boolean failed) {
    var list = chunk.array("candidates");
    var items = list == null ? List.<Json>of() : list.items();
    String id = chunk.text("responseId");
    String model = chunk.text("modelVersion");
    if (!isOfOneAnswer(id, model)) {
      return;
    }
    if (!failed && (!id.isEmpty() || !model.isEmpty() || !items.isEmpty())) {
      start(id, model);
    }
    if (chunk.has("usageMetadata")) {
      var usage = part(chunk, "usageMetadata");
      String raw = usage.write();
      emit(new StreamEvent.Usage(usage(usage::number, () -> raw)));
    }
    String block = part(chunk, "promptFeedback").text("blockReason");
    if (!block.isEmpty()) {
      blocked = true;
      String raw = ErrorValues.cap("prompt_blocked:" + block, MAX_REASON);
      emit(new StreamEvent.Finished(0, new Finish(Finish.Reason.REFUSAL, raw)));
    }
    for (var item : items) {
      if (item instanceof Json.Obj candidate) {
        candidate(candidate);
      }
    }
  }

  /**
   * {@return whether a chunk belongs to the answer so far} An id that was constant and changes, or
   * that changes with the model, begins another answer.
   */
  private boolean isOfOneAnswer(String id, String version) {
    if (id.isEmpty() || id.equals(responseId)) {
      chunksOfId++;
      model = version.isEmpty() ? model : version;
      return true;
    }
    boolean another =
        chunksOfId > 1 || (!version.isEmpty() && !model.isEmpty() && !version.equals(model));
    if (!responseId.isEmpty() && another) {
      if (sawContent) {
        abandon(ErrorValues.violation(SPLICED));
        return false;
      }
      if (!warnedOfHead) {
        warnedOfHead = true;
        emit(
            new StreamEvent.Warned(
                Cause.PROTOCOL_VIOLATION, "responseId: must be one, was another later"));
      }
    }
    responseId = ErrorValues.cap(id, ToolCalls.MAX_NAME);
    forgetShapes(); // A chunk of the id before would begin another answer.
    model = version.isEmpty() ? model : version;
    chunksOfId = 1;
    return true;
  }

  /** {@return which rule a chunk breaks, or null} Asked before any of it has effect. */
  private static @Nullable String violation(Json.Obj chunk) {
    var list = chunk.get("candidates");
    if (list == null || !list.hasValue()) {
      return null;
    }
    if (!(list instanceof Json.Arr(var items))) {
      return "candidates: must be an array, was another";
    }
    for (var item : items) {
      if (!(item instanceof Json.Obj candidate)) {
        return "candidate: must be an object, was another";
      }
      var index = candidate.get("index");
      if (index != null && index.hasValue()) {
        long number = candidate.number("index", -1);
        if (number < 0 || number >= MAX_CANDIDATES) {
          return "candidate index: must be 0 to %d, was another".formatted(MAX_CANDIDATES - 1);
        }
      }
      if (isNoObject(candidate, "content")) {
        return "content: must be an object, was another";
      }
      String broken = partsViolation(part(candidate, "content").get("parts"));
      if (broken != null) {
        return broken;
      }
    }
    return null;
  }

  private static @Nullable String partsViolation(@Nullable Json parts) {
    if (parts == null || !parts.hasValue()) {
      return null;
    }
    if (!(parts instanceof Json.Arr(var items))) {
      return "parts: must be an array, was another";
    }
    for (var item : items) {
      if (!(item instanceof Json.Obj part)) {
        return "part: must be an object, was another";
      }
      if (isNoText(part, "text")) {
        return "text: must be a string, was another";
      }
      if (isNoObject(part, "functionCall")) {
        return "functionCall: must be an object, was another";
      }
    }
    return null;
  }

  private void candidate(Json.Obj json) {
    int index = (int) json.number("index", 0);
    var candidate = candidates.computeIfAbsent(index, Candidate::new);
    candidate.calling = false;
    var parts = part(json, "content").array("parts");
    if (parts != null) {
      for (var item : parts.items()) {
        if (item instanceof Json.Obj part) {
          part(index, candidate, part);
        }
      }
    }
    for (var name : PASSED_ON) {
      if (json.has(name)) {
        opaque(name);
      }
    }
    String raw = ErrorValues.cap(json.text("finishReason"), MAX_REASON);
    candidate.finished = !raw.isEmpty();
    if (candidate.finished) {
      finish(index, candidate, raw);
    }
  }

  private void part(int index, Candidate candidate, Json.Obj part) {
    sawContent |= !part.text("text").isEmpty() || part.has("functionCall");
    if (part.has("thought")) {
      candidate.texts.reasoning(part.text("text"), this::emit);
    } else {
      candidate.texts.content(part.text("text"), this::emit);
    }
    if (part.get("functionCall") instanceof Json.Obj call) {
      candidate.called = true;
      candidate.calling = call.has("willContinue");
      candidate.reportedFinish = null; // One that came before ends no call after it.
      calls.read(index, call, part.text("thoughtSignature"), this::emit);
    }
    for (var member : part.members().entrySet()) {
      if (!READ_OF_PARTS.contains(member.getKey()) && member.getValue().hasValue()) {
        opaque(member.getKey());
      }
    }
  }

  private void finish(int index, Candidate candidate, String raw) {
    candidate.texts.flush(this::emit);
    var read = Finishes.of(raw);
    boolean natural = read.reason() == Finish.Reason.STOP;
    if (!candidate.calling) {
      calls.finish(index, natural, this::emit);
    }
    // Gemini stops for a tool as for anything else.
    var finish =
        candidate.called && read.reason() == Finish.Reason.STOP
            ? new Finish(Finish.Reason.TOOL_CALLS, raw)
            : read;
    if (!finish.equals(candidate.reportedFinish)) { // Old models repeat it on every chunk.
      candidate.reportedFinish = finish;
      emit(new StreamEvent.Finished(index, finish));
      failed(raw);
    }
  }

  /** Thinking is billed and limited as output is; {@code candidatesTokenCount} leaves it out. */
  private static TokenUsage usage(Counts counts, Supplier<String> raw) {
    long answer = counts.of("candidatesTokenCount", -1);
    long thoughts = Math.max(0, counts.of("thoughtsTokenCount", 0));
    long output = answer < 0 && thoughts == 0 ? -1 : Math.max(0, answer) + thoughts;
    return TokenUsage.of(counts.of("promptTokenCount", -1), output, raw);
  }

  /** What could not be read may have been a chunk of any candidate. */
  @Override
  public void lost() {
    unreadable = array;
    forgetShapes();
    blocked = false;
    candidates.values().forEach(candidate -> candidate.finished = false);
  }

  /** A blocked prompt stays blocked; an answer may continue after its finish reason. */
  @Override
  public boolean isRevocable() {
    return !candidates.isEmpty();
  }

  @Override
  public boolean isProven() {
    if (unreadable || isCut()) {
      return false;
    }
    return candidates.isEmpty()
        ? blocked
        : candidates.values().stream().allMatch(candidate -> candidate.finished);
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    candidates.values().forEach(candidate -> candidate.texts.flush(out));
  }

  @Override
  public void ended(Consumer<? super StreamEvent> out) {
    calls.closeAll(out);
  }
}
