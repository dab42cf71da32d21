package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.ToolCall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The place in a response body up to which its bytes were passed on as they came. From there an
 * {@link EventEncoder} can write the rest of the same answer: its names, its open block, its
 * counters. Learns from the frames themselves. Frames that carry a piece of text are not parsed.
 * Not thread-safe.
 */
public abstract sealed class BodyPosition
    permits ChatPosition,
        GeminiArrayPosition,
        GeminiPosition,
        MessagesPosition,
        OllamaPosition,
        ResponsesPosition {
  private final @Nullable SseMender mender;

  /** The beginning of a body; {@code mender} is null for one that is no event stream. */
  BodyPosition(@Nullable SseMender mender) {
    this.mender = mender;
  }

  /** {@return the protocols whose bodies can be continued} */
  public static List<String> dialects() {
    return EventEncoder.dialects();
  }

  /**
   * {@return the beginning of a body}
   *
   * @throws IllegalArgumentException if the protocol cannot be written
   */
  public static BodyPosition of(String dialect) {
    Check.that(
        dialects().contains(dialect),
        "dialect",
        "must be one of " + String.join(", ", dialects()),
        "'" + dialect + "'");
    return switch (dialect) {
      case "openai-chat" -> new ChatPosition();
      case "openai-responses" -> new ResponsesPosition();
      case "anthropic-messages" -> new MessagesPosition();
      case "ollama-chat" -> new OllamaPosition();
      case "gemini-json-array" -> new GeminiArrayPosition();
      default -> new GeminiPosition();
    };
  }

  /**
   * {@return whether a whole frame only ends what came before it} Such a frame can wait for the
   * next one: until that has come, a continuation can still add to the block.
   */
  public boolean isClosing(byte[] bytes, int from, int to) {
    return false;
  }

  /**
   * {@return whether a strict client assembles these calls from frames that wait, and no others}
   * Indices, ids and pieces of calls differ in ways that only some readers see through, and a call
   * that is cut looks whole to many.
   */
  public boolean showsCalls(byte[] bytes, int from, int to, List<ToolCall> calls) {
    return true;
  }

  /** {@return whether a frame that the body ended in can be read as it is} */
  public boolean isWholeAtEnd(byte[] bytes, int from, int to) {
    return RawFrame.isWholeAtEnd(new SseDecoder(FrameLimits.DEFAULT), bytes, from, to);
  }

  /**
   * {@return whether a whole frame reads the same to clients that are strict} False where lines of
   * data are glued together that are documents of their own: a strict client loses their text.
   */
  public boolean isStrict(byte[] bytes, int from, int to) {
    return RawFrame.dataLines(bytes, from, to) < 2 || RawFrame.json(bytes, from, to) != null;
  }

  /**
   * {@return whether the next two methods need to be asked about a frame} A quick look at its
   * bytes.
   */
  public boolean mayShowUsage(byte[] bytes, int from, int to) {
    return false;
  }

  /**
   * {@return whether a whole frame reports tokens and nothing else} OpenAI Chat sends such a chunk
   * only to clients that ask for it.
   */
  public boolean isUsageAlone(byte[] bytes, int from, int to) {
    return false;
  }

  /**
   * {@return what leaves in place of whole frames; null where they leave as they came} Frames that
   * carry nothing, and that strict clients take for a document, become signs of life.
   */
  public byte @Nullable [] mended(byte[] bytes, int from, int to) {
    return mender == null ? null : mender.mended(bytes, from, to);
  }

  /** Leaves out blank lines that end no event, for readers that take each one for an event. */
  public void leaveOutBlankLines() {
    if (mender != null) {
      mender.leaveOutBlankLines();
    }
  }

  /** A sign of life has opened the body, where the protocol's bodies have an opening. */
  public void openedBefore() {}

  /**
   * {@return whether an event with an id has left, so that blank lines alone are events to some}
   */
  public boolean hasIds() {
    return mender != null && mender.hasIds();
  }

  /**
   * {@return a frame of OpenAI Chat as it is without the tokens that were asked for on the client's
   * behalf; null where it leaves as it came}
   */
  public byte @Nullable [] withoutUsage(byte[] bytes, int from, int to) {
    return null;
  }

  /**
   * A whole frame was passed on.
   *
   * @param textLength UTF-16 units of text in the frames before
   */
  public abstract void passed(byte[] bytes, int from, int to, long textLength);

  /** A piece of reasoning was passed on. */
  public void reasoned(String piece) {}

  /** {@return whether a line that the protocol closes its bodies with has been passed on} */
  public boolean isMarked() {
    return true;
  }

  /** {@return the line that the protocol closes its bodies with; empty where it has none} */
  public byte[] marker() {
    return new byte[0];
  }

  /**
   * {@return a writer of the rest of this body}
   *
   * @param head what the body itself has not shown is taken from here
   * @param text all text of the answer so far; empty where too much of it came to be kept
   */
  public abstract EventEncoder encoder(AnswerHead head, CharSequence text);

  static AnswerHead named(AnswerHead head, @Nullable String id, @Nullable String model, long time) {
    return new AnswerHead(
        id == null || id.isEmpty() ? head.id() : id,
        model == null || model.isEmpty() ? head.model() : model,
        time > 0 ? time : head.createdSeconds(),
        head.usageAsked());
  }
}
