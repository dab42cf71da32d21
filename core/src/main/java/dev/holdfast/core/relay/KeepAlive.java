package dev.holdfast.core.relay;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The form of a sign of life where the protocol has none of its own and a comment is written. No
 * form suits all readers, docs/gateway.md has the matrix.
 */
public enum KeepAlive {
  /** A comment and a blank line, until an event with an id has left; then the comment alone. */
  AUTO,

  /**
   * A comment and a blank line, for readers that split a body at blank lines. Readers that take
   * each blank line for the end of an event fail: openai-python once an id was sent, and openai-go
   * of early versions.
   */
  BLOCK,

  /**
   * A comment with its line end alone, for readers that read by lines. A reader that looks at the
   * first line of a block only loses the event after it.
   */
  LINE,

  /**
   * The protocol's own event where it has one, before its first event too; else as {@link #AUTO}.
   */
  EVENT;

  private static final byte[] PING =
      "event: ping\ndata: {\"type\":\"ping\"}\n\n".getBytes(StandardCharsets.US_ASCII);

  byte[] of(String dialect, byte[] sign, boolean ids) {
    if (sign.length == 0 || sign[0] != ':') {
      return sign;
    }
    boolean line =
        switch (this) {
          case AUTO, EVENT -> ids;
          case BLOCK -> false;
          case LINE -> true;
        };
    if (this == EVENT && dialect.equals("anthropic-messages")) {
      return PING.clone();
    }
    return line ? Arrays.copyOf(sign, sign.length - 1) : sign;
  }
}
