package dev.holdfast.testkit.answer;

import java.nio.charset.StandardCharsets;

/**
 * One event of a healthy reply, as it goes over the wire.
 *
 * @param kind what it is for
 * @param text its characters, the closing blank line included; UTF-8 on the wire
 */
public record WireFrame(Kind kind, String text) {
  /** What an event is for. */
  public enum Kind {
    /** The first event of a message. */
    START,
    /** The frame of a content block; carries no output. */
    STRUCTURE,
    /** Visible text. */
    CONTENT,
    /** Reasoning. */
    REASONING,
    /** A tool call or a fragment of its arguments. */
    TOOL,
    /** A ping or a comment. */
    KEEP_ALIVE,
    /** The finish reason. */
    FINISH,
    /** Token counts after the finish. */
    USAGE,
    /** The closing marker. */
    DONE,
    /** The whole body of a reply that does not stream. */
    DOCUMENT
  }

  /** {@return a new array with the bytes of the wire} */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** {@return whether the event carries output of the model} */
  public boolean isOutput() {
    return kind == Kind.CONTENT || kind == Kind.REASONING || kind == Kind.TOOL;
  }
}
