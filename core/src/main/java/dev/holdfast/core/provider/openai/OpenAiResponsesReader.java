package dev.holdfast.core.provider.openai;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.RunningText;
import dev.holdfast.core.json.SurrogateBuffer;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.openai.OutputTexts.Kind;
import dev.holdfast.core.provider.openai.OutputTexts.Place;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Finishes;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.Resumption;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of OpenAI's Responses API and its clones.
 *
 * <p>Proof: {@code response.completed} or {@code response.incomplete}, of a response that began.
 * Text and arguments come in deltas. The end of a part, of an item or of the response may repeat
 * them. It is compared, and its surplus is handed on. Quirks and their sources: docs/dialects.md.
 */
final class OpenAiResponsesReader extends DocumentReader {
  private static final int MAX_REASON = 256;
  private static final List<List<String>> UNREAD = List.of(List.of("obfuscation"));
  private static final String SPLICED = "response.created for another id while a response is open";

  /** Marks the digest of an event that is no delta of text. */
  private static final int OTHER = 0;

  private static final int KINDS = 8;

  private final SurrogateBuffer text = new SurrogateBuffer();
  private final SurrogateBuffer reasoning = new SurrogateBuffer();
  private final SurrogateBuffer refusal = new SurrogateBuffer();
  private final OutputCalls calls = new OutputCalls();
  private final OutputTexts texts = new OutputTexts();
  private final Resumption rest = new Resumption();

  private String id = "";
  private boolean refused;
  private long sequence = -1;
  private long inOrder;
  private long outOfOrder;
  private boolean warnedOfGap;
  private boolean warnedOfHead;
  private boolean lost;
  private boolean begun;
  private int openItems;
  private boolean proven;

  /** What an end repeated otherwise than it came; null if nothing was. */
  private @Nullable String difference;

  /** Whether a text that was repeated is a piece away from what came. */
  private boolean pieceAway;

  /** Whether the end repeated exactly what came before it. */
  private boolean repeated;

  OpenAiResponsesReader(CompletionPolicy completion) {
    super(completion, new Payloads(), Closing.PROOF);
  }

  @Override
  public void read(Json.Obj json, String eventType) {
    if (rest.isBroken()) {
      return;
    }
    String type = json.text("type").isEmpty() ? eventType : json.text("type");
    var error = json.get("error");
    long number = json.number("sequence_number", -1);
    if (type.equals("error")
        || (json.text("type").isEmpty() && error != null && error.hasValue())) {
      sequence(number);
      fail(error != null && error.hasValue() ? error : flat(json));
      return;
    }
    var violation = violation(json);
    if (violation != null) {
      lost();
      reject(violation);
      return;
    }
    var response = json.object("response");
    if (response != null && !isOurs(type, response, number)) {
      return;
    }
    long digest = digest(type, json);
    if (rest.isOn() ? !follows(number, digest, matters(type)) : !counted(number, digest)) {
      return;
    }
    switch (type) {
      case "response.output_text.delta" -> delta(Kind.TEXT, json);
      case "response.refusal.delta" -> delta(Kind.REFUSAL, json);
      case "response.reasoning_summary_text.delta" -> delta(Kind.SUMMARY, json);
      case "response.reasoning_text.delta" -> delta(Kind.REASONING, json);
      case "response.output_text.done" -> done(Kind.TEXT, json, json.text("text"), type);
      case "response.refusal.done" -> done(Kind.REFUSAL, json, json.text("refusal"), type);
      case "response.reasoning_summary_text.done" ->
          done(Kind.SUMMARY, json, json.text("text"), type);
      case "response.reasoning_text.done" -> done(Kind.REASONING, json, json.text("text"), type);
      case "response.content_part.done", "response.reasoning_summary_part.done" ->
          partDone(json, part(json, "part"), type);
      case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" -> {
        if (rest.allowsContent()) {
          calls.more(
              index(json, "output_index"), json.text("item_id"), json.text("delta"), this::emit);
        }
      }
      case "response.function_call_arguments.done" -> argumentsDone(json, "arguments");
      case "response.custom_tool_call_input.done" -> argumentsDone(json, "input");
      case "response.output_item.added" -> item(json, false);
      case "response.output_item.done" -> item(json, true);
      case "response.completed",
          "response.incomplete",
          "response.failed",
          "response.cancelled",
          "response.done" ->
          terminal(type.substring("response.".length()), json);
      case "response.created",
          "response.queued",
          "response.in_progress",
          "response.content_part.added",
          "response.reasoning_summary_part.added" -> {}
      case "keepalive", "ping" -> emit(new StreamEvent.Heartbeat(type));
      default -> opaque(type);
    }
    begun |= type.startsWith("response.");
    var timings = json.object("timings");
    if (timings != null && response == null) {
      LlamaTimings.usage(timings, this::emit);
    }
  }

  /** {@return whether an event is of the response that is read} A second head begins another. */
  private boolean isOurs(String type, Json.Obj response, long number) {
    String named = ErrorValues.cap(response.text("id"), ToolCalls.MAX_NAME);
    boolean another = !named.isEmpty() && !id.isEmpty() && !named.equals(id);
    if (another && rest.isOn()) {
      contradict("response id: must be that of the broken body, was another");
      return false;
    }
    // GitHub Copilot changes the id from event to event, but sends one head.
    if (another && type.equals("response.created")) {
      if (texts.isAny() || calls.isAny()) {
        abandon(ErrorValues.violation(SPLICED));
        return false;
      }
      if (!warnedOfHead) {
        warnedOfHead = true;
        warn("response.created: must come once, came again for another id");
      }
      id = named;
      sequence = number - 1;
      openItems = 0;
    }
    id = id.isEmpty() ? named : id;
    start(named, response.text("model"));
    return true;
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    if (json.get("response") != null) {
      return null;
    }
    var kind =
        switch (json.text("type")) {
          case "response.output_text.delta" -> Kind.TEXT;
          case "response.reasoning_summary_text.delta" -> Kind.SUMMARY;
          case "response.reasoning_text.delta" -> Kind.REASONING;
          default -> null;
        };
    boolean plain =
        kind == Kind.TEXT
            ? event instanceof StreamEvent.TextDelta
            : event instanceof StreamEvent.ReasoningDelta;
    if (kind == null || !plain) {
      return null;
    }
    var place = place(kind, json);
    return new DeltaFastPath.Shape(
        List.of("delta"),
        UNREAD,
        List.of("sequence_number"),
        json.text("delta"),
        (delta, number, out) -> numbered(place, delta, number));
  }

  private void numbered(Place place, String delta, long number) {
    if (rest.isBroken()) {
      return;
    }
    if (rest.isOn()) {
      if (follows(number, digest(place.kind().code, RunningText.hashOf(delta)), true)) {
        emitText(place, delta);
      }
      return;
    }
    sequence(number);
    remember(number, digest(place.kind().code, emitText(place, delta)));
  }

  /** {@return an error in the event itself, without the event's own members} */
  private static Json flat(Json.Obj json) {
    var members = new LinkedHashMap<>(json.members());
    members.remove("type");
    members.remove("sequence_number");
    return new Json.Obj(members);
  }

  private static @Nullable String violation(Json.Obj json) {
    for (var name : List.of("response", "item")) {
      if (isNoObject(json, name)) {
        return name + ": must be an object, was another";
      }
    }
    boolean speaks =
        switch (json.text("type")) {
          case "response.output_text.delta",
              "response.refusal.delta",
              "response.reasoning_summary_text.delta",
              "response.reasoning_text.delta",
              "response.function_call_arguments.delta",
              "response.custom_tool_call_input.delta" ->
              true;
          default -> false;
        };
    return speaks && isNoText(json, "delta") ? "delta: must be a string, was another" : null;
  }

  // ---------------------------------------------------------------- numbers

  @Override
  public @Nullable Cursor cursor() {
    return id.isEmpty() || sequence < 0 ? null : new Cursor(id, Long.toString(sequence));
  }

  @Override
  public void resumed() {
    super.resumed();
    rest.resumed();
  }

  @Override
  public Continuity continuity() {
    return rest.continuity(repeated, sequence >= 0);
  }

  /** Whether an event has or ends content, so that its place must be known. */
  private static boolean matters(String type) {
    return switch (type) {
      case "response.created", "response.queued", "response.in_progress" -> false;
      default -> type.startsWith("response.");
    };
  }

  /**
   * {@return whether an event of a resumed body is a new one} One that was read before must have
   * the same content.
   */
  private boolean follows(long number, long digest, boolean matters) {
    if (number >= 0 && number <= sequence) {
      rest.repeated(number, digest);
      return false;
    }
    if (number < 0 && matters) {
      rest.missed("sequence_number: must follow %d, was missing".formatted(sequence));
    } else if (number >= 0 && number != sequence + 1) {
      rest.missed("sequence_number: must be %d, was %d".formatted(sequence + 1, number));
    }
    sequence = Math.max(sequence, number);
    remember(number, digest);
    return true;
  }

  private boolean counted(long number, long digest) {
    sequence(number);
    remember(number, digest);
    return true;
  }

  private void remember(long number, long digest) {
    if (number >= 0) {
      rest.remember(number, digest);
    }
  }

  private static long digest(String type, Json.Obj json) {
    return switch (type) {
      case "response.output_text.delta" -> digest(Kind.TEXT.code, json);
      case "response.refusal.delta" -> digest(Kind.REFUSAL.code, json);
      case "response.reasoning_summary_text.delta" -> digest(Kind.SUMMARY.code, json);
      case "response.reasoning_text.delta" -> digest(Kind.REASONING.code, json);
      default -> digest(OTHER, json) + type.hashCode();
    };
  }

  private static long digest(int kind, Json.Obj json) {
    return digest(kind, RunningText.hashOf(json.text("delta")));
  }

  private static long digest(int kind, long hash) {
    return hash * KINDS + kind;
  }

  /** A stream begins at any number; what follows must be adjacent. */
  private void sequence(long number) {
    if (number < 0) {
      return;
    }
    if (sequence >= 0 && number == sequence + 1) {
      inOrder++;
    } else if (sequence >= 0) {
      if (!warnedOfGap) {
        warnedOfGap = true;
        warn("sequence_number: must be %d, was %d".formatted(sequence + 1, number));
      }
      outOfOrder += lost ? 0 : 1; // The missing one was reported where it was refused.
    }
    lost = false;
    sequence = number;
  }

  @Override
  public void lost() {
    lost = true;
  }

  /**
   * Whether events are missing, doubled or swapped: by numbers that otherwise count, or, where none
   * do, by a text that differs in one piece.
   */
  private boolean isOutOfOrder() {
    boolean count = inOrder > outOfOrder;
    return count ? outOfOrder > 0 : pieceAway;
  }

  private static String index(Json.Obj json, String name) {
    return json.get(name) instanceof Json.Num(String digits) ? digits : "";
  }

  private static Place place(Kind kind, Json.Obj json) {
    String part = index(json, kind == Kind.SUMMARY ? "summary_index" : "content_index");
    return new Place(kind, index(json, "output_index"), part);
  }

  // ---------------------------------------------------------------- what is repeated

  private void delta(Kind kind, Json.Obj json) {
    emitText(place(kind, json), json.text("delta"));
  }

  private void partDone(Json.Obj json, Json.Obj part, String type) {
    var kind = OutputWords.kindOf(part);
    if (kind != null) {
      done(kind, json, OutputWords.wordsOf(part), type);
    }
  }

  /** A part is whole. After a gap nothing is handed on before the end repeats all of it. */
  private void done(Kind kind, Json.Obj json, String whole, String type) {
    var place = place(kind, json);
    if (!rest.isOpen() && !proven) {
      settle(kind, place.output(), texts.rest(place, whole), whole, type + "'s");
    }
  }

  private void settle(
      Kind kind, String output, @Nullable String more, String whole, String source) {
    if (more == null) {
      differs(kind, output, whole, source);
    } else if (!more.isEmpty() && rest.allowsContent()) {
      hand(kind, more);
    }
  }

  private void differs(Kind kind, String output, String whole, String source) {
    String detail =
        "%s: must be %s %d characters, was %d or others"
            .formatted(kind.words, source, whole.length(), texts.length(kind));
    if (rest.isOn()) {
      contradict(detail);
    } else {
      difference = difference == null ? detail : difference;
      pieceAway |= texts.isPieceAway(kind, output, whole);
    }
  }

  /** A resumed body is not the rest. What was handed on of it cannot be withdrawn. */
  private void contradict(String rule) {
    rest.broke(rule);
    if (rest.sawContent()) {
      abandon(Failure.permanent(Cause.PROTOCOL_VIOLATION, "the rest of a kept answer: " + rule));
    }
  }

  private void argumentsDone(Json.Obj json, String member) {
    var whole = json.get(member);
    if (!rest.isOpen() && whole != null && whole.hasValue()) {
      calls.whole(
          index(json, "output_index"), json.text("item_id"), json.text("name"), whole, this::emit);
    }
  }

  private void item(Json.Obj json, boolean whole) {
    var item = json.object("item");
    if (item == null) {
      return;
    }
    String index = index(json, "output_index");
    openItems = Math.max(0, openItems + (whole ? -1 : 1));
    if (OutputCalls.isCall(item)) {
      if (whole && !rest.isOpen()) {
        calls.close(index, item, this::emit);
      } else if (!whole && rest.allowsContent()) {
        calls.open(index, item, this::emit);
      }
    } else if (!item.text("type").equals("message") && !item.text("type").equals("reasoning")) {
      opaque(item.text("type"));
    } else if (!whole) {
      texts.begin(index);
    } else if (!rest.isOpen() && !proven) {
      for (var kind : Kind.values()) {
        String words = OutputWords.of(List.of(item), kind);
        String more = texts.restOfItem(kind, index, words);
        settle(kind, index, more, words, "response.output_item.done's");
      }
      texts.close(index);
      calls.reasoning(item);
    }
  }

  // ---------------------------------------------------------------- the end

  private void terminal(String event, Json.Obj json) {
    var response = part(json, "response");
    var usage = response.object("usage");
    if (usage != null && usage.hasValue()) {
      usage(usage.number("input_tokens", -1), usage.number("output_tokens", -1), usage);
    }
    var details = part(response, "incomplete_details");
    String reason = ErrorValues.cap(details.text("reason"), MAX_REASON);
    String named = ErrorValues.cap(response.text("status"), MAX_REASON);
    String status = named.isEmpty() ? event : named;
    var error = response.get("error");
    boolean failed = event.equals("failed") || status.equals("failed");
    if (failed || (error != null && error.hasValue())) {
      flush(this::emit);
      finish(Finish.Reason.ERROR, "failed");
      fail(
          error != null && error.hasValue()
              ? error
              : new Json.Obj(Map.of("status", new Json.Str("failed"))));
    } else if (event.equals("incomplete")
        || status.equals("incomplete")
        || (status.equals("completed") && !reason.isEmpty())) {
      String raw = "incomplete:" + (reason.isEmpty() ? "None" : reason);
      if (Finishes.isFailure(reason)) {
        flush(this::emit);
        finish(Finish.Reason.ERROR, raw);
        failed(reason);
      } else if (isWhole(OutputWords.objects(response.array("output")))) {
        finish(Finishes.of(reason).reason(), raw);
      }
    } else if (status.equals("cancelled")) {
      flush(this::emit);
      finish(Finish.Reason.OTHER, status);
    } else if (Finishes.isFailure(status)) {
      flush(this::emit);
      finish(Finish.Reason.ERROR, status);
      failed(status);
    } else if (isWhole(OutputWords.objects(response.array("output")))) {
      var natural =
          calls.isAny()
              ? Finish.Reason.TOOL_CALLS
              : refused ? Finish.Reason.REFUSAL : Finish.Reason.STOP;
      finish(natural, status);
    }
  }

  /**
   * {@return whether the answer is proven, now that its end has come} The end repeats all of it,
   * except at ChatGPT's Codex, which repeats nothing. Clones may trim it, so a difference alone
   * proves nothing. With a second witness of a loss it does, and in a resumed body.
   */
  private boolean isWhole(List<Json.Obj> output) {
    if (!begun && output.isEmpty()) {
      return false; // An end needs a beginning.
    }
    var more = new EnumMap<Kind, String>(Kind.class);
    boolean shown = !output.isEmpty();
    for (var kind : Kind.values()) {
      String again = OutputWords.of(output, kind);
      shown &= kind.isThought() || !again.isEmpty() || texts.length(kind) == 0;
      String rest = texts.restOfAll(kind, again);
      if (rest == null) {
        differs(kind, "", again, "the terminal event's");
      } else {
        more.put(kind, rest);
      }
    }
    if (rest.isBroken() || isAbandoned()) {
      return false;
    }
    if (difference != null && isOutOfOrder()) {
      // No other attempt could correct what was shown.
      abandon(
          Failure.permanent(
              Cause.PROTOCOL_VIOLATION, "an event was lost or doubled: " + difference));
      return false;
    }
    more.forEach(this::hand);
    flush(this::emit);
    if (!calls.repeat(output.stream().filter(OutputCalls::isCall).toList(), this::emit)) {
      return false;
    }
    if (difference != null) {
      warn(difference);
    }
    if (rest.isOn() && openItems > 0) {
      rest.missed("output items: must be done before the end, were open");
    }
    repeated =
        (shown && calls.areRepeated())
            || (!rest.isOpen() && texts.isRepeated() && calls.areWhole());
    proven = true;
    return true;
  }

  private void warn(String detail) {
    emit(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
  }

  private void finish(Finish.Reason reason, String raw) {
    calls.end(this::emit);
    emit(new StreamEvent.Finished(0, new Finish(reason, raw)));
  }

  /** Takes a piece of a text, and returns its hash. */
  private long emitText(Place place, String delta) {
    if (delta.isEmpty() || !rest.allowsContent()) {
      return 0;
    }
    long hash = texts.more(place, delta);
    hand(place.kind(), delta);
    return hash;
  }

  private void hand(Kind kind, String piece) {
    refused |= kind == Kind.REFUSAL && !piece.isEmpty();
    String ready = halves(kind).take(piece);
    if (!ready.isEmpty()) {
      emit(kind.event(ready));
    }
  }

  private SurrogateBuffer halves(Kind kind) {
    return switch (kind) {
      case REASONING, SUMMARY -> reasoning;
      case TEXT -> text;
      case REFUSAL -> refusal;
    };
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    for (var kind : List.of(Kind.TEXT, Kind.REASONING, Kind.REFUSAL)) {
      String half = halves(kind).rest();
      if (!half.isEmpty()) {
        out.accept(kind.event(half));
      }
    }
  }

  @Override
  public boolean isHolding() {
    return text.isHolding() || reasoning.isHolding() || refusal.isHolding();
  }

  @Override
  public boolean isProven() {
    return proven;
  }
}
