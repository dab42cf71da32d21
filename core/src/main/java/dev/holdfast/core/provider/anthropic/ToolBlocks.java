package dev.holdfast.core.provider.anthropic;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tool calls of an Anthropic message, or of one of ConverseStream. Arguments come in pieces;
 * where none come, those that the block began with count. An empty object there is the protocol's
 * opening of every call: whether it means no arguments is decided with the finish.
 *
 * <p>A piece with an unknown index continues the block that was opened last, if that is still open.
 * Else its call's beginning was lost, and it makes one without a name.
 */
public final class ToolBlocks {
  private final Map<String, Block> open = new LinkedHashMap<>();

  /** Indices that were used: by blocks of other kinds, and by calls that are closed. */
  private final Set<String> others = new HashSet<>();

  private final Set<String> closed = new HashSet<>();
  private @Nullable Block latest;
  private int total;
  private long argumentChars;
  private boolean warned;

  private static final class Block {
    private final int number;
    private final String id;
    private final String name;

    /** The arguments it was opened with; empty if there were none, or once a piece came. */
    private String input;

    private boolean blank = true;
    private boolean disputed;

    Block(int number, String id, String name, String input) {
      this.number = number;
      this.id = id;
      this.name = name;
      this.input = input;
    }
  }

  public void open(String index, Json.Obj block, Consumer<? super StreamEvent> out) {
    open(index, block, () -> "", out);
  }

  /** Opens a block, whose signature is asked for if it is a new call. */
  void open(
      String index, Json.Obj block, Supplier<String> signature, Consumer<? super StreamEvent> out) {
    var input = block.object("input");
    String written = input == null || !input.hasValue() ? "" : input.write();
    String id = block.text("id");
    var before = open.get(index);
    if (before != null && !id.isEmpty() && id.equals(before.id)) {
      repeat(before, block.text("name"), out);
      return;
    }
    if (before != null) {
      warn("tool call index: must be that of one call, was that of two", out);
      dispute(before, out);
      close(index, ToolCallMark.UNCLOSED, out);
    }
    var begun = begin(index, id, block.text("name"), written, out);
    String signed = begun == null ? "" : signature.get();
    if (begun != null && !signed.isEmpty()) {
      out.accept(new StreamEvent.ToolCallSigned(0, begun.number, signed));
    }
  }

  /** A repetition; one with another name leaves open which of them is meant. */
  private void repeat(Block block, String name, Consumer<? super StreamEvent> out) {
    if (!name.isEmpty() && !name.equals(block.name)) {
      warn("tool call name: must be one, was another later", out);
      out.accept(new StreamEvent.ToolCallMarked(0, block.number, ToolCallMark.INCOMPLETE));
    }
  }

  private @Nullable Block begin(
      String index, String id, String name, String input, Consumer<? super StreamEvent> out) {
    if (total == ToolCalls.MAX_CALLS
        || id.length() > ToolCalls.MAX_NAME
        || name.length() > ToolCalls.MAX_NAME
        || index.length() > ToolCalls.MAX_NAME
        || refuses(input)) {
      refuse(out);
      return null;
    }
    var block = new Block(total++, id, name, input);
    open.put(index, block);
    others.remove(index);
    closed.remove(index);
    latest = block;
    out.accept(new StreamEvent.ToolCallDelta(0, block.number, id, name, ""));
    return block;
  }

  /** Records a block that is no tool call of ours: its pieces are skipped. */
  public void other(String index) {
    if (!open.containsKey(index) && others.size() < ToolCalls.MAX_CALLS) {
      others.add(ErrorValues.cap(index, ToolCalls.MAX_NAME));
    }
  }

  /** {@return whether the call of an id is open at an index; an id may be missing} */
  public boolean isOpen(String index, String id) {
    var block = open.get(index);
    return block != null && (id.isEmpty() || block.id.isEmpty() || id.equals(block.id));
  }

  /** {@return whether a block has been opened and not closed since} */
  boolean isAnyOpen() {
    return !open.isEmpty();
  }

  /** Hands on a piece of arguments; pieces of blocks that are no tool calls of ours are skipped. */
  public void more(String index, String arguments, Consumer<? super StreamEvent> out) {
    var block = open.get(index);
    if (block == null) {
      if (others.contains(index) || (closed.contains(index) && arguments.isEmpty())) {
        out.accept(new StreamEvent.Opaque("input_json_delta"));
        return;
      }
      block = stray(index, out);
    }
    if (block == null || arguments.isEmpty()) {
      return; // A tool without arguments gets one empty piece.
    }
    if (refuses(arguments)) {
      refuse(out);
      return;
    }
    block.input = "";
    block.blank = false;
    out.accept(new StreamEvent.ToolCallDelta(0, block.number, "", "", arguments));
  }

  /** {@return whose a piece is that has the index of no open block} */
  private @Nullable Block stray(String index, Consumer<? super StreamEvent> out) {
    var last = latest;
    if (last == null || closed.contains(index) || !open.containsValue(last)) {
      return begin(index, "", "", "", out);
    }
    warn("tool call index: must be that of a call, was that of none", out);
    for (var other : open.values()) {
      if (other != last && other.blank && last.blank) {
        dispute(other, out);
      }
    }
    return last;
  }

  /** The block's own end came. */
  public void close(String index, Consumer<? super StreamEvent> out) {
    close(index, ToolCallMark.CLOSED, out);
  }

  private void close(String index, ToolCallMark mark, Consumer<? super StreamEvent> out) {
    var block = open.remove(index);
    if (block == null) {
      return;
    }
    closed.add(index);
    if (!block.input.isEmpty()) {
      out.accept(new StreamEvent.ToolCallDelta(0, block.number, "", "", block.input));
    }
    out.accept(new StreamEvent.ToolCallMarked(0, block.number, mark));
  }

  /** The message ends: what is still open will not be closed by itself. */
  public void closeAll(Consumer<? super StreamEvent> out) {
    for (var index : open.keySet().toArray(new String[0])) {
      close(index, ToolCallMark.UNCLOSED, out);
    }
  }

  private static void dispute(Block block, Consumer<? super StreamEvent> out) {
    if (!block.disputed) {
      block.disputed = true;
      out.accept(new StreamEvent.ToolCallMarked(0, block.number, ToolCallMark.DISPUTED));
    }
  }

  private void warn(String detail, Consumer<? super StreamEvent> out) {
    if (!warned) {
      warned = true;
      out.accept(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, detail));
    }
  }

  private boolean refuses(String arguments) {
    argumentChars += arguments.length();
    return argumentChars > ToolCalls.MAX_ARGUMENTS;
  }

  /** Reports that there are more calls, or more of them, than are read. */
  public static void refuse(Consumer<? super StreamEvent> out) {
    out.accept(
        new StreamEvent.FrameRejected(
            Failure.permanent(
                Cause.LIMIT_EXCEEDED,
                "tool calls: must be at most %d with %d characters of arguments, were more"
                    .formatted(ToolCalls.MAX_CALLS, ToolCalls.MAX_ARGUMENTS))));
  }
}
