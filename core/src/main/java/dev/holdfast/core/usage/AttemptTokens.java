package dev.holdfast.core.usage;

import dev.holdfast.core.stream.TokenUsage;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt wrote and how much of it was delivered; the input of a {@link TokenLedger}. Not
 * thread-safe.
 */
public final class AttemptTokens {
  /** What the attempt brings. */
  public enum Kind {
    /** An answer from its start: the prompt is read, and all of it is written. */
    ANSWER,
    /** An answer from its start, whose beginning was delivered before and is compared. */
    REPLAY,
    /** The continuation of a partial answer, which is a part of its prompt. */
    CONTINUATION,
    /** The rest of a generation that its provider kept: nothing is written again. */
    REST,
    /** A whole generation that its provider kept: nothing is written again. */
    DOCUMENT,
    /** No output: token ids, or their number. */
    AUXILIARY
  }

  final Kind kind;
  final int upstream;

  /** Where in the delivered text it was asked to begin. */
  final int start;

  /** Length of its request in characters; 0 where that is no text. */
  final int request;

  /** What its generation wrote, with all attempts at it; of a document, what that holds. */
  final OutputTally output;

  /** The generation that a document shows; else the same as {@link #output}. */
  final OutputTally generation;

  private boolean answered;
  private boolean joined;
  private long joinedAt;
  private boolean callsDelivered;
  private long written;
  private long thought;
  private long delivered;
  private long deliveredThought;
  private long held;

  AttemptTokens(
      Kind kind,
      int upstream,
      int start,
      int request,
      OutputTally output,
      @Nullable OutputTally shown) {
    this.kind = kind;
    this.upstream = upstream;
    this.start = start;
    this.request = request;
    this.output = output;
    this.generation = shown == null ? output : shown;
  }

  /** The provider took the request. */
  public void answered() {
    answered = true;
  }

  /** A piece of text or of a refusal came. */
  public void wrote(String text) {
    written += text.length();
    output.answer(text, text.length());
  }

  /** A piece of a tool call came. */
  public void wroteCall(String arguments, int length) {
    written += length;
    output.answer(arguments, length);
  }

  /** A piece of reasoning came. */
  public void reasoned(int length) {
    thought += length;
    output.reasoning(length);
  }

  /** Some of the answer was handed on as something new. */
  public void delivered(int length) {
    delivered += length;
  }

  /** Some of the reasoning was handed on. */
  public void deliveredReasoning(int length) {
    deliveredThought += length;
  }

  /** A piece of a tool call is held until the answer is whole. */
  public void held(int length) {
    held += length;
  }

  /** The tool calls that were held are handed on. */
  public void deliveredCalls() {
    callsDelivered = true;
  }

  /** The place of its text in the answer is known: after so many delivered characters. */
  public void joined(long offset) {
    if (!joined) {
      joined = true;
      joinedAt = offset;
    }
  }

  /** The provider reported its tokens so far. */
  public void reported(TokenUsage tokens) {
    output.reported(tokens);
  }

  /** A frame was read to its end. */
  public void frameRead() {
    output.frameRead();
  }

  /** The answer is proven complete. */
  public void whole() {
    output.whole();
    generation.whole();
  }

  boolean isAnswered() {
    return answered;
  }

  boolean isJoined() {
    return joined;
  }

  long joinedAt() {
    return joinedAt;
  }

  boolean hasDeliveredCalls() {
    return callsDelivered;
  }

  /** {@return characters of the answer that are held until it is whole} */
  long heldCalls() {
    return held;
  }

  long deliveredAnswer() {
    return delivered;
  }

  long deliveredReasoning() {
    return deliveredThought;
  }

  /**
   * {@return characters that came and were not handed on}
   *
   * @param calls whether the tool calls of its generation were handed on
   */
  long wasted(boolean calls) {
    if (kind == Kind.DOCUMENT) {
      return 0; // It was written once, and shown again.
    }
    long handedOn = delivered + deliveredThought + (calls ? held : 0);
    return Math.max(0, written + thought - handedOn);
  }

  /** {@return whether its request made a provider read a prompt} */
  boolean readsPrompt() {
    return answered
        && switch (kind) {
          case ANSWER, REPLAY, CONTINUATION -> true;
          case REST, DOCUMENT, AUXILIARY -> false;
        };
  }
}
