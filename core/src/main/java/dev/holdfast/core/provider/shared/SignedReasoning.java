package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The signed reasoning before a tool call, as a protocol's blocks or items. It becomes the call's
 * signature, a JSON array of them, because its provider wants it back with the call. Not
 * thread-safe.
 *
 * <p>An answer has at most {@link #MAX} characters of it. Past that no further call is signed: a
 * part of the reasoning would not match its signature.
 */
public final class SignedReasoning {
  /** The most characters of one answer's reasoning that are kept. */
  static final int MAX = 1 << 18;

  private final List<Json> pending = new ArrayList<>();
  private long size;

  /** Keeps a block until the next call. */
  public void add(Json.Obj block) {
    if (!isFull()) {
      size += block.write().length();
      pending.add(block);
    }
  }

  /** {@return whether it keeps nothing any more: there was too much} */
  public boolean isFull() {
    return size > MAX;
  }

  /** {@return the signature of the next call: all blocks since the last one; empty for none} */
  public String take() {
    if (pending.isEmpty() || isFull()) {
      return "";
    }
    String written = new Json.Arr(pending).write();
    pending.clear();
    return written;
  }

  /**
   * {@return the blocks in a call's signature; none where another protocol signed it}
   *
   * @param types what this protocol calls its blocks of reasoning
   */
  public static List<Json> of(ToolCall call, Set<String> types) {
    if (!isBlocks(call)) {
      return List.of();
    }
    try {
      var blocks = new ArrayList<Json>();
      if (Json.parse(call.signature()) instanceof Json.Arr all) {
        for (Json each : all.items()) {
          if (!(each instanceof Json.Obj block) || !types.contains(block.text("type"))) {
            return List.of();
          }
          blocks.add(block);
        }
      }
      return blocks;
    } catch (Json.MalformedException e) {
      return List.of(); // Some other protocol's.
    }
  }

  /** {@return whether a call was signed by blocks of reasoning, and not by a word as Gemini's} */
  public static boolean isBlocks(ToolCall call) {
    return call.signature().startsWith("[");
  }
}
