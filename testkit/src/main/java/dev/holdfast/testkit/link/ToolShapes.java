package dev.holdfast.testkit.link;

import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes tool calls the way some servers do. A reply without any stays as it is. */
final class ToolShapes {
  /** A JSON string. */
  private static final String STRING = "\"(?:[^\"\\\\]|\\\\.)*+\"";

  private static final Pattern CHAT_ARGUMENTS = Pattern.compile("\"arguments\":(" + STRING + ")");
  private static final Pattern PARTIAL = Pattern.compile("\"partial_json\":(" + STRING + ")");
  private static final Pattern DELTA = Pattern.compile("\"delta\":(" + STRING + ")");
  private static final Pattern CALL =
      Pattern.compile("\"functionCall\":\\{\"args\":(.*),\"name\":(" + STRING + ")\\}");
  private static final Pattern FIRST_TEXT =
      Pattern.compile("\\{\"(\\w+)\":\"((?:[^\"\\\\]|\\\\.)*+)\"");

  private final Protocol protocol;
  private final ShapeFaults events;

  ToolShapes(Protocol protocol) {
    this.protocol = protocol;
    this.events = new ShapeFaults(protocol);
  }

  /**
   * The events of one call.
   *
   * @param start where it opens
   * @param pieces the place of its fragments
   */
  private record Call(int start, List<Integer> pieces) {}

  void work(Fault.Shaped fault, StepList program) {
    List<Call> calls = calls(program);
    boolean several = fault.shape() == Shape.MISNUMBERED_CALLS || fault.shape() == Shape.ONE_INDEX;
    boolean pieces = calls.stream().anyMatch(call -> call.pieces().size() > 1);
    if (calls.size() < (several ? 2 : 1)
        || (fault.shape() == Shape.CUMULATIVE_ARGUMENTS && !pieces)) {
      return;
    }
    switch (fault.shape()) {
      case MISNUMBERED_CALLS -> misnumber(calls, program);
      case NAMELESS_FRAGMENTS -> nameless(calls, program);
      case ONE_INDEX -> oneIndex(calls, program);
      case CUMULATIVE_ARGUMENTS -> cumulate(calls, program);
      case IDLESS_CALLS -> idless(calls, program);
      case CALL_AT_LIMIT -> limit(calls, program, false);
      case BLANK_CALL_AT_LIMIT -> limit(calls, program, true);
      case OBJECT_ARGUMENTS -> object(calls, program);
      case EMPTY_OBJECT_OPENING ->
          calls.forEach(call -> edit(program, call.start(), json -> chatArguments(json, "{}")));
      case UNOPENED_BLOCK -> program.replace(calls.getLast().start());
      default -> throw new IllegalArgumentException("shape: must be of calls, was " + fault);
    }
    program.insert(calls.getFirst().start(), new Step.Mark(fault));
  }

  private List<Call> calls(StepList program) {
    var calls = new ArrayList<Call>();
    for (int i = program.nextEvent(0, ToolShapes::isTool);
        i >= 0;
        i = program.nextEvent(i + 1, ToolShapes::isTool)) {
      String text = text(program, i);
      boolean opens =
          switch (protocol) {
            case OPENAI_CHAT -> text.contains("\"function\":{\"name\":");
            case OPENAI_RESPONSES -> text.contains("output_item.added");
            case ANTHROPIC_MESSAGES -> text.contains("content_block_start");
            case GEMINI_SSE, GEMINI_JSON_ARRAY, OLLAMA_CHAT -> true;
          };
      if (opens) {
        calls.add(new Call(i, new ArrayList<>()));
      } else if (!calls.isEmpty()) {
        calls.getLast().pieces().add(i);
      }
    }
    return calls;
  }

  private static boolean isTool(Step.Event event) {
    return event.kind() == Kind.TOOL;
  }

  private static String text(StepList program, int index) {
    return ShapeFaults.text(((Step.Event) program.step(index)).bytes());
  }

  private void edit(StepList program, int index, UnaryOperator<String> change) {
    program.replace(index, events.edit((Step.Event) program.step(index), change));
  }

  private static String index(String json, String member, int index) {
    return json.replaceFirst("\"" + member + "\":\\d+", "\"" + member + "\":" + index);
  }

  /** The index within a choice's calls, not that of the choice. */
  private static String callIndex(String json, int index) {
    return json.replaceFirst(
        "\"tool_calls\":\\[\\{\"index\":\\d+", "\"tool_calls\":[{\"index\":" + index);
  }

  private void misnumber(List<Call> calls, StepList program) {
    for (int i = 1; i < calls.size(); i++) {
      int before = i - 1;
      if (protocol == Protocol.OPENAI_CHAT) {
        edit(program, calls.get(i).start(), json -> callIndex(json, before));
      } else {
        int wrong = number(program, calls.get(i).start(), "output_index") + 1;
        for (int piece : calls.get(i).pieces()) {
          edit(program, piece, json -> index(json, "output_index", wrong));
        }
      }
    }
  }

  private void nameless(List<Call> calls, StepList program) {
    int next = calls.size();
    for (int piece : calls.getLast().pieces()) {
      int index = next++;
      edit(program, piece, json -> callIndex(json, index));
    }
  }

  private static int number(StepList program, int index, String member) {
    Matcher found = Pattern.compile("\"" + member + "\":(\\d+)").matcher(text(program, index));
    return found.find() ? Integer.parseInt(found.group(1)) : 0;
  }

  private void oneIndex(List<Call> calls, StepList program) {
    String member =
        switch (protocol) {
          case OPENAI_RESPONSES -> "output_index";
          case OPENAI_CHAT, ANTHROPIC_MESSAGES, GEMINI_SSE, GEMINI_JSON_ARRAY, OLLAMA_CHAT ->
              "index";
        };
    int first = number(program, calls.getFirst().start(), member);
    for (int i = program.nextEvent(calls.get(1).start(), event -> true);
        i >= 0;
        i = program.nextEvent(i + 1, event -> true)) {
      var kind = ((Step.Event) program.step(i)).kind();
      if (kind == Kind.TOOL || kind == Kind.STRUCTURE) {
        edit(
            program,
            i,
            json ->
                protocol == Protocol.OPENAI_CHAT ? callIndex(json, 0) : index(json, member, first));
      }
    }
  }

  private Pattern piecePattern() {
    return switch (protocol) {
      case OPENAI_CHAT -> CHAT_ARGUMENTS;
      case OPENAI_RESPONSES -> DELTA;
      case ANTHROPIC_MESSAGES -> PARTIAL;
      case GEMINI_SSE, GEMINI_JSON_ARRAY, OLLAMA_CHAT ->
          throw new IllegalStateException("calls are whole in " + protocol);
    };
  }

  private String piece(StepList program, int index) {
    Matcher found = piecePattern().matcher(text(program, index));
    if (!found.find()) {
      return ""; // Another fault has taken it apart.
    }
    return TestJson.parse("{\"piece\":" + found.group(1) + "}").text("piece", "");
  }

  private String whole(Call call, StepList program) {
    var whole = new StringBuilder();
    call.pieces().forEach(piece -> whole.append(piece(program, piece)));
    return whole.isEmpty() ? "{}" : whole.toString();
  }

  private void cumulate(List<Call> calls, StepList program) {
    for (Call call : calls) {
      var all = new StringBuilder();
      for (int piece : call.pieces()) {
        String so = all.append(piece(program, piece)).toString();
        edit(program, piece, json -> replaced(json, piecePattern(), TestJson.quote(so)));
      }
    }
  }

  /** {@return a document with another value where the pattern's first group is} */
  private static String replaced(String json, Pattern pattern, String value) {
    Matcher found = pattern.matcher(json);
    return found.find()
        ? json.substring(0, found.start(1)) + value + json.substring(found.end(1))
        : json;
  }

  private static String chatArguments(String json, String value) {
    return replaced(json, CHAT_ARGUMENTS, value);
  }

  private void idless(List<Call> calls, StepList program) {
    for (Call call : calls) {
      String whole = protocol == Protocol.OLLAMA_CHAT ? "" : TestJson.quote(whole(call, program));
      edit(
          program,
          call.start(),
          json ->
              protocol == Protocol.OLLAMA_CHAT
                  ? json.replaceFirst("\"id\":" + STRING + ",(\"function\")", "$1")
                  // The chunk's own id is first in its object.
                  : chatArguments(callIndex(json, 0).replaceFirst(",\"id\":" + STRING, ""), whole));
    }
    removePieces(calls, program);
  }

  private static void removePieces(List<Call> calls, StepList program) {
    for (Call call : calls.reversed()) {
      call.pieces().reversed().forEach(piece -> program.replace(piece));
    }
  }

  private void object(List<Call> calls, StepList program) {
    for (Call call : calls) {
      String whole = whole(call, program);
      edit(
          program,
          call.start(),
          json ->
              protocol == Protocol.OPENAI_CHAT
                  ? chatArguments(json, whole)
                  : json.replace("\"input\":{}", "\"input\":" + whole));
    }
    removePieces(calls, program);
  }

  /** The last call is cut; its protocol's closing still comes. */
  private void limit(List<Call> calls, StepList program, boolean blank) {
    Call last = calls.getLast();
    switch (protocol) {
      case OPENAI_CHAT, ANTHROPIC_MESSAGES -> {
        reason(program);
        cut(last, program, blank);
      }
      case OPENAI_RESPONSES -> limitResponse(last, program, blank);
      case GEMINI_SSE, GEMINI_JSON_ARRAY -> {
        reason(program);
        edit(program, last.start(), json -> partial(json, blank));
      }
      case OLLAMA_CHAT -> throw new IllegalStateException("calls are whole in " + protocol);
    }
  }

  private static void cut(Call last, StepList program, boolean blank) {
    int keep = blank ? 0 : last.pieces().size() / 2;
    for (int i = last.pieces().size() - 1; i >= keep; i--) {
      program.replace(last.pieces().get(i));
    }
  }

  private void reason(StepList program) {
    int finish = program.nextEvent(0, event -> event.kind() == Kind.FINISH);
    if (finish >= 0) {
      edit(
          program,
          finish,
          json ->
              json.replaceFirst("\"finish_reason\":\"\\w+\"", "\"finish_reason\":\"length\"")
                  .replaceFirst("\"stop_reason\":\"\\w+\"", "\"stop_reason\":\"max_tokens\"")
                  .replaceFirst("\"finishMessage\":\"[^\"]*\",", "")
                  .replaceFirst("\"finishReason\":\"\\w+\"", "\"finishReason\":\"MAX_TOKENS\""));
    }
  }

  /** Calls whose arguments come path by path announce what is still to come. */
  private static String partial(String json, boolean blank) {
    return rewritten(
        json,
        (arguments, name) -> {
          Matcher first = FIRST_TEXT.matcher(arguments);
          if (blank || !first.lookingAt()) {
            return "\"functionCall\":{\"name\":%s,\"willContinue\":true}".formatted(name);
          }
          String text = TestJson.parse(first.group() + "}").text(first.group(1), "");
          String half = text.substring(0, text.length() / 2);
          return """
          "functionCall":{"name":%s,"partialArgs":[{"jsonPath":"$.%s","stringValue":%s,\
          "willContinue":true}],"willContinue":true}\
          """
              .formatted(name, first.group(1), TestJson.quote(half));
        });
  }

  private static String rewritten(String json, BiFunction<String, String, String> call) {
    Matcher found = CALL.matcher(json);
    return found.find()
        ? json.substring(0, found.start())
            + call.apply(found.group(1), found.group(2))
            + json.substring(found.end())
        : json;
  }

  private void limitResponse(Call last, StepList program, boolean blank) {
    int keep = blank ? 0 : last.pieces().size() / 2;
    var joined = new StringBuilder();
    last.pieces().subList(0, keep).forEach(piece -> joined.append(piece(program, piece)));
    String whole = TestJson.quote(whole(last, program));
    String half = TestJson.quote(joined.toString());
    int end = program.nextEvent(0, event -> event.kind() == Kind.DONE);
    int closed = -1;
    for (int i = last.start(); end >= 0 && i < end; i++) {
      if (program.step(i) instanceof Step.Event event
          && ShapeFaults.text(event.bytes()).contains("output_item.done")) {
        closed = i;
      }
    }
    if (closed < 0) {
      return;
    }
    edit(
        program,
        end,
        json ->
            ShapeFaults.incomplete(json, "max_output_tokens", cutItem(output(json), whole, half)));
    edit(program, closed, json -> cutItem(json, whole, half));
    int before = closed - 1;
    if (program.step(before) instanceof Step.Event event
        && ShapeFaults.text(event.bytes()).contains("_arguments.done")) {
      program.replace(before);
    }
    cut(last, program, blank);
    ShapeFaults.renumber(program);
  }

  private static String output(String json) {
    int from = json.indexOf("\"output\":[") + "\"output\":".length();
    int to = json.indexOf(",\"parallel_tool_calls\"");
    return to < from ? "" : json.substring(from, to);
  }

  /** The last of the items is the one that is cut. */
  private static String cutItem(String items, String whole, String half) {
    String done = "\"status\":\"completed\",\"arguments\":" + whole;
    int at = items.lastIndexOf(done);
    return at < 0
        ? items
        : items.substring(0, at)
            + "\"status\":\"incomplete\",\"arguments\":"
            + half
            + items.substring(at + done.length());
  }
}
