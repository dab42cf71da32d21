package dev.holdfast.gateway.journal;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.relay.KeepAlive;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The form of a reader's signs of life. They are not stored: each reader has its own.
 *
 * @param form of comments; {@code AUTO} goes by the stream
 */
public record SignOfLife(KeepAlive form) {
  private static final byte[] NOTHING = {};
  private static final byte[] LINE_END = {'\n'};
  private static final AnswerHead HEAD = new AnswerHead("", "", 0, false);
  private static final byte[] PING =
      "event: ping\ndata: {\"type\":\"ping\"}\n\n".getBytes(StandardCharsets.US_ASCII);

  /**
   * {@return bytes that a reader skips}
   *
   * @param ids whether events carry ids: a comment has no blank line then, which would be read as
   *     the end of an event
   * @param begun whether the reader has a part of the body
   */
  byte[] bytes(String dialect, boolean ids, boolean begun) {
    if (dialect.equals(Dialects.GEMINI_JSON_ARRAY)) {
      return begun ? LINE_END.clone() : NOTHING;
    }
    if (dialect.equals(Dialects.ANTHROPIC_MESSAGES) && (begun || form == KeepAlive.EVENT)) {
      return PING.clone();
    }
    byte[] sign = EventEncoder.of(dialect, HEAD).keepAlive();
    boolean comment = sign.length > 0 && sign[0] == ':';
    boolean line = form == KeepAlive.LINE || (ids && form != KeepAlive.BLOCK);
    return comment && line ? Arrays.copyOf(sign, sign.length - 1) : sign;
  }
}
