package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import org.jspecify.annotations.Nullable;

/**
 * The common part of writers of protocols whose answer is a row of blocks, one after another.
 * Writes the first choice only, since such an answer has no others.
 */
abstract sealed class BlockEncoder extends ResponseEncoder
    permits AnthropicMessagesEncoder, OpenAiResponsesEncoder {
  private final BlockOrder.Kind refusals;

  /**
   * Writes an answer.
   *
   * @param refusals as what kind of block the protocol writes them
   */
  BlockEncoder(AnswerHead head, BlockOrder.Kind refusals) {
    super(head);
    this.refusals = refusals;
  }

  /** {@return the order that the blocks are put into} */
  abstract BlockOrder order();

  /** The answer ends; what is open is closed next. */
  void ending() {}

  @Override
  final void text(int choice, String delta) {
    words(choice, BlockOrder.Kind.TEXT, delta);
  }

  @Override
  final void reasoning(int choice, String delta) {
    words(choice, BlockOrder.Kind.REASONING, delta);
  }

  @Override
  final void refusal(int choice, String delta) {
    words(choice, refusals, delta);
  }

  private void words(int choice, BlockOrder.Kind kind, String delta) {
    if (choice == 0) {
      order().words(kind, delta);
    }
  }

  @Override
  final void callBegins(int choice, int number, String id, String name) {
    if (choice == 0) {
      order().call(number, id, name);
    }
  }

  @Override
  final void continueCall(int choice, int number, String arguments) {
    if (choice == 0) {
      order().arguments(number, arguments);
    }
  }

  @Override
  final void callIsBlank(int choice, int number) {
    if (choice == 0) {
      order().blank(number);
    }
  }

  @Override
  final @Nullable String violation() {
    ending();
    order().end();
    return order().isBroken() ? "tool call: must not continue after another began, did" : null;
  }
}
