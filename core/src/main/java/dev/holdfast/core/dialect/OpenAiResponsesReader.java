package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of OpenAI's Responses API and its clones.
 *
 * <p>Proof: {@code response.completed} or {@code response.incomplete}. Text and arguments are those
 * of the deltas and of {@code output_item.done}; the terminal event's copy of the text is only
 * compared. Quirks and their sources: docs/dialects.md.
 */
final class OpenAiResponsesReader extends DocumentReader {
  private static final int MAX_REASON = 256;
  private static final List<List<String>> UNREAD = List.of(List.of("obfuscation"));

  private final HalfPair text = new HalfPair();
  private final HalfPair reasoning = new HalfPair();
  private final HalfPair refusal = new HalfPair();
  private final OutputCalls calls = new OutputCalls();
  private final RunningText sentText = new RunningText();

  private String id = "";
  private boolean resumed;
  private boolean refused;
  private long sequence = -1;
  private long inOrder;
  private long outOfOrder;
  private boolean warnedOfGap;
  private boolean lost;
  private boolean proven;

  OpenAiResponsesReader(CompletionPolicy completion) {
    super(completion, new Payloads(), Closing.PROOF);
  }

  @Override
  void document(Json.Obj json, String eventType) {
    String type = json.text("type").isEmpty() ? eventType : json.text("type");
    var error = json.get("error");
    if (type.equals("error") || (json.text("type").isEmpty() && error != null && error.says())) {
      sequence(json.number("sequence_number", -1));
      fail(error != null && error.says() ? error : flat(json));
      return;
    }
    var violation = violation(json);
    if (violation != null) {
      lost();
      reject(violation);
      return;
    }
    if (isRepeated(json.number("sequence_number", -1))) {
      return;
    }
    sequence(json.number("sequence_number", -1));
    var response = json.object("response");
    if (response != null) {
      String named = ErrorValues.cap(response.text("id"), ToolCalls.MAX_NAME);
      id = id.isEmpty() ? named : id;
      start(named, response.text("model"));
    }
    switch (type) {
      case "response.output_text.delta" -> text(json.text("delta"));
      case "response.refusal.delta" -> refusal(json.text("delta"));
      case "response.reasoning_summary_text.delta", "response.reasoning_text.delta" ->
          reasoning(json.text("delta"));
      case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" ->
          calls.more(index(json), json.text("delta"), this::emit);
      case "response.output_item.added" -> item(json, false);
      case "response.output_item.done" -> item(json, true);
      case "response.completed",
          "response.incomplete",
          "response.failed",
          "response.cancelled",
          "response.done" ->
          terminal(type.substring("response.".length()), json);
      // What these say has been said by deltas, or will be by output_item.done.
      case "response.created",
          "response.queued",
          "response.in_progress",
          "response.content_part.added",
          "response.content_part.done",
          "response.output_text.done",
          "response.refusal.done",
          "response.reasoning_text.done",
          "response.reasoning_summary_text.done",
          "response.reasoning_summary_part.added",
          "response.reasoning_summary_part.done",
          "response.function_call_arguments.done",
          "response.custom_tool_call_input.done" -> {}
      case "keepalive", "ping" -> emit(new StreamEvent.Heartbeat(type));
      default -> opaque(type);
    }
  }

  @Override
  Shortcut.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    if (json.get("response") != null) {
      return null;
    }
    boolean isText =
        json.text("type").equals("response.output_text.delta")
            && event instanceof StreamEvent.TextDelta;
    boolean isThought =
        json.text("type").startsWith("response.reasoning_")
            && event instanceof StreamEvent.ReasoningDelta;
    return isText || isThought
        ? new Shortcut.Shape(
            List.of("delta"),
            UNREAD,
            List.of("sequence_number"),
            json.text("delta"),
            (text, number, out) -> numbered(text, number, isText))
        : null;
  }

  private void numbered(String delta, long number, boolean isText) {
    if (isRepeated(number)) {
      return;
    }
    sequence(number);
    if (isText) {
      text(delta);
    } else {
      reasoning(delta);
    }
  }

  /** {@return an error that stands in the event itself, without the event's own members} */
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

  /** Whether a resumed stream says again what was read before it broke. */
  private boolean isRepeated(long number) {
    return resumed && number >= 0 && number <= sequence;
  }

  @Override
  public @Nullable Cursor cursor() {
    return id.isEmpty() || sequence < 0 ? null : new Cursor(id, Long.toString(sequence));
  }

  @Override
  public void resumed() {
    super.resumed();
    resumed = true;
  }

  /** A stream begins at any number, a resumed one at its cursor; what follows must be adjacent. */
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
      outOfOrder += lost ? 0 : 1; // That one is missing has been said where it was refused.
    }
    lost = false;
    sequence = number;
  }

  @Override
  void lost() {
    lost = true;
  }

  /** Whether events are missing, doubled or swapped, by numbers that otherwise count. */
  private boolean isOutOfOrder() {
    return outOfOrder > 0 && inOrder > outOfOrder;
  }

  private static String index(Json.Obj json) {
    return json.get("output_index") instanceof Json.Num(String digits) ? digits : "";
  }

  private void item(Json.Obj json, boolean whole) {
    var item = json.object("item");
    if (item == null) {
      return;
    }
    if (OutputCalls.isCall(item)) {
      if (whole) {
        calls.close(index(json), item, this::emit);
      } else {
        calls.open(index(json), item, this::emit);
      }
    } else if (!item.text("type").equals("message") && !item.text("type").equals("reasoning")) {
      opaque(item.text("type"));
    }
  }

  private void terminal(String event, Json.Obj json) {
    flush(this::emit);
    var response = part(json, "response");
    var usage = response.object("usage");
    if (usage != null && usage.says()) {
      usage(usage.number("input_tokens", -1), usage.number("output_tokens", -1), usage);
    }
    String told = ErrorValues.cap(response.text("status"), MAX_REASON);
    String status = told.isEmpty() ? event : told;
    if (event.equals("failed") || status.equals("failed")) {
      finish(Finish.Reason.ERROR, "failed");
      var error = response.get("error");
      fail(
          error != null && error.says()
              ? error
              : new Json.Obj(Map.of("status", new Json.Str("failed"))));
    } else if (event.equals("incomplete") || status.equals("incomplete")) {
      String said = part(response, "incomplete_details").text("reason");
      String reason = ErrorValues.cap(said, MAX_REASON);
      String raw = "incomplete:" + (reason.isEmpty() ? "None" : reason);
      whole(response, Finishes.of(reason).reason(), raw);
    } else if (status.equals("cancelled")) {
      finish(Finish.Reason.OTHER, status);
    } else {
      var reason =
          calls.isAny()
              ? Finish.Reason.TOOL_CALLS
              : refused ? Finish.Reason.REFUSAL : Finish.Reason.STOP;
      whole(response, reason, status);
    }
  }

  /** The answer is whole, unless two witnesses say that it is not: the numbers, and the text. */
  private void whole(Json.Obj response, Finish.Reason reason, String raw) {
    String difference = difference(response);
    if (difference != null && isOutOfOrder()) {
      // No other attempt could mend what was shown.
      abandon(
          Failure.lasting(Cause.PROTOCOL_VIOLATION, "an event was lost or doubled: " + difference));
      return;
    }
    proven = true;
    finish(reason, raw);
    if (difference != null) {
      warn(difference);
    }
  }

  /**
   * {@return what is wrong with the text, or null} The terminal event says all of it again, but for
   * ChatGPT's Codex, which says nothing. Clones may trim it, so that a difference alone proves
   * nothing.
   */
  private @Nullable String difference(Json.Obj response) {
    var again = new RunningText();
    for (var item : objects(response.array("output"))) {
      if (item.text("type").equals("message")) {
        for (var part : objects(item.array("content"))) {
          if (part.text("type").equals("output_text")) {
            again.add(part.text("text"));
          }
        }
      }
    }
    return again.isEmpty() || again.isSameAs(sentText)
        ? null
        : "text: must be the terminal event's %d characters, was %d or others"
            .formatted(again.length(), sentText.length());
  }

  private static List<Json.Obj> objects(Json.@Nullable Arr array) {
    return array == null
        ? List.of()
        : array.items().stream()
            .filter(Json.Obj.class::isInstance)
            .map(Json.Obj.class::cast)
            .toList();
  }

  private void warn(String detail) {
    emit(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
  }

  private void finish(Finish.Reason reason, String raw) {
    emit(new StreamEvent.Finished(0, new Finish(reason, raw)));
  }

  private void text(String delta) {
    sentText.add(delta);
    String ready = text.take(delta);
    if (!ready.isEmpty()) {
      emit(new StreamEvent.TextDelta(0, ready));
    }
  }

  private void reasoning(String delta) {
    String ready = reasoning.take(delta);
    if (!ready.isEmpty()) {
      emit(new StreamEvent.ReasoningDelta(0, ready));
    }
  }

  private void refusal(String delta) {
    refused |= !delta.isEmpty();
    String ready = refusal.take(delta);
    if (!ready.isEmpty()) {
      emit(new StreamEvent.RefusalDelta(0, ready));
    }
  }

  @Override
  void flush(Consumer<? super StreamEvent> out) {
    String rest = text.rest();
    if (!rest.isEmpty()) {
      out.accept(new StreamEvent.TextDelta(0, rest));
    }
    String thought = reasoning.rest();
    if (!thought.isEmpty()) {
      out.accept(new StreamEvent.ReasoningDelta(0, thought));
    }
    String no = refusal.rest();
    if (!no.isEmpty()) {
      out.accept(new StreamEvent.RefusalDelta(0, no));
    }
  }

  @Override
  boolean isProven() {
    return proven;
  }
}
