package dev.holdfast.core.provider.anthropic;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.SignedReasoning;
import java.util.Set;

/**
 * The thinking of a message, put together block by block. Messages refuses the result of a tool
 * whose call has lost the signed thinking before it. A block without a signature is not kept.
 *
 * <p>Source: docs.anthropic.com, extended thinking with tool use.
 */
final class ThinkingBlocks {
  static final Set<String> TYPES = Set.of("thinking", "redacted_thinking");

  private final SignedReasoning signed = new SignedReasoning();
  private final StringBuilder thought = new StringBuilder();
  private final StringBuilder signature = new StringBuilder();
  private boolean open;

  /** A block of thinking begins; mostly it is empty yet. */
  void open(Json.Obj block) {
    close();
    if (block.text("type").equals("redacted_thinking")) {
      signed.add(block);
      return;
    }
    open = true;
    thought.append(block.text("thinking"));
    signature.append(block.text("signature"));
  }

  void more(String piece) {
    if (open && !signed.isFull()) {
      thought.append(piece);
    }
  }

  void sign(String piece) {
    if (open && !signed.isFull()) {
      signature.append(piece);
    }
  }

  /** Another block begins or the open one ends. */
  void close() {
    if (open && !signature.isEmpty()) {
      signed.add(
          JsonObjectBuilder.of("type", "thinking")
              .text("thinking", thought.toString())
              .text("signature", signature.toString())
              .object());
    }
    open = false;
    thought.setLength(0);
    signature.setLength(0);
  }

  /** {@return the signature of a call that begins now; empty if it has none} */
  String take() {
    close();
    return signed.take();
  }
}
