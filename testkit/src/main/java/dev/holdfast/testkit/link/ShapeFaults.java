package dev.holdfast.testkit.link;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.json.PrettyJson;
import dev.holdfast.testkit.wire.EventFraming;
import dev.holdfast.testkit.wire.WireTemplates;
import dev.holdfast.testkit.wire.WireTemplates.Envelope;
import dev.holdfast.testkit.wire.WireTemplates.ErrorKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Works in what {@link Shape} lists; the events are those of the templates. */
record ShapeFaults(Protocol protocol) {
  private static final String CUT_UPSTREAM =
      "stream error: stream disconnected before completion: the upstream closed the connection";

  /** Kinds of events that hold output. */
  private static boolean isOutput(Kind kind) {
    return kind == Kind.CONTENT || kind == Kind.REASONING || kind == Kind.TOOL;
  }

  void work(Fault.Shaped fault, StepList program) {
    if (program.nextEvent(0, event -> event.kind() == Kind.DOCUMENT) >= 0) {
      return;
    }
    switch (fault.shape()) {
      case MISNUMBERED_CALLS,
          NAMELESS_FRAGMENTS,
          ONE_INDEX,
          CUMULATIVE_ARGUMENTS,
          IDLESS_CALLS,
          CALL_AT_LIMIT,
          BLANK_CALL_AT_LIMIT,
          OBJECT_ARGUMENTS,
          EMPTY_OBJECT_OPENING,
          UNOPENED_BLOCK ->
          new ToolShapes(protocol).work(fault, program);
      case FAILED_FINISH -> breakOff(fault, program, "error");
      case NETWORK_ERROR_FINISH -> breakOff(fault, program, "network-error");
      case NATIVE_ERROR_FINISH -> breakOff(fault, program, "stop");
      case MALFORMED_CALL_FINISH -> malformedCall(fault, program);
      case EMPTY_ANSWER -> empty(fault, program);
      case SECOND_ANSWER -> second(fault, program);
      case TEXT_AT_END -> textAtEnd(fault, program);
      case MISLABELLED_ERROR -> mislabelled(fault, program);
      case GLUED_DONE -> glueTheEnd(fault, program);
      case EMPTY_PING -> ping(fault, program);
      case RESUMED_AT_THE_END,
          RESUMED_AT_AN_EMPTY_END,
          RESUMED_ONE_TOO_LOW,
          RESUMED_IN_ANOTHER_ANSWER,
          RESUMED_BEHIND_A_GAP,
          RESUMED_FROM_THE_START -> {} // Of replies that are taken up again: see CursorLies.
    }
  }

  /** How many tokens a finish reports, in all protocols. */
  private static final Pattern COUNT =
      Pattern.compile(
          "(\"(?:eval_count|candidatesTokenCount|output_tokens|completion_tokens)\":)\\d+");

  /** Nothing of the answer comes after the position, and the reply ends with a reason. */
  private void breakOff(Fault.Shaped fault, StepList program, String reason) {
    int from = program.find(fault.at());
    int end = last(program);
    if (from < 0 || end < from) {
      return;
    }
    for (int i = end - 1; i >= from; i--) {
      if (program.step(i) instanceof Step.Event(var kind, byte[] bytes)
          && (isOutput(kind) || repeats(bytes))) {
        program.replace(i);
      }
    }
    int finish = last(program);
    var event = (Step.Event) program.step(finish);
    int sent = 0;
    for (int i = 0; i < finish; i++) {
      sent +=
          program.step(i) instanceof Step.Event(var kind, byte[] bytes) && isOutput(kind) ? 1 : 0;
    }
    String tokens = "$1" + sent;
    program.replace(
        finish, edit(event, json -> COUNT.matcher(finished(json, reason)).replaceAll(tokens)));
    int usage = program.nextEvent(finish, later -> later.kind() == Kind.USAGE);
    if (usage >= 0) {
      var counts = (Step.Event) program.step(usage);
      program.replace(usage, edit(counts, json -> COUNT.matcher(json).replaceAll(tokens)));
    }
    program.insert(from, new Step.Mark(fault));
    renumber(program);
  }

  /** {@return the place of the reason} */
  private static int last(StepList program) {
    return program.find(new Position.BeforeFinish());
  }

  /** What repeats text that was not sent. */
  private static boolean repeats(byte[] bytes) {
    String text = text(bytes);
    return text.startsWith("event: response.")
        && (text.contains("_text.done\n")
            || text.contains(".refusal.done\n")
            || text.contains("_arguments.done\n")
            || text.contains("part.done\n")
            || text.contains("item.done\n"));
  }

  private String finished(String json, String reason) {
    return switch (protocol) {
      case OPENAI_CHAT -> {
        String router = reason.equals("stop") ? ",\"native_finish_reason\":\"error\"" : "";
        yield json.replaceFirst(
            "\"finish_reason\":\"\\w+\"", "\"finish_reason\":\"" + reason + "\"" + router);
      }
      case ANTHROPIC_MESSAGES ->
          json.replaceFirst("\"stop_reason\":\"\\w+\"", "\"stop_reason\":\"" + reason + "\"");
      case OPENAI_RESPONSES -> incomplete(json, reason, "[]");
      case GEMINI_SSE, GEMINI_JSON_ARRAY ->
          json.replaceFirst(
              "\"finishReason\":\"\\w+\"",
              "\"finishReason\":\"" + reason.toUpperCase(java.util.Locale.ROOT) + "\"");
      case OLLAMA_CHAT ->
          json.replaceFirst("\"done_reason\":\"\\w+\"", "\"done_reason\":\"" + reason + "\"");
    };
  }

  /** {@return the closing event of a response that is not whole} */
  static String incomplete(String json, String reason, String output) {
    int from = json.indexOf("\"output\":[");
    int to = json.indexOf(",\"parallel_tool_calls\"");
    if (from < 0 || to < from) {
      return json;
    }
    return (json.substring(0, from) + "\"output\":" + output + json.substring(to))
        .replace("\"response.completed\"", "\"response.incomplete\"")
        .replaceFirst("\"status\":\"completed\"", "\"status\":\"incomplete\"")
        .replace(
            "\"incomplete_details\":null",
            "\"incomplete_details\":{\"reason\":\"" + reason + "\"}");
  }

  private void malformedCall(Fault.Shaped fault, StepList program) {
    int finish = last(program);
    if (finish < 0) {
      return;
    }
    var event = (Step.Event) program.step(finish);
    program.replace(
        finish,
        edit(
            event,
            json ->
                json.replaceFirst("\"finishMessage\":\"[^\"]*\",", "")
                    .replaceFirst(
                        "\"finishReason\":\"\\w+\"",
                        "\"finishMessage\":\"Malformed function call: print(default_api.count(\","
                            + "\"finishReason\":\"MALFORMED_FUNCTION_CALL\"")));
    program.insert(finish, new Step.Mark(fault));
    program.removeEvents(kind -> kind == Kind.TOOL);
  }

  /** What a provider writes whose model wrote nothing: its own events, without the answer's. */
  private void empty(Fault.Shaped fault, StepList program) {
    int first = program.nextEvent(0, event -> true);
    if (first < 0) {
      return;
    }
    String start = text(((Step.Event) program.step(first)).bytes());
    var answer = new Answer(List.of());
    var steps = new ArrayList<Step>();
    steps.add(new Step.Mark(fault));
    for (WireFrame frame : WireTemplates.of(protocol).stream(answer, envelope(start))) {
      boolean gemini = protocol == Protocol.GEMINI_SSE || protocol == Protocol.GEMINI_JSON_ARRAY;
      steps.add(
          gemini
              ? new Step.Event(
                  frame.kind(),
                  frame
                      .text()
                      .replaceFirst("\\{\\s*\"text\": ?\"\"\\s*\\}", "")
                      .getBytes(StandardCharsets.UTF_8))
              : Step.Event.of(frame));
    }
    steps.add(new Step.End());
    program.endAt(first, steps.toArray(Step[]::new));
  }

  /** {@return an envelope with the id that an event has} */
  private static Envelope envelope(String event) {
    String id = member(event, "id");
    String model = member(event, "model");
    return new Envelope(
        id.isEmpty() ? member(event, "responseId") : id,
        model.isEmpty() ? member(event, "modelVersion") : model,
        false,
        7,
        7);
  }

  private static String member(String event, String name) {
    Matcher found = Pattern.compile("\"" + name + "\": ?\"([^\"]*)\"").matcher(event);
    return found.find() ? found.group(1) : "";
  }

  /** The whole answer again, from a model and under an id of their own. */
  private void second(Fault.Shaped fault, StepList program) {
    int from = program.find(fault.at());
    int start = program.nextEvent(0, event -> event.kind() == Kind.START);
    if (from < 0 || start < 0 || from <= start) {
      return;
    }
    String first = text(((Step.Event) program.step(start)).bytes());
    String id = member(first, "id");
    String model = member(first, "model");
    var steps = new ArrayList<Step>();
    steps.add(new Step.Mark(fault));
    for (Step step : program.steps().subList(start, program.steps().size())) {
      steps.add(
          step instanceof Step.Event(var kind, byte[] bytes)
              ? Step.Event.of(
                  kind,
                  text(bytes)
                      .replace("\"" + id + "\"", "\"" + id + "2\"")
                      .replace("\"model\":\"" + model + "\"", "\"model\":\"another-model\""))
              : step);
    }
    program.endAt(from, steps.toArray(Step[]::new));
  }

  private static void textAtEnd(Fault.Shaped fault, StepList program) {
    int first = program.nextEvent(0, event -> event.kind() == Kind.CONTENT);
    if (first < 0) {
      return;
    }
    for (int i = program.steps().size() - 1; i >= first; i--) {
      if (program.step(i) instanceof Step.Event(var kind, byte[] bytes)
          && (kind == Kind.CONTENT || (repeats(bytes) && !isOfCall(bytes)))) {
        program.replace(i);
      }
    }
    program.insert(first, new Step.Mark(fault));
    renumber(program);
  }

  private static boolean isOfCall(byte[] bytes) {
    return text(bytes).contains("\"function_call\"") || text(bytes).contains("_arguments.");
  }

  /** Counts the events anew: what was left out was never there. */
  static void renumber(StepList program) {
    int number = -1;
    for (int i = 0; i < program.steps().size(); i++) {
      if (program.step(i) instanceof Step.Event event) {
        String text = text(event.bytes());
        if (text.contains("\"sequence_number\":")) {
          if (number < 0) {
            number = Integer.parseInt(text.replaceAll("(?s).*\"sequence_number\":(\\d+).*", "$1"));
          }
          String numbered =
              text.replaceFirst("\"sequence_number\":\\d+", "\"sequence_number\":" + number++);
          program.replace(i, Step.Event.of(event.kind(), numbered));
        }
      }
    }
  }

  private void mislabelled(Fault.Shaped fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0) {
      String error =
          WireTemplates.of(protocol)
              .errorEvent(ErrorKind.INVALID_REQUEST, CUT_UPSTREAM, program.numberAt(index));
      program.endAt(
          index, new Step.Mark(fault), Step.Event.of(Kind.STRUCTURE, error), new Step.End());
    }
  }

  private static void glueTheEnd(Fault.Shaped fault, StepList program) {
    int last = -1;
    int before = -1;
    for (int i = program.nextEvent(0, event -> true);
        i >= 0;
        i = program.nextEvent(i + 1, event -> true)) {
      before = last;
      last = i;
    }
    if (before < 0 || program.nextEvent(0, event -> event.kind() == Kind.DONE) != last) {
      return;
    }
    for (int i : new int[] {last, before}) {
      var event = (Step.Event) program.step(i);
      String line = text(event.bytes()).stripTrailing() + (i == last ? "" : "\n");
      program.replace(i, Step.Event.of(event.kind(), line));
    }
    program.insert(before, new Step.Mark(fault));
  }

  private void ping(Fault.Shaped fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0) {
      String end = WireTemplates.of(protocol).framing() == EventFraming.CRLF_EVENTS ? "\r\n" : "\n";
      program.insert(
          index,
          new Step.Mark(fault),
          Step.Event.of(Kind.KEEP_ALIVE, "event: ping" + end + "data: \"\"" + end + end),
          Step.Event.of(Kind.KEEP_ALIVE, "event: ping" + end + "data:" + end + end));
    }
  }

  /** {@return an event whose document is another} */
  Step.Event edit(Step.Event event, UnaryOperator<String> change) {
    String text = text(event.bytes());
    int from = text.indexOf('{');
    int to = text.lastIndexOf('}') + 1;
    if (from < 0 || to <= from) {
      return event; // Another fault has taken it apart.
    }
    String json = text.substring(from, to);
    boolean shown = WireTemplates.of(protocol).framing() == EventFraming.ARRAY;
    String changed = change.apply(shown ? PrettyJson.compact(json) : json);
    String name = text.substring(0, from);
    String type = member(changed, "type");
    if (name.startsWith("event: ") && !type.isEmpty() && changed.startsWith("{\"type\":")) {
      name = "event: " + type + "\ndata: ";
    }
    return Step.Event.of(
        event.kind(), name + (shown ? PrettyJson.of(changed) : changed) + text.substring(to));
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
