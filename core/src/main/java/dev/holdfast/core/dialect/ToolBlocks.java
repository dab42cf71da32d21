package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The tool calls of an Anthropic message. Arguments come in pieces; where none come, those that the
 * block began with count, and {@code {}} where it began with none.
 */
final class ToolBlocks {
  private final Map<String, Block> open = new LinkedHashMap<>();
  private int total;
  private long argumentChars;

  private record Block(int number, String input) {
    static final String STREAMED = "";
  }

  void open(String index, Json.Obj block, Consumer<? super StreamEvent> out) {
    close(index, out);
    var input = block.object("input");
    String written = input == null ? "{}" : input.write();
    if (total == ToolCalls.MAX_CALLS
        || block.text("id").length() > ToolCalls.MAX_NAME
        || block.text("name").length() > ToolCalls.MAX_NAME
        || index.length() > ToolCalls.MAX_NAME
        || refuses(written)) {
      refuse(out);
      return;
    }
    int number = total++;
    open.put(index, new Block(number, written));
    out.accept(new StreamEvent.ToolCallDelta(0, number, block.text("id"), block.text("name"), ""));
  }

  /** Hands on a piece of arguments; pieces of blocks that are no tool calls of ours are skipped. */
  void more(String index, String arguments, Consumer<? super StreamEvent> out) {
    var block = open.get(index);
    if (block == null) {
      out.accept(new StreamEvent.Opaque("input_json_delta"));
      return;
    }
    if (arguments.isEmpty()) {
      return; // A tool without arguments gets one empty piece.
    }
    if (refuses(arguments)) {
      refuse(out);
      return;
    }
    open.put(index, new Block(block.number, Block.STREAMED));
    out.accept(new StreamEvent.ToolCallDelta(0, block.number, "", "", arguments));
  }

  void close(String index, Consumer<? super StreamEvent> out) {
    var block = open.remove(index);
    if (block != null && !block.input.equals(Block.STREAMED)) {
      out.accept(new StreamEvent.ToolCallDelta(0, block.number, "", "", block.input));
    }
  }

  void closeAll(Consumer<? super StreamEvent> out) {
    for (var index : open.keySet().toArray(new String[0])) {
      close(index, out);
    }
  }

  private boolean refuses(String arguments) {
    argumentChars += arguments.length();
    return argumentChars > ToolCalls.MAX_ARGUMENTS;
  }

  /** Says that there are more calls, or more of them, than are read. */
  static void refuse(Consumer<? super StreamEvent> out) {
    out.accept(
        new StreamEvent.FrameRejected(
            Failure.lasting(
                Cause.LIMIT_EXCEEDED,
                "tool calls: must be at most %d with %d characters of arguments, were more"
                    .formatted(ToolCalls.MAX_CALLS, ToolCalls.MAX_ARGUMENTS))));
  }
}
