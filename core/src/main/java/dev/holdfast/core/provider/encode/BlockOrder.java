package dev.holdfast.core.provider.encode;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings an answer's content into blocks that follow one another, for protocols with one open block
 * at a time. Content of another block waits until a tool call's incomplete arguments are whole. Not
 * thread-safe.
 */
final class BlockOrder {
  /** Waiting text is bounded: past 4 Mi characters nothing waits any longer. */
  static final int MAX_WAITING = 4 << 20;

  /** What a block holds. */
  enum Kind {
    TEXT,
    REASONING,
    REFUSAL,
    CALL,

    /** Something of the provider's own, which can only be ended. */
    OTHER
  }

  /** Where blocks are written. */
  interface Blocks {
    /** Begins a block; {@code id} and {@code name} are a call's, else empty. */
    void open(Kind kind, String id, String name);

    /** Continues it; {@code piece} is not empty. */
    void more(String piece);

    /** Ends it. */
    void close();

    /** Ends it as the last one of the answer. */
    default void closeLast() {
      close();
    }

    /** Ends a call without arguments, of which it is not known that it has none. */
    void closeCut();
  }

  private static final class Block {
    private final Kind kind;
    private final int call;
    private final String id;
    private final String name;
    private final StringBuilder waiting = new StringBuilder();

    Block(Kind kind, int call, String id, String name) {
      this.kind = kind;
      this.call = call;
      this.id = id;
      this.name = name;
    }
  }

  private static final int NO_CALL = -1;

  private final Blocks blocks;
  private final ArrayDeque<Block> waiting = new ArrayDeque<>();
  private final Map<Integer, Block> waitingCalls = new HashMap<>();
  private final Balance balance = new Balance();

  /** Calls without arguments that are whole, by their number. */
  private final Set<Integer> blank = new HashSet<>();

  /** Calls that were ended before their arguments came. */
  private final Set<Integer> cut = new HashSet<>();

  private @Nullable Block open;
  private long waitingChars;
  private boolean broken;

  BlockOrder(Blocks blocks) {
    this.blocks = blocks;
  }

  /** A block was begun elsewhere, and is open. */
  void resume(Kind kind) {
    open = new Block(kind, NO_CALL, "", "");
  }

  /** Takes more of what is no call. */
  void words(Kind kind, String piece) {
    if (!isBusy()) {
      if (open == null || open.kind != kind) {
        begin(new Block(kind, NO_CALL, "", ""));
      }
      blocks.more(piece);
      return;
    }
    var last = waiting.peekLast();
    if (last == null || last.kind != kind) {
      last = new Block(kind, NO_CALL, "", "");
      waiting.add(last);
    }
    await(last, piece);
  }

  /** Begins a call. */
  void call(int call, String id, String name) {
    var block = new Block(Kind.CALL, call, id, name);
    if (isBusy()) {
      waiting.add(block);
      waitingCalls.put(call, block);
    } else {
      begin(block);
    }
  }

  /** Continues a call that was begun. */
  void arguments(int call, String piece) {
    var later = waitingCalls.get(call);
    if (open != null && open.call == call) {
      balance.add(piece);
      blocks.more(piece);
      drain();
    } else if (later != null) {
      await(later, piece);
    } else {
      broken |= !piece.isBlank();
    }
  }

  /** A call has no arguments, and is whole. To be called before the end. */
  void blank(int call) {
    blank.add(call);
    broken |= cut.contains(call);
  }

  /** {@return whether arguments came for a call that had to be ended before} */
  boolean isBroken() {
    return broken;
  }

  /** Writes what waits and ends the last block. */
  void end() {
    while (!waiting.isEmpty()) {
      begin(waiting.remove());
    }
    if (open != null) {
      if (isCut(open)) {
        blocks.closeCut();
      } else {
        blocks.closeLast();
      }
      open = null;
    }
  }

  private boolean isCut(Block block) {
    return block.kind == Kind.CALL && balance.isBlank() && !blank.contains(block.call);
  }

  private boolean isBusy() {
    return !waiting.isEmpty() || (open != null && open.kind == Kind.CALL && !balance.isWhole());
  }

  private void await(Block block, String piece) {
    block.waiting.append(piece);
    waitingChars += piece.length();
    if (waitingChars > MAX_WAITING) {
      begin(waiting.remove());
      drain();
    }
  }

  private void drain() {
    while (!waiting.isEmpty() && (open == null || open.kind != Kind.CALL || balance.isWhole())) {
      begin(waiting.remove());
    }
  }

  private void begin(Block block) {
    if (open != null) {
      if (isCut(open)) {
        cut.add(open.call);
        blocks.closeCut();
      } else {
        blocks.close();
      }
    }
    open = block;
    waitingCalls.remove(block.call);
    balance.reset();
    blocks.open(block.kind, block.id, block.name);
    if (!block.waiting.isEmpty()) {
      String piece = block.waiting.toString();
      waitingChars -= piece.length();
      balance.add(piece);
      blocks.more(piece);
      block.waiting.setLength(0);
    }
  }

  /** Counts brackets outside of strings. */
  private static final class Balance {
    private int depth;
    private boolean inString;
    private boolean escaped;
    private boolean begun;

    void reset() {
      depth = 0;
      inString = false;
      escaped = false;
      begun = false;
    }

    void add(String piece) {
      for (int i = 0; i < piece.length(); i++) {
        char c = piece.charAt(i);
        begun |= !Character.isWhitespace(c);
        if (escaped) {
          escaped = false;
        } else if (inString) {
          escaped = c == '\\';
          inString = c != '"';
        } else {
          switch (c) {
            case '"' -> inString = true;
            case '{', '[' -> depth++;
            case '}', ']' -> depth--;
            default -> {}
          }
        }
      }
    }

    boolean isBlank() {
      return !begun;
    }

    boolean isWhole() {
      return begun && depth <= 0 && !inString;
    }
  }
}
