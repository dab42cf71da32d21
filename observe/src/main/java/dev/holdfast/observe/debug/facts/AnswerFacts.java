package dev.holdfast.observe.debug.facts;

import dev.holdfast.core.guard.Redactor;
import java.util.Set;

/**
 * What an answer consists of. Texts are the provider's own, at most 160 characters, and untrusted.
 *
 * @param empty choices that ended without text, refusal, call or other output; at most 64
 * @param blankChars UTF-16 units of white space in choices that hold nothing else
 * @param reasoningChars UTF-16 units of reasoning
 * @param finishMessage the provider's words about the end; may be empty
 * @param otherError an event that holds an error in a shape that is not the protocol's; may be
 *     empty
 */
public record AnswerFacts(
    Set<Integer> empty,
    long blankChars,
    long reasoningChars,
    String finishMessage,
    String otherError) {
  /** Copies the choices. */
  public AnswerFacts {
    empty = Set.copyOf(empty);
  }

  /** {@return the facts, without secrets in what the provider wrote} */
  public AnswerFacts redacted(Redactor redactor) {
    return new AnswerFacts(
        empty,
        blankChars,
        reasoningChars,
        redactor.quoted(finishMessage),
        redactor.quoted(otherError));
  }
}
