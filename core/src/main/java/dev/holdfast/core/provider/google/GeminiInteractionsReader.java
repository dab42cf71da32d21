package dev.holdfast.core.provider.google;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.RunningText;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.openai.OutputWords;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.Resumption;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of Gemini's Interactions, of both generations: {@code content.*} and {@code
 * interaction.complete}, then {@code step.*} and {@code interaction.completed}.
 *
 * <p>Proof: the completing event, with a status that is an end: {@code completed}, {@code
 * requires_action} or {@code incomplete}. {@code [DONE]} follows it. Quirks and their sources:
 * docs/dialects.md.
 */
final class GeminiInteractionsReader extends DocumentReader {
  private static final int MAX_REASON = 256;
  private static final int MAX_EVENT_ID = 1024;
  private static final int MAX_DIGITS = 18;
  private static final long UNKNOWN = Long.MIN_VALUE;

  private static final String SPLICED = "interaction.created for another id while one is open";

  private final ChatChoice answer = new ChatChoice(0);
  private final InteractionCalls calls = new InteractionCalls();
  private final RunningText deliveredText = new RunningText();
  private final Resumption rest = new Resumption();
  private String finish = "";
  private boolean completed;
  private String id = "";
  private boolean begun;
  private boolean warnedOfHead;

  /** Whether anything of the answer has come. */
  private boolean sawContent;

  private String lastEventId = "";

  /** How many ids of events counted on from the one before, and how many did not. */
  private long inOrder;

  private long outOfOrder;

  /** Steps that have begun and not stopped. */
  private int openSteps;

  /** Whether the ids of a resumed body count on from those before it. */
  private boolean counted;

  /** Whether the end repeated the text exactly. */
  private boolean repeated;

  GeminiInteractionsReader(CompletionPolicy completion) {
    super(completion, new Payloads(), Closing.MARKER);
  }

  @Override
  public void read(Json.Obj json, String eventType) {
    if (rest.isBroken()) {
      return;
    }
    String named = json.text("event_type");
    String type = named.isEmpty() ? eventType : named;
    var error = json.get("error");
    boolean complains = error != null && error.hasValue();
    if (type.equals("error") || (named.isEmpty() && complains)) {
      fail(error != null && complains ? error : json);
      return;
    }
    String violation = violation(json);
    if (violation != null) {
      reject(violation);
      return;
    }
    if (!isOurs(json) || !isNew(json, type)) {
      return;
    }
    switch (type) {
      case "interaction.created", "interaction.start" -> head(part(json, "interaction"));
      case "interaction.status_update" -> emit(new StreamEvent.Heartbeat("status"));
      case "step.start", "content.start" -> {
        openSteps++;
        begun(json, part(json, json.has("content") ? "content" : "step"));
      }
      case "step.delta", "content.delta" -> {
        if (rest.allowsContent()) {
          delta(json, part(json, "delta"));
        }
      }
      case "step.stop", "content.stop" -> {
        openSteps = Math.max(0, openSteps - 1);
        calls.close(index(json), this::emit);
      }
      default -> {
        if (isEnd(type)) {
          completed(part(json, "interaction"));
        } else {
          opaque(type);
        }
      }
    }
    begun |= type.startsWith("step.") || type.startsWith("content.");
  }

  /** An event with an id, or of a resumed body, is compared with others: it is parsed. */
  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    String type = json.text("event_type");
    if (rest.isOn()
        || json.get("event_id") != null
        || !(type.equals("step.delta") || type.equals("content.delta"))
        || !(event instanceof StreamEvent.TextDelta)) {
      return null;
    }
    var delta = part(json, "delta");
    return delta.text("type").equals("text") && delta.get("text") instanceof Json.Str(String text)
        ? new DeltaFastPath.Shape(
            List.of("delta", "text"), text, (words, number, out) -> emitText(words, out))
        : null;
  }

  private static boolean isEnd(String type) {
    return type.equals("interaction.completed") || type.equals("interaction.complete");
  }

  /** {@return whether an event of a resumed body is of the interaction that broke} */
  private boolean isOurs(Json.Obj json) {
    String other = part(json, "interaction").text("id");
    String named =
        ErrorValues.cap(other.isEmpty() ? json.text("interaction_id") : other, MAX_EVENT_ID);
    if (!rest.isOn() || named.isEmpty() || named.equals(id)) {
      return true;
    }
    contradict("interaction id: must be that of the broken body, was another");
    return false;
  }

  /** {@return whether an event was not read before, in the body that broke} */
  private boolean isNew(Json.Obj json, String type) {
    String eventId = ErrorValues.cap(json.text("event_id"), MAX_EVENT_ID);
    if (eventId.isEmpty()) {
      if (rest.isOn() && (!type.startsWith("interaction.") || isEnd(type))) {
        rest.missed("event_id: must come in a resumed body, was missing");
      }
      return true;
    }
    long digest = digest(json, type);
    long key = RunningText.hashOf(eventId);
    if (rest.isOn() && rest.isKnown(key)) {
      rest.repeated(key, digest);
      return false; // The server began with the cursor itself, or before it.
    }
    long step = step(lastEventId, eventId);
    boolean counts = inOrder > 0 && outOfOrder == 0;
    if (rest.isOn() && counts && step != UNKNOWN && step < 1) {
      return false; // It is further back than events are remembered.
    }
    if (rest.isOn() && counts && step != 1) {
      rest.missed("event_id: must follow that of the event before, was another");
    }
    counted &= step == 1;
    inOrder += step == 1 ? 1 : 0;
    outOfOrder += step == 1 || lastEventId.isEmpty() ? 0 : 1;
    lastEventId = eventId;
    rest.remember(key, digest);
    return true;
  }

  /** {@return by how much one id counts on from another; {@link #UNKNOWN} if they do not count} */
  private static long step(String before, String after) {
    int from = digits(before);
    int to = digits(after);
    boolean alike =
        from < before.length()
            && to < after.length()
            && before.substring(0, from).equals(after.substring(0, to));
    return alike
        ? Long.parseLong(after, to, after.length(), 10)
            - Long.parseLong(before, from, before.length(), 10)
        : UNKNOWN;
  }

  /** {@return where the digits at the end of an id begin, of which no more count than fit} */
  private static int digits(String id) {
    int at = id.length();
    while (at > 0
        && id.length() - at < MAX_DIGITS
        && id.charAt(at - 1) >= '0'
        && id.charAt(at - 1) <= '9') {
      at--;
    }
    return at;
  }

  private static long digest(Json.Obj json, String type) {
    var delta = part(json, "delta");
    return RunningText.hashOf(type)
        + 31 * RunningText.hashOf(delta.text("text"))
        + 37 * RunningText.hashOf(delta.text("arguments"))
        + 41 * RunningText.hashOf(part(delta, "content").text("text"));
  }

  /** A resumed body is not the rest. What was handed on of it cannot be withdrawn. */
  private void contradict(String rule) {
    rest.broke(rule);
    if (rest.sawContent()) {
      abandon(Failure.permanent(Cause.PROTOCOL_VIOLATION, "the rest of a kept answer: " + rule));
    }
  }

  /** {@return which rule an event breaks, or null} Asked before any of it has effect. */
  private static @Nullable String violation(Json.Obj json) {
    for (var name : List.of("interaction", "step", "content", "delta")) {
      if (isNoObject(json, name)) {
        return name + ": must be an object, was another";
      }
    }
    if (isNoText(part(json, "delta"), "text") || isNoText(part(json, "content"), "text")) {
      return "text: must be a string, was another";
    }
    return null;
  }

  /** A second head begins another interaction: before any content it is harmless. */
  private void head(Json.Obj interaction) {
    String named = ErrorValues.cap(interaction.text("id"), MAX_EVENT_ID);
    if (!id.isEmpty() && !named.isEmpty() && !named.equals(id)) {
      if (sawContent) {
        abandon(ErrorValues.violation(SPLICED));
        return;
      }
      id = named;
      openSteps = 0;
      if (!warnedOfHead) {
        warnedOfHead = true;
        warn("interaction.created: must come once, came again for another id");
      }
    }
    begun = true;
    created(interaction);
  }

  private void warn(String detail) {
    emit(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
  }

  private void created(Json.Obj interaction) {
    id = id.isEmpty() ? ErrorValues.cap(interaction.text("id"), MAX_EVENT_ID) : id;
    String model = interaction.text("model");
    start(interaction.text("id"), model.isEmpty() ? interaction.text("agent") : model);
  }

  private void begun(Json.Obj json, Json.Obj step) {
    boolean hasContent =
        step.array("content") != null
            || !step.text("text").isEmpty()
            || step.text("type").equals("function_call");
    if (hasContent && !rest.allowsContent()) {
      return;
    }
    String type = step.text("type");
    switch (type) {
      case "function_call" -> {
        sawContent = true;
        calls.describe(index(json), step, this::emit);
      }
      case "text" -> emitText(step.text("text"));
      case "thought", "model_output" -> {}
      default -> opaque(type);
    }
    var content = step.array("content");
    for (var item : content == null ? List.<Json>of() : content.items()) {
      if (item instanceof Json.Obj words && words.text("type").equals("text")) {
        if (type.equals("thought")) {
          sawContent = true;
          answer.reasoning(words.text("text"), this::emit);
        } else {
          emitText(words.text("text"));
        }
      }
    }
  }

  private void emitText(String words) {
    emitText(words, this::emit);
  }

  private void emitText(String words, Consumer<? super StreamEvent> out) {
    deliveredText.add(words);
    sawContent |= !words.isEmpty();
    answer.content(words, out);
  }

  private void delta(Json.Obj json, Json.Obj delta) {
    switch (delta.text("type")) {
      case "text" -> emitText(delta.text("text"));
      case "thought_summary" -> {
        var content = delta.object("content");
        sawContent = true;
        answer.reasoning((content == null ? delta : content).text("text"), this::emit);
      }
      case "function_call" -> calls.describe(index(json), delta, this::emit);
      case "arguments_delta", "arguments" -> {
        sawContent = true;
        String more = delta.text("arguments");
        calls.more(
            index(json), more.isEmpty() ? delta.text("partial_arguments") : more, this::emit);
      }
      default -> opaque(delta.text("type"));
    }
  }

  private void completed(Json.Obj interaction) {
    var output =
        OutputWords.objects(interaction.array(interaction.has("steps") ? "steps" : "outputs"));
    if (!begun && output.isEmpty()) {
      return; // An end needs a beginning.
    }
    created(interaction);
    if (rest.isOn() && openSteps > 0) {
      rest.missed("steps: must stop before the end, were open");
    }
    repeat(output);
    if (rest.isBroken() || isAbandoned()) {
      return;
    }
    var usage = interaction.object("usage");
    if (usage != null) {
      usage(usage.number("total_input_tokens", -1), output(usage), usage);
    }
    String named = ErrorValues.cap(interaction.text("status"), MAX_REASON);
    String status = named.isEmpty() ? "completed" : named;
    calls.closeAll(this::emit);
    flush(this::emit);
    if (!status.equals(finish)) {
      finish = status;
      emit(new StreamEvent.Finished(0, new Finish(reason(status), status)));
    }
    switch (status) {
      case "completed", "requires_action", "incomplete" -> completed = true;
      case "failed", "cancelled" -> {
        completed = false;
        var error = interaction.get("error");
        fail(
            error != null && error.hasValue()
                ? error
                : new Json.Obj(Map.of("status", new Json.Str(status))));
      }
      default -> {
        completed = false;
        failed(status);
      }
    }
  }

  /**
   * The first generation of events repeats the answer at its end: what has not come is handed on.
   */
  private void repeat(List<Json.Obj> output) {
    var words = new StringBuilder();
    var called = new ArrayList<Json.Obj>();
    for (var item : output) {
      switch (item.text("type")) {
        case "text" -> words.append(item.text("text"));
        case "model_output" -> words.append(OutputWords.textOf(item.array("content")));
        case "function_call" -> called.add(item);
        default -> {}
      }
    }
    String whole = words.toString();
    var repetition = calls.repeat(called, this::emit);
    if (rest.isOn() && repetition == InteractionCalls.Repetition.OTHER) {
      contradict("function calls: must be those of the end, were others");
      return;
    }
    boolean all = repetition == InteractionCalls.Repetition.WHOLE;
    if (whole.isEmpty()) {
      repeated = all && !called.isEmpty() && deliveredText.isEmpty();
      return;
    }
    if (deliveredText.isPrefixOf(whole)) {
      emitText(whole.substring((int) deliveredText.length()));
      repeated = all;
      return;
    }
    String detail =
        "text: must be the end's %d characters, was %d or others"
            .formatted(whole.length(), deliveredText.length());
    if (rest.isOn()) {
      contradict(detail);
    } else {
      warn(detail);
    }
  }

  private static Finish.Reason reason(String status) {
    return switch (status) {
      case "completed" -> Finish.Reason.STOP;
      case "requires_action" -> Finish.Reason.TOOL_CALLS;
      case "incomplete" -> Finish.Reason.LENGTH;
      case "failed" -> Finish.Reason.ERROR;
      default -> Finish.Reason.OTHER;
    };
  }

  /** Thinking is billed and limited as output is; {@code total_output_tokens} leaves it out. */
  private static long output(Json.Obj usage) {
    long output = usage.number("total_output_tokens", -1);
    return output < 0 ? -1 : output + Math.max(0, usage.number("total_thought_tokens", 0));
  }

  private static String index(Json.Obj json) {
    return json.get("index") instanceof Json.Num(String digits) ? digits : "";
  }

  @Override
  public @Nullable Cursor cursor() {
    return id.isEmpty() || lastEventId.isEmpty() ? null : new Cursor(id, lastEventId);
  }

  @Override
  public void resumed() {
    super.resumed();
    forgetShapes();
    rest.resumed();
    counted = true;
  }

  @Override
  public Continuity continuity() {
    return rest.continuity(repeated, counted);
  }

  @Override
  public boolean isProven() {
    return completed;
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    answer.flush(out);
  }

  @Override
  public void ended(Consumer<? super StreamEvent> out) {
    calls.closeAll(out);
  }
}
