package dev.holdfast.core.provider.other;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.json.CumulativeText;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonDepth;
import dev.holdfast.core.provider.anthropic.ToolBlocks;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.provider.openai.OpenAiChatReader;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of Alibaba's own protocol. Where each repeats the answer so far, only what is
 * new is handed on.
 *
 * <p>Proof: every choice that appeared has a {@code finish_reason} other than null, {@code ""} and
 * the string {@code "null"}. Quirks and their sources: docs/dialects.md.
 */
public final class DashScopeReader extends DocumentReader {
  /** What is kept to compare with, in characters: as much as arguments may have. */
  static final long MAX_KEPT = ToolCalls.MAX_ARGUMENTS;

  private static final String SPLICED = "request_id of another answer while one is open";

  private static final String STATUS = "HTTP_STATUS/";

  private final boolean cumulative;
  private final SortedMap<Integer, Choice> choices = new TreeMap<>();
  private final ToolCalls calls = new ToolCalls();
  private final Map<String, CumulativeText> arguments = new HashMap<>();
  private long kept;
  private int unfinished;
  private int status;
  private String requestId = "";

  /** {@return a reader of events that repeat the text so far} */
  public static DashScopeReader ofCumulative(CompletionPolicy completion) {
    return new DashScopeReader(completion, true);
  }

  /** {@return a reader of events that have new text only} */
  public static DashScopeReader ofIncrements(CompletionPolicy completion) {
    return new DashScopeReader(completion, false);
  }

  private DashScopeReader(CompletionPolicy completion, boolean cumulative) {
    super(completion, new Payloads(), Closing.END);
    this.cumulative = cumulative;
  }

  private static final class Choice {
    private final ChatChoice chat;
    private final CumulativeText text = new CumulativeText();
    private final CumulativeText reasoning = new CumulativeText();

    Choice(int index) {
      chat = new ChatChoice(index);
    }

    void flush(Consumer<? super StreamEvent> out) {
      chat.reasoning(reasoning.rest(), out);
      chat.content(text.rest(), out);
      chat.flush(out);
    }
  }

  /** One choice of a document, in either of the two result formats. */
  private record ChoicePart(
      int index, Json.Obj message, String text, String reasoning, String finish) {}

  /** The status of each event is in a comment before it. */
  @Override
  public void comment(String text) {
    if (text.startsWith(STATUS)) {
      long digits = new Json.Num(text.substring(STATUS.length())).whole(0);
      status = digits >= 400 && digits <= 599 ? (int) digits : 0;
    }
  }

  @Override
  public void read(Json.Obj json, String type) {
    int code = status;
    status = 0;
    if (type.equals("error") || (json.has("code") && !json.has("output"))) {
      fail(failure(json, code));
      return;
    }
    var error = json.get("error");
    if (error != null && error.hasValue()) {
      fail(failure(error, code));
      return;
    }
    if (isNoObject(json, "output")) {
      reject("output: must be an object, was another");
      return;
    }
    var parts = new ArrayList<ChoicePart>();
    var violation = split(part(json, "output"), parts);
    if (violation != null) {
      reject(violation);
      return;
    }
    String id = ErrorValues.cap(json.text("request_id"), ToolCalls.MAX_NAME);
    if (!id.isEmpty() && !requestId.isEmpty() && !id.equals(requestId) && sawAnswer()) {
      abandon(ErrorValues.violation(SPLICED));
      return;
    }
    requestId = id.isEmpty() ? requestId : id;
    start(id, "");
    var usage = json.object("usage");
    if (usage != null && usage.hasValue()) {
      usage(usage.number("input_tokens", -1), usage.number("output_tokens", -1), usage);
    }
    parts.forEach(this::take);
  }

  private Failure failure(Json error, int status) {
    var reported = ErrorValues.of(error);
    return status == 0
        ? HttpErrors.inStream(reported, sawAnswer())
        : HttpErrors.inStream(reported, status, sawAnswer());
  }

  /** Splits a document into its choices' content, or returns the rule that it breaks. */
  private @Nullable String split(Json.Obj output, List<ChoicePart> parts) {
    var array = output.get("choices");
    if (array != null && array.hasValue() && !(array instanceof Json.Arr)) {
      return "choices: must be an array, was another";
    }
    if (isNoText(output, "text")) {
      return "text: must be a string, was another";
    }
    var items = array instanceof Json.Arr(var list) ? list : List.<Json>of();
    for (var item : items) {
      if (!(item instanceof Json.Obj choice)
          || isNoObject(choice, "message")
          || isNoText(part(choice, "message"), "reasoning_content")) {
        return "choice: must be an object with a message, was another";
      }
      long index = choice.get("index") instanceof Json.Num number ? number.whole(-1) : 0;
      if (index < 0 || index >= OpenAiChatReader.MAX_CHOICES) {
        return "choice index: must be 0 to %d, was another"
            .formatted(OpenAiChatReader.MAX_CHOICES - 1);
      }
      var message = part(choice, "message");
      String text = text(message.get("content"));
      if (text == null) {
        return "content: must be a string or an array of parts, was another";
      }
      String rule = ToolCalls.violation(message);
      if (rule != null) {
        return rule;
      }
      String finish = finish(choice).isEmpty() ? finish(output) : finish(choice);
      parts.add(
          new ChoicePart((int) index, message, text, message.text("reasoning_content"), finish));
    }
    if (items.isEmpty() && (output.has("text") || !finish(output).isEmpty())) {
      parts.add(new ChoicePart(0, NOTHING, output.text("text"), "", finish(output)));
    }
    return cumulative ? breach(parts) : null;
  }

  /** {@return the reason, or empty: the string "null" is sent until there is one} */
  private static String finish(Json.Obj json) {
    String raw = json.text("finish_reason");
    return raw.equals("null") ? "" : raw;
  }

  private static @Nullable String text(@Nullable Json content) {
    return switch (content) {
      case null -> "";
      case Json.Str(String text) -> text;
      case Json.Arr(var parts) -> {
        var joined = new StringBuilder();
        for (var part : parts) {
          joined.append(part instanceof Json.Obj object ? object.text("text") : "");
        }
        yield joined.toString();
      }
      case Json other -> other.hasValue() ? null : "";
    };
  }

  /**
   * {@return the rule that is broken if earlier content is withdrawn, or null} Checked before
   * anything has effect.
   */
  private @Nullable String breach(List<ChoicePart> parts) {
    for (var part : parts) {
      var choice = choices.get(part.index);
      if (choice != null
          && !(choice.text.isContinuedBy(part.text)
              && choice.reasoning.isContinuedBy(part.reasoning))) {
        return "cumulative text: must begin with what was sent before, was another";
      }
    }
    return null;
  }

  private void take(ChoicePart part) {
    var choice = choices.get(part.index);
    if (choice == null) {
      choice = new Choice(part.index);
      choices.put(part.index, choice);
      unfinished++;
    }
    if (!cumulative) {
      choice.chat.reasoning(part.reasoning, this::emit);
      choice.chat.content(part.text, this::emit);
      calls.read(part.index, part.message, this::emit).forEach(this::emit);
    } else if (!repeats(choice, part)) {
      return; // What was refused may be the end of the answer, so it proves nothing.
    }
    if (!part.finish.isEmpty()) {
      choice.flush(this::emit);
      calls.finish(part.index, this::emit);
      unfinished -= choice.chat.finish().isEmpty() ? 1 : 0;
      finish(choice.chat, part.finish);
    }
  }

  /** {@return whether all of it could be read} */
  private boolean repeats(Choice choice, ChoicePart part) {
    if (!keeps(choice.reasoning.growth(part.reasoning) + choice.text.growth(part.text))) {
      return false;
    }
    choice.chat.reasoning(choice.reasoning.take(part.reasoning), this::emit);
    choice.chat.content(choice.text.take(part.text), this::emit);
    return repeatsCalls(part);
  }

  /** Counts what must be remembered, or refuses it. */
  private boolean keeps(long chars) {
    if (kept + chars > MAX_KEPT) {
      emit(
          new StreamEvent.FrameRejected(
              Failure.permanent(
                  Cause.LIMIT_EXCEEDED,
                  "cumulative text: must be at most %d characters, was more".formatted(MAX_KEPT))));
      return false;
    }
    kept += chars;
    return true;
  }

  /** Arguments are repeated as the text is. */
  private boolean repeatsCalls(ChoicePart part) {
    var list = part.message.array("tool_calls");
    if (list == null) {
      return true;
    }
    var fresh = new ArrayList<Json>();
    int position = 0;
    for (var item : list.items()) {
      if (item instanceof Json.Obj call) {
        var numbered =
            call.get("index") instanceof Json.Num ? call : call.with("index", Json.of(position));
        var more = more(part.index, numbered);
        if (more == null) {
          return false;
        }
        fresh.add(more);
      }
      position++;
    }
    var delta = new Json.Obj(Map.of("tool_calls", new Json.Arr(fresh)));
    var refused = calls.read(part.index, delta, this::emit);
    refused.forEach(this::emit);
    return refused.isEmpty();
  }

  private Json.@Nullable Obj more(int choice, Json.Obj call) {
    var function = part(call, "function");
    String written = function.text("arguments");
    // Not yet begun, or without any: what follows does not repeat it.
    boolean empty = JsonDepth.isEmptyObject(written);
    String whole = empty ? "" : written;
    String key = choice + " " + (call.get("index") instanceof Json.Num(String text) ? text : "");
    var before = arguments.get(key);
    if (before == null) {
      if (arguments.size() == ToolCalls.MAX_CALLS) {
        ToolBlocks.refuse(this::emit);
        return null;
      }
      before = new CumulativeText();
      arguments.put(key, before);
    }
    if (!before.isContinuedBy(whole)) {
      reject("cumulative arguments: must begin with what was sent before, were others");
      return null;
    }
    if (!keeps(before.growth(whole))) {
      return null;
    }
    var members = new LinkedHashMap<>(function.members());
    members.put("arguments", new Json.Str(empty ? written : before.take(whole)));
    return call.with("function", new Json.Obj(members));
  }

  @Override
  public boolean isProven() {
    return !choices.isEmpty() && unfinished == 0;
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    choices.values().forEach(choice -> choice.flush(out));
  }

  @Override
  public void ended(Consumer<? super StreamEvent> out) {
    calls.finishAll(out);
  }
}
