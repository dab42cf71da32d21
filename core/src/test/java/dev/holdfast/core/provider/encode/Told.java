package dev.holdfast.core.provider.encode;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What events tell, however they are cut into pieces: the blocks of each choice in order, the
 * finishes, the tokens, and whether there was an error.
 */
record Told(
    SortedMap<Integer, List<Block>> blocks,
    SortedMap<Integer, Finish> finishes,
    long input,
    long output,
    boolean error) {
  /** Text, reasoning, a refusal, or a call. */
  record Block(String kind, String id, String name, String said) {
    Block saying(String other) {
      return new Block(kind, id, name, other);
    }

    boolean isCall() {
      return kind.equals("call");
    }
  }

  static Told of(List<StreamEvent> events) {
    var blocks = new TreeMap<Integer, List<Block>>();
    var calls = new TreeMap<Integer, List<Integer>>();
    var finishes = new TreeMap<Integer, Finish>();
    var usage = TokenUsage.of(-1, -1, "");
    boolean error = false;
    for (var event : events) {
      switch (event) {
        case StreamEvent.TextDelta(int choice, String text) -> words(blocks, choice, "text", text);
        case StreamEvent.ReasoningDelta(int choice, String text) ->
            words(blocks, choice, "reasoning", text);
        case StreamEvent.RefusalDelta(int choice, String text) ->
            words(blocks, choice, "refusal", text);
        case StreamEvent.ToolCallDelta delta -> call(blocks, calls, delta);
        case StreamEvent.ToolCallReady(var call) ->
            of(blocks, call.choice())
                .add(new Block("call", call.id(), call.name(), call.arguments()));
        case StreamEvent.Usage(var tokens) -> usage = tokens;
        case StreamEvent.Finished(int choice, Finish finish) -> finishes.put(choice, finish);
        case StreamEvent.ErrorReported reported -> error = true;
        case StreamEvent.FrameRejected rejected -> throw new AssertionError(rejected.toString());
        case StreamEvent.Warned warned -> throw new AssertionError(warned.toString());
        default -> {}
      }
    }
    return new Told(blocks, finishes, usage.input().orElse(-1), usage.output().orElse(-1), error);
  }

  private static List<Block> of(Map<Integer, List<Block>> blocks, int choice) {
    return blocks.computeIfAbsent(choice, unused -> new ArrayList<>());
  }

  private static void words(
      Map<Integer, List<Block>> blocks, int choice, String kind, String said) {
    add(of(blocks, choice), new Block(kind, "", "", said));
  }

  private static void add(List<Block> list, Block next) {
    if (!list.isEmpty() && !next.isCall() && list.getLast().kind.equals(next.kind)) {
      list.set(list.size() - 1, next.saying(list.getLast().said + next.said));
    } else {
      list.add(next);
    }
  }

  private static void call(
      Map<Integer, List<Block>> blocks,
      Map<Integer, List<Integer>> calls,
      StreamEvent.ToolCallDelta delta) {
    var list = of(blocks, delta.choice());
    // Where the block of each call stands.
    var places = calls.computeIfAbsent(delta.choice(), unused -> new ArrayList<>());
    if (delta.call() == places.size()) {
      places.add(list.size());
      list.add(new Block("call", "", "", ""));
    }
    int place = places.get(delta.call());
    var old = list.get(place);
    list.set(
        place,
        new Block(
            "call",
            old.id.isEmpty() ? delta.id() : old.id,
            old.name.isEmpty() ? delta.name() : old.name,
            old.said + delta.arguments()));
  }

  /** {@return what is left of this in a protocol, by the table of losses in docs/dialects.md} */
  Told in(String dialect, boolean complete) {
    boolean one = !dialect.equals("openai-chat") && !dialect.startsWith("gemini");
    var left = new TreeMap<Integer, List<Block>>();
    var broken = new HashSet<Integer>();
    blocks.forEach((choice, list) -> {
      if (!one || choice == 0) {
        var kept = blocks(dialect, choice, list, complete, broken);
        if (complete && dialect.equals("openai-responses")) {
          asCut(kept, finishes.get(choice));
        }
        if (!kept.isEmpty()) {
          left.put(choice, kept);
        }
      }
    });
    var ends = new TreeMap<Integer, Finish>();
    boolean zero = dialect.equals("anthropic-messages");
    if (complete) {
      var choices = new HashSet<>(left.keySet());
      choices.addAll(broken);
      choices.addAll(one ? Set.of(0) : finishes.keySet());
      if (choices.isEmpty() || dialect.equals("openai-chat")) {
        choices.add(0);
      }
      for (int choice : choices) {
        var finish = finishes.getOrDefault(choice, new Finish(Finish.Reason.STOP, ""));
        ends.put(
            choice,
            new Finish(
                reason(
                    dialect,
                    finish,
                    left.getOrDefault(choice, List.of()),
                    broken.contains(choice),
                    left.isEmpty()),
                ""));
      }
    }
    return new Told(
        alike(left),
        ends,
        complete ? (zero ? Math.max(0, input) : input) : -1,
        complete ? (zero ? Math.max(0, output) : output) : -1,
        !complete);
  }

  private List<Block> blocks(
      String dialect, int choice, List<Block> list, boolean complete, Set<Integer> broken) {
    var kept = new ArrayList<Block>();
    var later = new ArrayList<Block>();
    int number = 0;
    for (var block : list) {
      if (!block.isCall()) {
        boolean noRefusals = !dialect.startsWith("openai");
        boolean asText = noRefusals && block.kind.equals("refusal");
        add(kept, asText ? new Block("text", "", "", block.said) : block);
        continue;
      }
      String id = block.id.isEmpty() ? "call_%d_%d".formatted(choice, number) : block.id;
      number++;
      String said = block.said;
      switch (dialect) {
        case "openai-chat" -> kept.add(new Block("call", id, block.name, said));
        case "gemini-sse", "gemini-json-array", "ollama-chat" -> {
          var object = said.isBlank() && complete && !isNatural(choice) ? "" : object(said);
          if (object.isEmpty()) {
            broken.add(choice);
          } else if (complete) {
            later.add(new Block("call", id, block.name, object));
          }
        }
        case "anthropic-messages" -> {
          // A block that is closed has an input; one that was cut shows only its beginning.
          String none = complete && !isNatural(choice) ? "{" : "{}";
          kept.add(new Block("call", id, block.name, said.isBlank() ? none : said));
        }
        default -> kept.add(new Block("call", id, block.name, said.isEmpty() ? "{}" : said));
      }
    }
    kept.addAll(later);
    return kept;
  }

  /** A call that nothing but its beginning came of before the answer was cut has no arguments. */
  private void asCut(List<Block> blocks, @Nullable Finish finish) {
    var end = finish == null ? Finish.Reason.STOP : finish.reason();
    boolean natural = end == Finish.Reason.STOP || end == Finish.Reason.TOOL_CALLS;
    if (!natural && !blocks.isEmpty() && blocks.getLast().isCall()) {
      var all = this.blocks.getOrDefault(0, List.of());
      boolean blank = all.getLast().isCall() && all.getLast().said.isEmpty();
      blocks.set(blocks.size() - 1, blank ? blocks.getLast().saying("") : blocks.getLast());
    }
  }

  private boolean isNatural(int choice) {
    var finish = finishes.get(choice);
    return finish != null
        && !finish.raw().equals("stop_sequence") // It ends no call.
        && (finish.reason() == Finish.Reason.STOP || finish.reason() == Finish.Reason.TOOL_CALLS);
  }

  /** No arguments and an empty object are one thing until they are judged with the finish. */
  private static SortedMap<Integer, List<Block>> alike(SortedMap<Integer, List<Block>> blocks) {
    var alike = new TreeMap<Integer, List<Block>>();
    blocks.forEach((choice, list) ->
        alike.put(
            choice,
            list.stream()
                .map(block -> block.isCall() && block.said.isEmpty() ? block.saying("{}") : block)
                .toList()));
    return alike;
  }

  private static String object(String arguments) {
    if (arguments.isBlank() || arguments.equals("null")) {
      return "{}";
    }
    try {
      return Json.parse(arguments) instanceof Json.Obj object ? object.write() : "";
    } catch (Json.MalformedException e) {
      return "";
    }
  }

  private static Finish.Reason reason(
      String dialect, Finish finish, List<Block> blocks, boolean broken, boolean mute) {
    boolean called = blocks.stream().anyMatch(Block::isCall);
    boolean refused = blocks.stream().anyMatch(block -> block.kind.equals("refusal"));
    var stop = Finish.Reason.STOP;
    var length = Finish.Reason.LENGTH;
    var calls = Finish.Reason.TOOL_CALLS;
    var refusal = Finish.Reason.REFUSAL;
    var filter = Finish.Reason.CONTENT_FILTER;
    return switch (dialect) {
      case "openai-chat" ->
          switch (finish.reason()) {
            case STOP, OTHER -> refused ? refusal : stop;
            case LENGTH, PAUSE -> length;
            case TOOL_CALLS -> calls;
            case REFUSAL -> refused ? refusal : filter;
            case CONTENT_FILTER, ERROR -> filter;
          };
      case "openai-responses" ->
          switch (finish.reason()) {
            case STOP, OTHER, TOOL_CALLS -> called ? calls : refused ? refusal : stop;
            case LENGTH, PAUSE -> length;
            case REFUSAL -> refused ? (called ? calls : refusal) : filter;
            case CONTENT_FILTER, ERROR -> filter;
          };
      case "anthropic-messages" ->
          switch (finish.reason()) {
            case STOP, OTHER -> stop;
            case LENGTH -> length;
            case TOOL_CALLS -> calls;
            case PAUSE -> Finish.Reason.PAUSE;
            case REFUSAL, CONTENT_FILTER, ERROR -> refusal;
          };
      case "ollama-chat" ->
          switch (finish.reason()) {
            case LENGTH, PAUSE -> length;
            case REFUSAL, CONTENT_FILTER, ERROR -> broken ? length : filter;
            case STOP, TOOL_CALLS, OTHER -> broken ? length : stop;
          };
      default ->
          switch (finish.reason()) {
            case STOP, TOOL_CALLS -> broken ? Finish.Reason.ERROR : called ? calls : stop;
            case LENGTH, PAUSE -> length;
            case REFUSAL -> mute && !broken ? refusal : filter;
            case CONTENT_FILTER -> filter;
            case ERROR -> Finish.Reason.ERROR;
            case OTHER -> Finish.Reason.OTHER;
          };
    };
  }

  /** {@return this without the providers' own words for a finish, which differ} */
  Told withoutRaw() {
    var bare = new TreeMap<Integer, Finish>();
    finishes.forEach((choice, finish) -> bare.put(choice, new Finish(finish.reason(), "")));
    return new Told(alike(blocks), bare, input, output, error);
  }

  /**
   * {@return this without finishes, where there was an error: they prove nothing then, nor do the
   * tokens, of which Anthropic's first frame tells those known by then}
   */
  Told withoutFinishes() {
    return new Told(alike(blocks), new TreeMap<>(), -1, -1, error);
  }
}
